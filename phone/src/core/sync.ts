/**
 * What comes back: a pure state machine from (what we held, what we sent, the answer) to the changes to write.
 * A row counts as taken only when an answer says so; a lost answer means the same row goes again and is a noop there.
 */

import type { Snapshot } from "./batch";
import { READ } from "./custody";
import type { Change } from "./store";
import type { Doc, LocalNote, LocalPhoto, NoteMaster, OutRow, PhotoMaster, Reject } from "./types";

export interface PullAnswer { documents: Doc[]; checkpoint: unknown; more: boolean }
export interface BatchAnswer {
  auth?: "ok" | "expired"; push?: Partial<Record<string, (Doc & { status?: string; reject?: Reject })[]>>;
  pull?: Partial<Record<string, PullAnswer>>; drop?: string[]; reset?: string[]; missing?: [number, number][];
  uploads?: { photo_id: string; offset: number }[]; areas?: string[]; server_time?: string; clock_skew_ms?: number;
}
export interface Digest { changes: Change[]; more: boolean; taken: number; expired: boolean }

export function isBatchAnswer(body: unknown): body is BatchAnswer {
  const b = body as BatchAnswer | undefined;
  const lists = [...Object.values(b?.push ?? {}), ...Object.values(b?.pull ?? {}).map((p) => p?.documents)];
  return (b?.auth === "ok" || b?.auth === "expired") && lists.every(Array.isArray);
}

const LATER = 10 * 60_000;

/** What a page does with the pulled part of an answer (`pull.ts`); the worker only sends. True: another round is needed. */
export type News = (work: Work, answer: BatchAnswer) => boolean;

export function digest(snap: Snapshot, sent: readonly OutRow[], answer: BatchAnswer, now: number, news?: News): Digest {
  const work = new Work(snap, now, now - (answer.clock_skew_ms ?? 0));
  for (const row of sent) work.receipt(row, answer.push?.[row.collection]?.find((doc) => doc.id === row.id));
  for (const wanted of answer.uploads ?? []) work.wanted(wanted.photo_id, wanted.offset);
  const more = news?.(work, answer) ?? false;
  return { changes: work.changes(), more, taken: work.taken, expired: answer.auth === "expired" };
}

/** A row the server cannot even read in a batch of its own: set aside with its reason, so that the others move on. */
export function setAside(snap: Snapshot, row: OutRow, code: string, now: number): Change[] {
  const work = new Work(snap, now);
  work.receipt(row, { id: row.id, status: "rejected", reject: { code, retry: "after-fix" } });
  return work.changes();
}

/** Marks rows as having left this phone, before they do: from then on deleting one must be told to the server. */
export function leaving(snap: Snapshot, sent: readonly OutRow[], now: number): Change[] {
  return sent.flatMap((row) => {
    const note = row.collection === "notes" ? snap.notes.get(row.id) : undefined;
    return note ? [{ shelf: "notes", key: note.id, value: { ...note, sent: now } } as Change] : [];
  });
}

/** The changes one answer brings, gathered while it is read. */
export class Work {
  taken = 0;
  readonly notes: Map<string, LocalNote>;
  readonly photos: Map<string, LocalPhoto>;
  readonly out: Change[] = [];
  /** `now` by this phone's clock, for what it plans; `ward` by the ward's, for what is a receipt. */
  constructor(readonly snap: Snapshot, readonly now: number, readonly ward = now) {
    this.notes = new Map(snap.notes);
    this.photos = new Map(snap.photos);
  }

  /** Only what changed; later versions of a note or photo replace earlier ones. */
  changes(): Change[] {
    const put: Change[] = [];
    for (const [id, value] of this.notes) if (value !== this.snap.notes.get(id)) put.push({ shelf: "notes", key: id, value });
    for (const [id, value] of this.photos) if (value !== this.snap.photos.get(id)) put.push({ shelf: "photos", key: id, value });
    return [...put, ...this.out];
  }

  receipt(row: OutRow, master: (Doc & { status?: string; reject?: Reject }) | undefined): void {
    const refused = master?.status === "rejected" ? (master.reject ?? { code: "bad_value" }) : undefined;
    if (refused?.retry === "later") return this.requeue(row, this.now + LATER);
    this.taken++;
    const now = this.snap.outbox.find((r) => r.collection === row.collection && r.id === row.id);
    const newer = now !== undefined && now.stamp !== row.stamp; // changed again while it was on its way
    const key = `${row.collection}/${row.id}`;
    if (now && refused && row.collection === "messages") this.out.push({ shelf: "outbox", key, value: { ...now, refused } });
    else if (now && !newer) this.out.push({ shelf: "outbox", key, drop: true });
    if (row.collection === "notes") this.noteReceipt(row.id, master as NoteMaster | undefined, refused, newer);
    if (row.collection === "photos") this.photoReceipt(row.id, master as PhotoMaster | undefined, refused);
  }

  private noteReceipt(id: string, master: NoteMaster | undefined, refused: Reject | undefined, newer: boolean): void {
    const note = this.notes.get(id);
    if (!note) return;
    if (refused) {
      // a replay of what the ward holds is no new refusal: its end is the reader's
      const phase = note.phase === "taken" && !note.withdrawn ? note.phase : "refused";
      this.notes.set(id, { ...note, phase: newer ? note.phase : phase, reject: refused });
      return;
    }
    if (note.withdrawn && !newer && (!master || master._deleted)) return this.forget(note);
    const { reject: _r, assumed: _a, withdrawn: _w, ...rest } = note;
    const kept = newer ? note : rest;
    const receipts = { ...note.receipts, taken: note.receipts.taken ?? this.ward };
    this.notes.set(id, { ...kept, phase: newer ? "waiting" : "taken", receipts });
    if (master) this.noteSeen(master, newer);
  }

  noteSeen(doc: NoteMaster, newer = this.snap.outbox.some((r) => r.collection === "notes" && r.id === doc.id)): void {
    const note = this.notes.get(doc.id);
    if (doc._deleted) {
      if (note && (doc.status === "withdrawn" || !note.claim) && !newer) this.forget(note);
      return; // a bare tombstone only says that the author was erased: our copy stays by its own terms
    }
    if (!note) return;
    const receipts = { ...note.receipts, taken: note.receipts.taken ?? this.ward };
    if (doc.status && READ.has(doc.status)) receipts.read ??= this.ward;
    if (doc.issue !== undefined) receipts.in_issue ??= this.ward;
    else delete receipts.in_issue; // taken out of its issue again
    this.notes.set(doc.id, { ...note, master: doc, receipts });
  }

  private photoReceipt(id: string, master: PhotoMaster | undefined, refused: Reject | undefined): void {
    const photo = this.photos.get(id);
    if (!photo) return;
    if (refused) this.photos.set(id, { ...photo, phase: "done", state: "rejected", reject: refused });
    else {
      this.photos.set(id, { ...photo, phase: photo.bytes ? "sending" : "done" });
      if (master) this.photoSeen(master);
    }
  }

  photoSeen(doc: PhotoMaster): void {
    const photo = this.photos.get(doc.id);
    if (!photo || doc._deleted || !doc.state) return;
    const next: LocalPhoto = { ...photo, state: doc.state, offset: doc.offset ?? photo.offset };
    if (doc.reject) next.reject = doc.reject;
    if (doc.state === "received" || doc.state === "stored") next.received ??= this.ward;
    if (doc.state === "stored") {
      next.stored ??= this.ward;
      next.bytes = false;
      this.out.push({ shelf: "bytes", key: doc.id, drop: true });
    }
    next.phase = doc.state !== "expected" ? "done" : photo.bytes ? "sending" : "done";
    this.photos.set(doc.id, next);
  }

  /** The server waits for these bytes (perhaps again, after it had to let them go). */
  wanted(id: string, offset: number): void {
    const photo = this.photos.get(id);
    if (photo?.bytes && photo.phase !== "draft") this.photos.set(id, { ...photo, phase: "sending", state: "expected", offset });
  }

  requeue(row: OutRow, at: number): void {
    const held = this.snap.outbox.find((r) => r.collection === row.collection && r.id === row.id);
    if (held && held.stamp !== row.stamp && at) return; // a newer change waits already
    this.out.push({ shelf: "outbox", key: `${row.collection}/${row.id}`, value: { ...row, at } });
  }

  private forget(note: LocalNote): void {
    this.notes.delete(note.id);
    this.out.push({ shelf: "notes", key: note.id, drop: true }, { shelf: "outbox", key: `notes/${note.id}`, drop: true });
    for (const p of [...this.photos.values()].filter((p) => p.note === note.id)) {
      this.photos.delete(p.id);
      this.out.push({ shelf: "photos", key: p.id, drop: true }, { shelf: "bytes", key: p.id, drop: true }, { shelf: "outbox", key: `photos/${p.id}`, drop: true });
    }
  }
}
