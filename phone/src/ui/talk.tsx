/** The talk with the office about one note: its questions, our replies. Every keystroke of a reply is on disk, like a draft. */
import { useEffect, useState } from "preact/hooks";
import { asked, FINAL } from "../core/custody";
import { dayOf, showDay } from "../core/days";
import { dropReply, reply } from "../core/notes";
import { TEXT_MAX, type LocalNote } from "../core/types";
import { cleaned, loadRules } from "./clean";
import { Icon } from "./icons";
import { Fault } from "./parts";
import { kickAfterSave } from "./live";
import { accountStore, announce, messages, outbox, reload, t } from "./state";

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
              <p>{m.text}</p>
              {row && !row.refused && <span class="mood mood-waiting"><Icon name="clock" size={18} />{t("phone.mood.waiting")}</span>}
              {row?.refused && (
                <div class="fault" role="alert">
                  <Fault code={row.refused.code} />
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
  const [empty, setEmpty] = useState(false);
  useEffect(() => {
    void loadRules();
    void accountStore().get("kv", key).then((kept) => typeof kept === "string" && setText(kept));
  }, [key]);
  const put = (next: string): void => {
    setText(next);
    setEmpty(false);
    void accountStore().write([{ shelf: "kv", key, value: next }]);
  };
  const send = async (): Promise<void> => {
    const words = text.normalize("NFC").trim();
    if (!words) return setEmpty(true);
    await loadRules();
    await reply(accountStore(), note, cleaned(words)?.text ?? words, dayOf(Date.now()));
    await accountStore().write([{ shelf: "kv", key, drop: true }]);
    setText("");
    await reload();
    announce(t("phone.talk.saved"));
    void kickAfterSave();
  };
  return (
    <form class={empty ? "field wrong" : "field"} noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <label for="reply">{t("phone.talk.label")}</label>
      <p class="hint" id="reply-hint">{t("phone.talk.hint")}</p>
      {empty && <p class="fault" role="alert" id="reply-fault">{t("phone.talk.empty")}</p>}
      <textarea id="reply" autocomplete="off" rows={3} maxLength={TEXT_MAX} value={text} onInput={(e) => put(e.currentTarget.value)} aria-describedby={empty ? "reply-fault" : "reply-hint"} aria-invalid={empty} data-testid="reply-text" />
      <button type="submit" class="button" data-testid="reply-send"><Icon name="send" />{t("phone.talk.send")}</button>
    </form>
  );
}
