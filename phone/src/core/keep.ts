/** How long words stay on this phone: until read + 7 days, at most 45 days after the ward took them. Unsent work never goes. */

import { amiss, FINAL } from "./custody";
import type { Change } from "./store";
import type { LocalNote, LocalPhoto, Message } from "./types";

const DAY = 86_400_000;
export const AFTER_READ = 7 * DAY;
export const LONGEST = 45 * DAY;
/** The line without words (area, topic, where it stands) goes later. */
export const LINE = 120 * DAY;

export function outlived(notes: readonly LocalNote[], photos: readonly LocalPhoto[], messages: readonly Message[], now: number): Change[] {
  return notes.flatMap((note) => {
    const { taken, read } = note.receipts;
    if (note.phase !== "taken" || taken === undefined) return [];
    const mine = photos.filter((p) => p.note === note.id);
    const said = messages.filter((m) => m.note === note.id).map((m): Change => ({ shelf: "docs", key: `messages/${m.id}`, drop: true }));
    if (taken + LINE < now) return [{ shelf: "notes", key: note.id, drop: true } as Change, ...without(mine), ...said];
    const ended = note.master?.status !== undefined && FINAL.has(note.master.status);
    const past = taken + LONGEST < now || ((read !== undefined || ended) && (read ?? taken) + AFTER_READ < now);
    const busy = mine.some((p) => p.bytes && !amiss(p)) && taken + LONGEST >= now;
    if (!past || busy || note.cleared) return [];
    const { text: _t, place: _p, captured_at: _c, ...fields } = note.fields;
    const { claim: _claim, assumed: _a, replied: _r, master, ...rest } = note;
    const bare = master && { id: master.id, ...(master.status ? { status: master.status } : {}), ...(master.issue === undefined ? {} : { issue: master.issue }) };
    return [
      { shelf: "notes", key: note.id, value: { ...rest, fields, ...(bare ? { master: bare } : {}), cleared: true } } as Change,
      ...without(mine), ...said,
    ];
  });
}

function without(photos: readonly LocalPhoto[]): Change[] {
  return photos.flatMap((p): Change[] => [
    { shelf: "photos", key: p.id, drop: true }, { shelf: "bytes", key: p.id, drop: true }, { shelf: "outbox", key: `photos/${p.id}`, drop: true },
  ]);
}
