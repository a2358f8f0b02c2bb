/** One note: its words, its photos and the whole custody line; what the writer can still do. */
import { answersTo, asked, FINAL, stages } from "../core/custody";
import { showDay } from "../core/days";
import { again, withdraw } from "../core/notes";
import type { LocalNote } from "../core/types";
import { CustodyLine } from "./custody";
import { beginChange } from "./draft";
import { Icon } from "./icons";
import { BackTop, Vi } from "./parts";
import { Thumb } from "./photos";
import { kickAfterSave } from "./live";
import { Refusal } from "./refusal";
import { swap } from "./route";
import { PhotoSteps, StuckBox } from "./stuck";
import { Talk } from "./talk";
import { accountStore, announce, answers, areaName, complain, marked, moodOf, notes, photosOf, places, reload, t, topicName, topics, troubleOf } from "./state";

const OPEN = new Set(["received", "quarantined", "needs_detail"]);

export function NoteScreen({ id }: { id: string }) {
  const note = notes.value.find((n) => n.id === id);
  const mine = photosOf(id);
  if (!note) return <><BackTop title={t("phone.note.title")} /><p>{t("phone.note.gone")}</p></>;
  const f = note.fields;
  const replies = answersTo(note, answers.value);
  return (
    <>
      <BackTop title={topicName(f.topic)} sub={t(`phone.kind.${f.kind}`)} />
      <Wrong note={note} />
      <StuckBox note={note} />
      {note.phase === "taken" && asked(note) && (
        <div class="ask" role="status">
          <strong>{t("phone.note.asked")}</strong>
          {note.master?.ask && <p lang="vi">{note.master.ask}</p>}
          <button type="button" class="button main" onClick={() => void beginChange(note)} data-testid="note-answer-ask"><Icon name="pen" />{t("phone.note.say_more")}</button>
        </div>
      )}
      <section class="paper">
        <p class="paper-text" lang={f.text ? "vi" : undefined}>{f.text ?? (note.cleared ? t("phone.note.cleared") : t("phone.note.only_photo"))}</p>
        <p class="paper-foot"><Icon name="pin" size={20} /><span><Vi>{[areaName(f.area), places.value.find((p) => p.id === f.place)?.name].filter(Boolean).join(" · ")}</Vi> · {f.day ? showDay(f.day) : f.week && t("phone.note.week", { n: String(Number(f.week.slice(6))) })}</span></p>
        {(f.reach || f.urgent || f.heard_via) && (
          <p class="paper-foot">{[f.urgent && t("phone.write.urgent"), f.reach && t(`phone.reach.${f.reach}`), f.heard_via && t(`phone.heard.${f.heard_via}`)].filter(Boolean).join(" · ")}</p>
        )}
        {mine.length > 0 && <div class="thumbs">{mine.map((p, i) => <Thumb key={p.id} photo={p} n={i + 1} />)}</div>}
        {mine.length > 0 && <PhotoSteps note={note} />}
      </section>
      <h2 class="label">{t("phone.custody")}</h2>
      <CustodyLine list={stages(note, mine, answers.value, marked.value)} />
      {replies.map((a) => <a key={a.id} class="button main" href={`#/answer/${a.id}`} data-testid={`note-answer-${a.id}`}><Icon name="answers" />{t("phone.note.read_answer")}</a>)}
      <Talk note={note} />
      <p class="hint">{t("phone.note.kept")}</p>
      <Hands note={note} />
    </>
  );
}

function Wrong({ note }: { note: LocalNote }) {
  if (note.phase !== "refused" || !note.reject) return null;
  const retry = note.reject.retry ?? "after-fix";
  const fixable = retry === "after-fix" && note.claim && topics.value.has(note.fields.topic);
  const act = async (): Promise<void> => {
    if (fixable) return beginChange(note);
    if (retry === "later") {
      await again(accountStore(), note.id);
      await reload();
      return void kickAfterSave();
    }
    await remove(note);
  };
  return (
    <div class="ask wrong-box" role="alert" data-testid="note-refused">
      <Refusal reject={note.reject} />
      <button type="button" class="button main" onClick={() => void act()} data-testid="note-fix">{t(fixable ? "phone.note.fix" : retry === "later" ? "phone.again" : "phone.note.remove")}</button>
    </div>
  );
}

/** It never reached the ward, or the ward did not take it: deleting is this phone's own matter. */
const local = (note: LocalNote): boolean => note.receipts.taken === undefined && (note.sent === undefined || note.phase === "refused");

async function remove(note: LocalNote): Promise<void> {
  const here = local(note);
  if (!confirm(t(here ? "phone.note.remove_sure" : "phone.note.withdraw_sure"))) return;
  try {
    await withdraw(accountStore(), note.id);
  } catch (error) {
    return complain(troubleOf(error));
  }
  await reload();
  void kickAfterSave();
  announce(t(here ? "phone.note.removed" : "phone.mood.withdrawn"));
  swap("");
}

function Hands({ note }: { note: LocalNote }) {
  const status = note.master?.status;
  const open = note.phase === "waiting" || (note.phase === "taken" && (!status || OPEN.has(status)));
  if (!note.claim || note.withdrawn || note.cleared || (status && FINAL.has(status)) || !(open || note.phase === "refused")) return null;
  return (
    <div class="hands">
      {open && moodOf(note) !== "ask" && <button type="button" class="button" onClick={() => void beginChange(note)} data-testid="note-edit"><Icon name="pen" />{t("phone.note.change")}</button>}
      <button type="button" class="button quiet" onClick={() => void remove(note)} data-testid="note-remove"><Icon name="trash" />{t(local(note) ? "phone.note.remove" : "phone.note.withdraw")}</button>
    </div>
  );
}
