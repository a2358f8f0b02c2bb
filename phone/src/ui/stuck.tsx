/** Why a note does not move on, in plain words, with the one button that helps. */
import { amiss, stuck, type Stuck } from "../core/custody";
import { showTime } from "../core/days";
import { letGo } from "../core/notes";
import { photosWait } from "../core/world";
import type { LocalNote } from "../core/types";
import { Icon } from "./icons";
import { kick, lookForUpdate, takeUpdate } from "./live";
import { Refusal } from "./refusal";
import { go } from "./route";
import { accountStore, hold, last, number, online, outbox, photosOf, reload, sending, t, waitingBytes, wifiOnly } from "./state";

const later = (note: LocalNote): number | undefined =>
  outbox.value.find((row) => row.at > Date.now() && (row.id === note.id || photosOf(note.id).some((p) => p.id === row.id)))?.at;

export function stuckNow(note: LocalNote): Stuck | undefined {
  return stuck(note, photosOf(note.id), { hold: hold.value?.reason, online: online.value, photosWait: photosWait(wifiOnly.value), later: later(note) !== undefined });
}

export function StuckBox({ note }: { note: LocalNote }) {
  const why = stuckNow(note);
  if (!why || why === "refused" || (sending.value && !why.startsWith("photo_"))) return null;
  const bad = photosOf(note.id).find(amiss);
  const drop = async (): Promise<void> => {
    if (bad) await letGo(accountStore(), bad);
    await reload();
  };
  const act: Partial<Record<Stuck, () => unknown>> = {
    photo_refused: drop, photo_lost: drop, enrol: () => go("enrol"), update: () => lookForUpdate().then(takeUpdate),
    offline: () => kick(true), captive: () => kick(true), busy: () => kick(true), wifi: () => kick(true, true),
  };
  const when = later(note) ?? hold.value?.until ?? last.value?.at ?? 0;
  return (
    <div class={why.startsWith("photo_") ? "ask wrong-box" : "ask"} role="status" data-testid="stuck" data-why={why}>
      {why === "photo_refused" && bad?.reject ? <Refusal reject={bad.reject} /> : <span>{t(`phone.stuck.${why}`, { time: showTime(when).slice(6), size: number(waitingBytes.value / 1e6, 1) })}</span>}
      {act[why] && <button type="button" class="button main" onClick={() => void act[why]!()} data-testid="stuck-button">{t(`phone.stuck.${why}_button`)}</button>}
    </div>
  );
}

/** Each photo's own way: on this phone, at the ward, kept there. */
export function PhotoSteps({ note }: { note: LocalNote }) {
  return (
    <ul class="photo-steps">
      {photosOf(note.id).map((p, i) => {
        const steps = [["saved", p.at], ["received", p.received], ["stored", p.stored]] as const;
        return (
          <li key={p.id} data-testid={`photo-steps-${p.id}`}>
            <strong>{t("phone.photos.alt", { n: i + 1 })}</strong>
            {steps.filter(([, at]) => at).map(([step, at]) => <span key={step}><Icon name="check" size={16} />{t(`phone.photo_step.${step}`)} {showTime(at!)}</span>)}
            {amiss(p) ? <span><Icon name="alert" size={16} />{t(p.state === "rejected" ? "phone.photo.rejected" : "phone.photo_step.lost")}</span>
              : !p.received && <span><Icon name="clock" size={16} />{t("phone.photo_step.waits", { n: Math.floor((100 * p.offset) / p.size) })}</span>}
          </li>
        );
      })}
    </ul>
  );
}
