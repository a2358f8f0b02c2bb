import { useState } from "preact/hooks";
import type { Draft, LocalNote } from "../core/types";
import { showDay, showTime, dayOf } from "../core/days";
import { reached, stages } from "../core/custody";
import { stageText } from "./custody";
import { begin, furthest, listed, trouble } from "./draft";
import { Icon } from "./icons";
import { later } from "./later";
import { Empty, Top, Vi } from "./parts";
import { LowSpace } from "./lowspace";
import { PhotoButton } from "./photos";
import { firmAsked } from "./room";
import { go, route } from "./route";
import { answers, areaName, marked, moodOf, notes, photosOf, t, topicName, topics, waitingCount, wardCount } from "./state";
import { Strip } from "./strip";

const MOOD_ICON = { draft: "pen", waiting: "clock", sent: "check", refused: "alert", ask: "question" };

const Firm = later(async () => (await import("./pages")).Firm);

/** A slow phone draws a screenful first; the rest comes when asked for. */
const PAGE = 25;

export function HomeScreen() {
  const list = notes.value;
  const open = listed();
  const [shown, setShown] = useState(PAGE);
  const write = async (): Promise<void> => {
    const from = route.value;
    const d = await begin();
    if (d && route.value === from) go(`write/${d.id}/kind`);
  };
  return (
    <>
      <Top title={t("phone.home.title")} />
      <div class="home-acts">
        <button type="button" class="big" data-testid="write-note" onClick={() => void write()}>
          <Icon name="pen" size={32} /><span>{t("phone.home.write")}</span>
        </button>
        <PhotoButton home class="big big-second" testid="take-photo"><Icon name="camera" size={32} /><span>{t("phone.home.photo")}</span></PhotoButton>
      </div>
      <Strip />
      <LowSpace />
      {trouble.value && <p class="fault" role="alert" data-testid="not-kept">{t(`phone.enrol.fault.${trouble.value}`)}</p>}
      {firmAsked.value !== undefined && <Firm />}
      {(list.length > 0 || open.length > 0) && (
        <p class="where" data-testid="where">{t("phone.home.where", { here: waitingCount.value, ward: wardCount.value })}</p>
      )}
      {list.length + open.length === 0 ? <FirstTime /> : (
        <ul class="cards">
          {open.map((d) => <DraftCard key={d.id} draft={d} />)}
          {list.slice(0, shown).map((n) => <NoteCard key={n.id} note={n} />)}
          {list.length > shown && <li><button type="button" class="button" onClick={() => setShown(shown + 2 * PAGE)} data-testid="more-notes">{t("phone.home.more", { n: list.length - shown })}</button></li>}
        </ul>
      )}
    </>
  );
}

function FirstTime() {
  return (
    <Empty icon="notes" title={t("phone.home.empty_title")}>
      <p>{topics.value.size ? t("phone.home.empty_text") : t("phone.home.loading")}</p>
      <a class="button" href="#/script"><Icon name="info" />{t("phone.script.link")}</a>
    </Empty>
  );
}

function DraftCard({ draft }: { draft: Draft }) {
  return (
    <li>
      <a class="card" href={`#/write/${draft.id}/${draft.cover ? "cover" : furthest(draft)}`} data-testid={`draft-${draft.id}`}>
        <span class="mood mood-draft"><Icon name="pen" size={20} />{t("phone.mood.draft")}</span>
        <span class="card-title">{draft.topic ? topicName(draft.topic) : t("phone.home.draft_new")}</span>
        <span class="card-text" lang={draft.text ? "vi" : undefined}>{draft.text || (draft.photos.length ? t("phone.photos.count", { n: draft.photos.length }) : t("phone.home.draft_empty"))}</span>
      </a>
    </li>
  );
}

function NoteCard({ note }: { note: LocalNote }) {
  const how = moodOf(note);
  const mine = photosOf(note.id);
  const far = reached(stages(note, mine, answers.value, marked.value));
  const when = note.receipts.saved ?? note.receipts.taken ?? 0;
  const icon = topics.value.get(note.fields.topic)?.icon ?? "more";
  return (
    <li>
      <a class={`card card-${how}`} href={`#/note/${note.id}`} data-testid={`note-${note.id}`} data-phase={note.phase} data-mood={how}>
        <span class="card-row">
          <span class={`mood mood-${how}`}><Icon name={MOOD_ICON[how]} size={20} />{note.withdrawn ? t("phone.mood.withdrawn") : t(`phone.mood.${how}`)}</span>
          <span class="card-when">{dayOf(when) === dayOf(Date.now()) ? showTime(when).slice(6) : showDay(dayOf(when))}</span>
        </span>
        <span class="card-title"><Icon name={icon} size={22} />{topicName(note.fields.topic)}</span>
        {note.fields.text && <span class="card-text" lang="vi">{note.fields.text}</span>}
        <span class="card-foot">
          <Vi>{areaName(note.fields.area)}</Vi>
          <span class="card-custody" data-testid="custody">{stageText(far)}{mine.length > 0 && far.step !== "photos" && ` · ${t("phone.photos.of", { n: mine.filter((p) => p.state === "received" || p.state === "stored").length, m: mine.length })}`}</span>
        </span>
      </a>
    </li>
  );
}
