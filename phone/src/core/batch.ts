/** What goes out: the body of `POST /v1/sync`, made from what this phone holds. Pure. */

import type { LocalNote, LocalPhoto, OutRow } from "./types";

export const PULLED = [
  "areas", "topics", "places", "doors", "settings", "answers", "notices", "notes", "photos", "messages",
] as const;
export type Pulled = (typeof PULLED)[number];

/** Everything deciding needs to know, read at one moment. */
export interface Snapshot {
  device: string; epoch: string; seqMax: number; gen: number;
  outbox: readonly OutRow[]; notes: ReadonlyMap<string, LocalNote>; photos: ReadonlyMap<string, LocalPhoto>;
  cps: Readonly<Record<string, unknown>>;
  /** The areas this phone believes its account holds: the ward corrects it. */
  areas: readonly string[];
  /** Collections not yet pulled to their end since the last cold start. */
  cold: readonly string[];
  /** Documents from before the last cold start; dropped when it has ended. Read only while `cold` is not empty. */
  stale: readonly string[];
}

export interface PushRow { seq?: number; newDocumentState: Record<string, unknown>; assumedMasterState?: Record<string, unknown> }
export interface Batch {
  v: 1; clock_ms: number; seq_max: number;
  push: Partial<Record<OutRow["collection"], PushRow[]>>;
  pull: Partial<Record<Pulled, { cp?: unknown; limit: number }>>;
  areas?: readonly string[];
}
export interface Plan { body: Batch; sent: OutRow[]; left: number }

export const ROWS = 100;
const BODY = 200_000;
/** Rows are told to wait 10 minutes at most; one that would wait longer was put off under a clock that was wrong. */
const LONGEST_WAIT = 10 * 60_000;
const ORDER = { notes: 0, messages: 1, marks: 2, photos: 3 };

/** `rows` shrinks when the server finds the batch too large. `left` = rows that must wait for the next batch. */
export function plan(snap: Snapshot, now: number, rows = ROWS, pull: readonly Pulled[] = [], replays: readonly OutRow[] = []): Plan {
  const due = snap.outbox
    .filter((row) => !row.refused && (row.at <= now || row.at > now + LONGEST_WAIT))
    .sort((a, b) => ORDER[a.collection] - ORDER[b.collection] || (a.seq ?? 0) - (b.seq ?? 0) || a.at - b.at);
  // The server knows the device by its token and its own default size is right: on a thin line each byte counts.
  const body: Batch = { v: 1, clock_ms: now, seq_max: snap.seqMax, push: {}, pull: {} };
  for (const name of pull) {
    const cp = snap.cps[name];
    body.pull[name] = { ...(cp === undefined ? {} : { cp }), limit: 1000 };
  }
  const sent: OutRow[] = [];
  let size = 0;
  let left = 0;
  for (const row of [...due, ...replays]) {
    const push = pushRow(row, snap);
    if (!push) continue;
    size += JSON.stringify(push).length * 1.2; // room for letters of two and three bytes
    if (sent.length >= rows || (sent.length && size > BODY)) {
      left++;
      continue;
    }
    (body.push[row.collection] ??= []).push(push);
    sent.push(row);
  }
  // nothing to send: there is room to ask whether these areas are still right
  if (!sent.length && pull.length) body.areas = snap.areas;
  return { body, sent, left };
}

/** One row of the queue as it is pushed; undefined if what it speaks of is gone. */
export function pushRow(row: OutRow, snap: Pick<Snapshot, "notes" | "photos">): PushRow | undefined {
  const seq = row.seq ? { seq: row.seq } : {};
  if (row.doc) return { ...seq, newDocumentState: { ...row.doc, _deleted: false } };
  if (row.collection === "photos") {
    const photo = snap.photos.get(row.id);
    if (!photo) return undefined;
    const { id, note, claim, sha256, size, type } = photo;
    return { newDocumentState: { id, note, claim, sha256, size, type, _deleted: false } };
  }
  const note = snap.notes.get(row.id);
  if (!note?.claim) return undefined;
  return {
    ...seq,
    newDocumentState: { id: note.id, claim: note.claim, ...note.fields, _deleted: note.withdrawn === true },
    // as the server last said it: it knows its own fields there
    ...(note.assumed ? { assumedMasterState: { ...note.assumed, _deleted: false } } : {}),
  };
}
