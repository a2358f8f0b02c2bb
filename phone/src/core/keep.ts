/** How long words stay on this phone: until read + 7 days, at most 45 days after the ward took them. Unsent work never goes. */

import { amiss, atWard, FINAL } from "./custody";
import type { Change, Store } from "./store";
import type { LastSync, LocalNote, LocalPhoto, Message } from "./types";

const DAY = 86_400_000;
export const AFTER_READ = 7 * DAY;
export const LONGEST = 45 * DAY;
/** The line without words (area, topic, where it stands) goes later. */
export const LINE = 120 * DAY;

/** `now` and the receipts are the ward's time. `waits`: notes of which something is still to be sent or written. */
export function outlived(notes: readonly LocalNote[], photos: readonly LocalPhoto[], messages: readonly Message[], now: number, waits: ReadonlySet<string> = new Set()): Change[] {
  return notes.flatMap((note) => {
    const { taken, read } = note.receipts;
    if (note.phase !== "taken" || taken === undefined || waits.has(note.id)) return [];
    const mine = photos.filter((p) => p.note === note.id);
    if (mine.some((p) => p.bytes && !atWard(p) && !amiss(p))) return []; // however long ago: nobody else has it
    if (Math.max(taken, read ?? 0) > now + DAY) return [{ shelf: "notes", key: note.id, value: { ...note, receipts: past(note.receipts, now) } } as Change];
    const said = messages.filter((m) => m.note === note.id).map((m): Change => ({ shelf: "docs", key: `messages/${m.id}`, drop: true }));
    if (taken + LINE < now) return [{ shelf: "notes", key: note.id, drop: true } as Change, ...without(mine), ...said];
    const ended = note.master?.status !== undefined && FINAL.has(note.master.status);
    const old = taken + LONGEST < now || ((read !== undefined || ended) && (read ?? taken) + AFTER_READ < now);
    if (!old || note.cleared) return [];
    const { text: _t, place: _p, captured_at: _c, ...fields } = note.fields;
    const { claim: _claim, assumed: _a, replied: _r, master, ...rest } = note;
    const bare = master && { id: master.id, ...(master.status ? { status: master.status } : {}), ...(master.issue === undefined ? {} : { issue: master.issue }) };
    return [
      { shelf: "notes", key: note.id, value: { ...rest, fields, ...(bare ? { master: bare } : {}), cleared: true } } as Change,
      ...without(mine), ...said,
    ];
  });
}

/** What has had its time on this phone, by the ward's clock as far as it is known. */
export async function tidied(store: Store, now: number): Promise<Change[]> {
  const [notes, photos, rows, talk, drafts, last] = await Promise.all([store.all("notes"), store.all("photos"), store.all("outbox"), store.all("docs", "messages/"), store.all("drafts"), store.get("kv", "last")]);
  const messages = talk.map((row) => row.doc as Message);
  const queued = new Set(rows.map((row) => row.id));
  const waits = new Set([...queued, ...messages.filter((m) => queued.has(m.id)).map((m) => m.note), ...photos.filter((p) => queued.has(p.id)).map((p) => p.note), ...drafts.flatMap((d) => d.edits ?? [])]);
  return outlived(notes, photos, messages, now - ((last as LastSync | undefined)?.skew ?? 0), waits);
}

/** Receipts written under a clock that ran years ahead count from today. */
const past = (receipts: LocalNote["receipts"], now: number): LocalNote["receipts"] =>
  Object.fromEntries(Object.entries(receipts).map(([step, at]) => [step, Math.min(at, now)]));

function without(photos: readonly LocalPhoto[]): Change[] {
  return photos.flatMap((p): Change[] => [
    { shelf: "photos", key: p.id, drop: true }, { shelf: "bytes", key: p.id, drop: true }, { shelf: "outbox", key: `photos/${p.id}`, drop: true },
  ]);
}
