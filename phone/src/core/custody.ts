/** The custody line: where a note stands, every step backed by a receipt. Pure. */

import type { Answer, LocalNote, LocalPhoto, Status } from "./types";

/** Nothing more will come of these. */
export const FINAL: ReadonlySet<Status> = new Set(["closed", "withdrawn", "rejected", "redirected", "expired"]);
export const READ: ReadonlySet<Status> = new Set(["read", "cleared", "needs_detail", "in_issue", "redirected", "closed"]);

export type Mood = "draft" | "waiting" | "sent" | "refused" | "ask";

/** The state a person can say aloud: Chờ gửi → Đã gửi; or it needs the writer. */
export function mood(note: LocalNote, photos: readonly LocalPhoto[]): Mood {
  if (note.phase === "refused") return "refused";
  if (note.master?.status === "needs_detail" && note.phase === "taken") return "ask";
  return note.phase === "taken" && photos.every(atWard) ? "sent" : "waiting";
}

export const atWard = (photo: LocalPhoto): boolean =>
  photo.state === "received" || photo.state === "stored" || photo.state === "rejected" || photo.phase === "done";

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
    list.push({ step: "photos", done: n === photos.length, n, m: photos.length });
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
