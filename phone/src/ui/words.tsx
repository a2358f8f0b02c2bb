/** The last step: the words, what goes with them, and Save. */
import { useState } from "preact/hooks";
import { asked } from "../core/custody";
import { PHOTOS_MAX, REACHES } from "../core/types";
import { loadRules } from "./clean";
import { discard, draft, edit, kept, laneNow, save, trouble, without, type SaveProblem } from "./draft";
import { FinerTopics, OpinionFields, OpinionInfo, PlaceFields } from "./fields";
import { Icon } from "./icons";
import { Known } from "./known";
import { Choices, Top } from "./parts";
import { DraftPhotos, PhotoButton } from "./photos";
import { LowSpace } from "./lowspace";
import { back, route, swap } from "./route";
import { announce, notes, photos, t, topicName, topics } from "./state";
import { doubtful, TextField } from "./text";

export function WordsStep({ choose }: { choose: (topic: string) => void }) {
  const d = draft.value!;
  const lane = laneNow(d);
  const mine = photos.value.filter((p) => d.photos.includes(p.id));
  const [fault, setFault] = useState<SaveProblem | "doubt">();
  const [busy, setBusy] = useState(false);
  const [ask, setAsk] = useState(0);
  const before = d.edits ? notes.value.find((n) => n.id === d.edits) : undefined;
  const done = async (): Promise<void> => {
    if (busy) return;
    const here = route.value;
    setBusy(true);
    setFault(undefined);
    await loadRules();
    if (!ask && draft.value && doubtful(draft.value.text, draft.value.spared ?? [])) { // once: the second press saves
      setAsk(1);
      setBusy(false);
      return setFault("doubt");
    }
    const end = await save();
    setBusy(false);
    if (typeof end === "string") return setFault(end);
    announce(t("phone.write.saved"));
    if (route.value === here) swap("");
  };
  const there = fault === "empty" || fault === "long";
  const said = fault && !there ? fault : undefined;
  return (
    <form class="words" onSubmit={(e) => { e.preventDefault(); void done(); }} noValidate>
      <Top title={t(d.edits ? "phone.write.change" : "phone.write.words")} onBack={back} {...(d.edits ? {} : { sub: t("phone.write.step", { n: 3, m: 3 }) })} />
      <LowSpace />
      <p class="chosen">
        <span class="tag"><Icon name={d.kind!} size={20} />{t(`phone.kind.${d.kind!}`)}</span>
        <span class="tag"><Icon name={topics.value.get(d.topic!)?.icon ?? "more"} size={20} />{topicName(d.topic!)}</span>
      </p>
      <Known d={d} />
      {before && asked(before) && before.master?.ask && <div class="ask" data-testid="words-ask"><strong>{t("phone.note.asked")}</strong><p lang="vi">{before.master.ask}</p></div>}
      <TextField d={d} fault={there ? fault : undefined} ask={ask} />
      {lane === "opinion" && <OpinionInfo d={d} />}
      {lane === "place" && (
        <section class="field">
          {mine.length > 0 && <h2 class="label">{t("phone.photos.title", { n: mine.length, m: PHOTOS_MAX })}</h2>}
          <DraftPhotos photos={mine} own />
          {mine.length < PHOTOS_MAX && <PhotoButton class="button" testid="add-photo"><Icon name="camera" />{t("phone.photos.add")}</PhotoButton>}
          <p class="hint">{t("phone.photos.rule")}</p>
        </section>
      )}
      {lane !== "place" && mine.length > 0 && <p class="note-info" data-testid="photos-dropped"><Icon name="info" size={22} />{t("phone.photos.not_here")}</p>}
      <FinerTopics d={d} choose={choose} />
      {lane === "place" ? <PlaceFields d={d} /> : <OpinionFields d={d} />}
      <Choices label={t("phone.write.reach")} hint={t("phone.write.optional")} testid="reach" value={d.reach}
        options={REACHES.map((value) => ({ value, text: t(`phone.reach.${value}`) }))}
        onPick={(reach) => void (reach ? edit({ reach }) : without("reach"))} />
      <button type="button" class="button quiet" data-testid="drop-draft" onClick={() => { if (confirm(t("phone.write.drop_sure"))) void discard(d).then(() => swap("")); }}>
        <Icon name="trash" />{t(d.edits ? "phone.write.drop_change" : "phone.write.drop")}
      </button>
      <div class="save-bar">
        {said && <p class="fault" role="alert" data-testid="save-fault">{t(`phone.write.fault.${said}`)}</p>}
        {trouble.value && !said && <p class="fault" role="alert" data-testid="trouble">{t(`phone.write.fault.${trouble.value}`)}</p>}
        <p class="kept" role="status" data-testid="draft-state" data-kept={kept.value}>{kept.value ? t("phone.write.kept") : trouble.value ? t("phone.write.retrying") : t("phone.write.keeping")}</p>
        <button type="submit" class="button main" disabled={busy} data-testid="save-note"><Icon name="check" />{t("phone.write.save")}</button>
      </div>
    </form>
  );
}
