/** The last step: the words, where and when, and Save. What may be filled in follows the lane. */
import { useEffect, useRef, useState } from "preact/hooks";
import { above } from "../core/lanes";
import { dayOf, daysBefore, weekOf } from "../core/days";
import { HEARD, PHOTOS_MAX, REACHES, TEXT_MAX, type Draft } from "../core/types";
import { discard, draft, edit, groups, kept, laneNow, save, without, type SaveProblem } from "./draft";
import { cleaned, loadRules } from "./clean";
import { Icon } from "./icons";
import { Choices, Top } from "./parts";
import { DraftPhotos, PhotoInput } from "./photos";
import { back, go, swap } from "./route";
import { announce, answers, areaName, areas, number, photos, places, t, topicName, topics } from "./state";

export function WordsStep() {
  const d = draft.value!;
  const lane = laneNow(d);
  const mine = photos.value.filter((p) => d.photos.includes(p.id));
  const [fault, setFault] = useState<SaveProblem>();
  const [busy, setBusy] = useState(false);
  const done = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setFault(undefined);
    const end = await save();
    setBusy(false);
    if (typeof end === "string") return setFault(end);
    announce(t("phone.write.saved"));
    swap("");
  };
  return (
    <form class="words" onSubmit={(e) => { e.preventDefault(); void done(); }} noValidate>
      <Top title={t(d.edits ? "phone.write.change" : "phone.write.words")} onBack={back} {...(d.edits ? {} : { sub: t("phone.write.step", { n: 3, m: 3 }) })} />
      <p class="chosen">
        <span class="tag"><Icon name={d.kind!} size={20} />{t(`phone.kind.${d.kind!}`)}</span>
        <span class="tag"><Icon name={topics.value.get(d.topic!)?.icon ?? "more"} size={20} />{topicName(d.topic!)}</span>
      </p>
      <Known topic={d.topic!} />
      <TextField d={d} fault={fault} />
      {lane === "place" ? <PlaceFields d={d} /> : <OpinionFields d={d} />}
      <Choices label={t("phone.write.reach")} hint={t("phone.write.optional")} testid="reach" value={d.reach}
        options={REACHES.map((value) => ({ value, text: t(`phone.reach.${value}`) }))}
        onPick={(reach) => void (reach ? edit({ reach }) : without("reach"))} />
      {lane === "place" && (
        <section class="field">
          <h2 class="label">{t("phone.photos.title", { n: mine.length, m: PHOTOS_MAX })}</h2>
          <p class="hint">{t("phone.photos.rule")}</p>
          <DraftPhotos photos={mine} />
          {mine.length < PHOTOS_MAX && <PhotoInput class="button" testid="add-photo"><Icon name="camera" />{t("phone.photos.add")}</PhotoInput>}
        </section>
      )}
      {lane !== "place" && mine.length > 0 && <p class="note-info" data-testid="photos-dropped"><Icon name="info" size={22} />{t("phone.photos.not_here")}</p>}
      {fault && fault !== "empty" && <p class="fault" role="alert">{t(`phone.write.fault.${fault}`)}</p>}
      <div class="save-bar">
        <p class="kept" role="status" data-testid="draft-state">{kept.value ? t("phone.write.kept") : t("phone.write.keeping")}</p>
        <button type="submit" class="button main" disabled={busy} data-testid="save-note"><Icon name="check" />{t("phone.write.save")}</button>
      </div>
      <button type="button" class="button quiet" data-testid="drop-draft" onClick={() => { if (confirm(t("phone.write.drop_sure"))) void discard(d).then(() => swap("")); }}>
        <Icon name="trash" />{t(d.edits ? "phone.write.drop_change" : "phone.write.drop")}
      </button>
    </form>
  );
}

function TextField({ d, fault }: { d: Draft; fault: SaveProblem | undefined }) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => { if (fault === "empty") box.current?.focus(); }, [fault]);
  const rest = TEXT_MAX - [...d.text].length;
  const put = (text: string): void => void edit({ text: [...text].slice(0, TEXT_MAX).join("") });
  return (
    <div class={fault === "empty" ? "field wrong" : "field"}>
      <label for="text">{t("phone.write.text")}</label>
      <p class="hint" id="text-hint">{t("phone.write.text_hint")}</p>
      {fault === "empty" && <p class="fault" role="alert" id="text-fault">{t("phone.write.fault.empty")}</p>}
      <textarea id="text" ref={box} rows={5} value={d.text} onInput={(e) => { put(e.currentTarget.value); e.currentTarget.value = draft.value?.text ?? ""; }}
        aria-describedby={fault === "empty" ? "text-fault" : "text-hint"} aria-invalid={fault === "empty"} data-testid="note-text" />
      <Masked text={d.text} />
      <p class={rest < 20 ? "counter low" : "counter"} data-testid="counter">{t("phone.write.rest", { n: rest })}</p>
    </div>
  );
}

/** Shows what will be masked, and doubts, a moment after the writer stops. */
function Masked({ text }: { text: string }) {
  const [still, setStill] = useState(text);
  useEffect(() => void loadRules(), []);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  const found = cleaned(still.normalize("NFC").trim());
  const hides = found && Object.keys(found.finds).length > 0;
  const doubts = found?.suspects.map(([a, b]) => found.text.slice(a, b)) ?? [];
  return (
    <div aria-live="polite">
      {hides && <p class="note-info" data-testid="masked"><Icon name="shield" size={22} /><span><strong>{t("phone.write.masked")}</strong> {found.text}</span></p>}
      {doubts.length > 0 && <p class="note-info doubt" data-testid="suspects"><Icon name="question" size={22} /><span>{t("phone.write.suspects", { words: doubts.join(", ") })}</span></p>}
    </div>
  );
}

/** This may have an answer already: reading it is quicker than asking again. */
function Known({ topic }: { topic: string }) {
  const found = answers.value.filter((a) => a.topic === topic).slice(0, 2);
  if (!found.length) return null;
  return (
    <aside class="known">
      <h2 class="label">{t("phone.write.known")}</h2>
      {found.map((a) => <a key={a.id} class="link" href={`#/answer/${a.id}`} data-testid={`known-${a.id}`}><Icon name="answers" size={22} />{a.title}</a>)}
    </aside>
  );
}

function PlaceFields({ d }: { d: Draft }) {
  const list = groups();
  const today = dayOf(Date.now());
  const day = d.day ?? today;
  const place = places.value.find((p) => p.id === d.place);
  const [other, setOther] = useState(day !== today && day !== daysBefore(today, 1));
  return (
    <>
      <div class="field">
        <label for="area">{t("phone.write.group")}</label>
        {list.length > 1 ? (
          <select id="area" value={d.area} onChange={(e) => void edit({ area: e.currentTarget.value })} data-testid="area">
            {!list.some((g) => g.code === d.area) && <option value={d.area ?? ""}>{d.area ? areaName(d.area) : t("phone.write.pick_group")}</option>}
            {list.map((g) => <option key={g.code} value={g.code}>{g.name}</option>)}
          </select>
        ) : <p class="fixed" id="area">{list[0]?.name ?? t("phone.write.no_group")}</p>}
      </div>
      <div class="field">
        <h2 class="label">{t("phone.write.place")} <span class="hint">{t("phone.write.optional")}</span></h2>
        <div class="with-clear">
          <button type="button" class="button pick" onClick={() => go(`write/${d.id}/place`)} data-testid="place-open">
            <Icon name="pin" /><span>{place?.name ?? t("phone.write.pick_place")}</span>
          </button>
          {place && <button type="button" class="button square" aria-label={t("phone.write.no_place")} onClick={() => void without("place")}><Icon name="close" /></button>}
        </div>
      </div>
      <fieldset class="field">
        <legend>{t("phone.write.day")}</legend>
        <div class="chips">
          {[today, daysBefore(today, 1)].map((value, i) => (
            <button key={value} type="button" class="chip" aria-pressed={!other && day === value} onClick={() => { setOther(false); void edit({ day: value }); }} data-testid={`day-${i}`}>
              {!other && day === value && <Icon name="check" size={18} />}{t(i ? "phone.write.yesterday" : "phone.write.today")}
            </button>
          ))}
          <button type="button" class="chip" aria-pressed={other} onClick={() => setOther(true)} data-testid="day-other">{other && <Icon name="check" size={18} />}{t("phone.write.other_day")}</button>
        </div>
        {other && <input type="date" aria-label={t("phone.write.other_day")} value={day} min={daysBefore(today, 60)} max={today} onChange={(e) => e.currentTarget.value && void edit({ day: e.currentTarget.value })} data-testid="day" />}
      </fieldset>
      <label class="check">
        <input type="checkbox" checked={d.urgent === true} onChange={(e) => void (e.currentTarget.checked ? edit({ urgent: true }) : without("urgent"))} data-testid="urgent" />
        <span><strong>{t("phone.write.urgent")}</strong><span class="hint">{t("phone.write.urgent_hint")}</span></span>
      </label>
    </>
  );
}

function OpinionFields({ d }: { d: Draft }) {
  const cluster = d.area ? above(areas.value, d.area, "cluster") : undefined;
  const list = [...new Map(groups().map((g) => [above(areas.value, g.code, "cluster")?.code, g])).entries()].filter(([code]) => code);
  const week = weekOf(d.day ?? dayOf(Date.now()));
  return (
    <>
      {list.length > 1 && (
        <div class="field">
          <label for="cluster">{t("phone.write.cluster")}</label>
          <select id="cluster" value={cluster?.code} onChange={(e) => void edit({ area: list.find(([code]) => code === e.currentTarget.value)?.[1].code ?? d.area ?? "" })} data-testid="cluster">
            {list.map(([code]) => <option key={code} value={code}>{areaName(code!)}</option>)}
          </select>
        </div>
      )}
      <p class="note-info" data-testid="opinion-info"><Icon name="shield" size={24} /><span>{t("phone.write.opinion_info", { cluster: cluster?.name ?? "", week: number(Number(week.slice(6))) })}</span></p>
      {d.kind === "rumour" && (
        <Choices label={t("phone.write.heard")} hint={t("phone.write.optional")} testid="heard" value={d.heard_via}
          options={HEARD.map((value) => ({ value, text: t(`phone.heard.${value}`) }))}
          onPick={(heard_via) => void (heard_via ? edit({ heard_via }) : without("heard_via"))} />
      )}
    </>
  );
}
