/** The talk with the office about one note: its questions, our replies. Every keystroke of a reply is on disk, like a draft. */
import { useEffect, useState } from "preact/hooks";
import { asked, FINAL } from "../core/custody";
import { dayOf, showDay } from "../core/days";
import { dropReply, reply } from "../core/notes";
import { TEXT_MAX, type LocalNote } from "../core/types";
import { loadRules, weigh } from "./clean";
import { Icon } from "./icons";
import { useKeeping } from "./keeping";
import { kickAfterSave } from "./live";
import { Refusal } from "./refusal";
import { accountStore, announce, messages, outbox, reload, t } from "./state";
import { doubtful, MarkedText } from "./text";

export function Talk({ note }: { note: LocalNote }) {
  const said = messages.value.filter((m) => m.note === note.id);
  const may = note.claim && note.phase === "taken" && !note.cleared && !note.withdrawn && !(note.master?.status && FINAL.has(note.master.status));
  if (!may && !said.length) return null;
  return (
    <section class="talk" aria-label={t("phone.talk.title")}>
      {said.length > 0 && <h2 class="label">{t("phone.talk.title")}</h2>}
      <ul class="said">
        {said.map((m) => {
          const row = outbox.value.find((r) => r.collection === "messages" && r.id === m.id);
          return (
            <li key={m.id} class={m.office ? "said-office" : "said-own"} data-testid={`message-${m.id}`} data-state={row?.refused ? "refused" : row ? "waiting" : "taken"}>
              <strong>{t(m.office ? "phone.talk.office" : "phone.talk.own")}{m.at && <span class="card-when"> · {showDay(m.at)}</span>}</strong>
              <p lang="vi">{m.text}</p>
              {row && !row.refused && <span class="mood mood-waiting"><Icon name="clock" size={18} />{t("phone.mood.waiting")}</span>}
              {row?.refused && (
                <div class="fault" role="alert">
                  <Refusal reject={row.refused} />
                  <button type="button" class="button" onClick={() => void dropReply(accountStore(), m.id).then(reload)}>{t("phone.talk.drop")}</button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {may && (asked(note) ? <Reply note={note} /> : <details class="field"><summary>{t("phone.talk.open")}</summary><Reply note={note} /></details>)}
    </section>
  );
}

function Reply({ note }: { note: LocalNote }) {
  const key = `reply/${note.id}`;
  const [text, setText] = useState("");
  const [spared, setSpared] = useState<string[]>([]);
  const [wrong, setWrong] = useState<"phone.talk.empty" | "phone.write.fault.long">();
  const [ask, setAsk] = useState(0);
  const [fault, keep] = useKeeping();
  useEffect(() => {
    void accountStore().get("kv", key).then((kept) => typeof kept === "string" && setText(kept));
  }, [key]);
  const put = (next: string): void => {
    setText(next);
    setWrong(undefined);
    void keep(() => accountStore().write([{ shelf: "kv", key, value: next }]));
  };
  const send = async (): Promise<void> => {
    await loadRules();
    const { text: words, size } = weigh(text);
    const bad = !words ? "phone.talk.empty" : size > TEXT_MAX ? "phone.write.fault.long" : undefined;
    setWrong(bad);
    if (bad) return;
    if (!ask && doubtful(text, spared)) return setAsk(1);
    // the reply and the end of its draft: what is not kept stays in its field
    if (!(await keep(() => reply(accountStore(), note, words, dayOf(Date.now()))))) return;
    await accountStore().write([{ shelf: "kv", key, drop: true }]);
    setAsk(0);
    setText("");
    await reload();
    announce(t("phone.talk.saved"));
    void kickAfterSave();
  };
  return (
    <form class="field" noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <MarkedText id="reply" testid="reply-text" rows={3} label={t("phone.talk.label")} hint={t("phone.talk.hint")} text={text} spared={spared} ask={ask}
        fault={wrong && t(wrong)} onText={put} onSpare={setSpared} />
      {fault}
      <button type="submit" class="button" data-testid="reply-send"><Icon name="send" />{t("phone.talk.send")}</button>
    </form>
  );
}
