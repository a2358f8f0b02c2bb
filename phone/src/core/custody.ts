/** The custody line: where a note stands, every step backed by a receipt. Pure. */

import type { Answer, HoldReason, LocalNote, LocalPhoto, Status } from "./types";

/** Nothing more will come of these. */
export const FINAL: ReadonlySet<Status> = new Set(["closed", "withdrawn", "rejected", "redirected", "expired"]);
export const READ: ReadonlySet<Status> = new Set(["read", "cleared", "needs_detail", "in_issue", "redirected", "closed"]);

export type Mood = "draft" | "waiting" | "sent" | "refused" | "ask";

/** The state a person can say aloud: Chờ gửi → Đã gửi; or it needs the writer. Never "sent" before text and every photo are at the ward. */
export function mood(note: LocalNote, photos: readonly LocalPhoto[]): Mood {
  if (note.phase === "refused" || photos.some(amiss)) return "refused";
  if (note.phase === "taken" && asked(note)) return "ask";
  return note.phase === "taken" && photos.every(atWard) ? "sent" : "waiting";
}

/** The office waits for more, and was not answered yet. */
export const asked = (note: LocalNote): boolean =>
  note.master?.status === "needs_detail" && (note.master.ask === undefined || note.replied !== note.master.ask);

/** The ward has every byte of it, compared by sha256. */
export const atWard = (photo: LocalPhoto): boolean => photo.state === "received" || photo.state === "stored";

/** It will never arrive by itself: refused, or its bytes are no longer on this phone. */
export const amiss = (photo: LocalPhoto): boolean => photo.state === "rejected" || (!photo.bytes && !atWard(photo));

export type Stuck =
  | "refused" | "photo_refused" | "photo_lost" | "offline" | "captive" | "enrol" | "revoked" | "update" | "busy" | "later" | "wifi";

/** Why a note does not move on by itself, or not now; undefined when nothing holds it up. */
export function stuck(
  note: LocalNote, photos: readonly LocalPhoto[], line: { hold?: HoldReason | undefined; online: boolean; photosWait: boolean; later?: boolean },
): Stuck | undefined {
  if (note.phase === "refused") return "refused";
  const bad = photos.find(amiss);
  if (bad) return bad.state === "rejected" ? "photo_refused" : "photo_lost";
  if (note.phase === "taken" && photos.every(atWard)) return undefined;
  const { hold } = line;
  if (hold === "enrol" || hold === "revoked" || hold === "update") return hold;
  if (!line.online || hold === "offline") return "offline";
  if (hold) return hold === "captive" ? hold : "busy";
  if (line.later) return "later";
  return note.phase === "taken" && line.photosWait ? "wifi" : undefined;
}

export interface Stage { step: "saved" | "taken" | "photos" | "read" | "in_issue" | "answered" | "told" | "end"; done: boolean; at?: number; n?: number; m?: number; word?: Status }

/** Marks the writer made on answers, by answer id. */
export type Marked = Readonly<Record<string, Partial<Record<string, number>>>>;

export function answersTo(note: LocalNote, answers: readonly Answer[]): Answer[] {
  const issue = note.master?.issue;
  return issue === undefined ? [] : answers.filter((a) => a.issue === issue || (a.issues ?? []).includes(issue));
}

export function stages(note: LocalNote, photos: readonly LocalPhoto[], answers: readonly Answer[], marked: Marked): Stage[] {
  const { receipts, master } = note;
  const status = master?.status;
  const at = (ms: number | undefined) => (ms ? { at: ms } : {});
  const list: Stage[] = [
    { step: "saved", done: true, ...at(receipts.saved) },
    { step: "taken", done: receipts.taken !== undefined, ...at(receipts.taken) },
  ];
  if (photos.length) {
    const n = photos.filter(atWard).length;
    const done = n === photos.length;
    list.push({ step: "photos", done, n, m: photos.length, ...(done ? at(Math.max(...photos.map((p) => p.received ?? 0))) : {}) });
  }
  if (status && (status === "redirected" || status === "closed" || status === "expired" || status === "withdrawn")) {
    const answered = answersTo(note, answers);
    if (!answered.length) return [...list, { step: "end", done: true, word: status, ...at(receipts.read) }];
  }
  list.push({ step: "read", done: receipts.read !== undefined, ...at(receipts.read) });
  list.push({ step: "in_issue", done: master?.issue !== undefined, ...at(receipts.in_issue), ...(master?.issue === undefined ? {} : { n: master.issue }) });
  const found = answersTo(note, answers)[0];
  list.push({ step: "answered", done: found !== undefined, ...(found ? at(Date.parse(found.published_at)) : {}) });
  const told = answersTo(note, answers).map((a) => marked[a.id]?.["told"]).find((ms) => ms !== undefined);
  list.push({ step: "told", done: told !== undefined, ...at(told) });
  return list;
}

/** The furthest step reached: what the short line in the list says. */
export function reached(list: readonly Stage[]): Stage {
  return list.filter((s) => s.done).at(-1) ?? list[0]!;
}
