/** The records of the wire and what this phone keeps beside them. Absent = omitted, never null. */

export type Lang = "vi" | "en";
export type Lane = "place" | "opinion" | "door";
export const KINDS = ["question", "suggestion", "concern", "rumour", "observation", "thanks"] as const;
export type Kind = (typeof KINDS)[number];
export const REACHES = ["some", "many", "very_many"] as const;
export type Reach = (typeof REACHES)[number];
export const HEARD = ["talk", "market", "meeting", "online", "leaflet", "other"] as const;
export type HeardVia = (typeof HEARD)[number];
export const TEXT_MAX = 280;
export const PHOTOS_MAX = 3;

export type Status =
  | "received" | "quarantined" | "read" | "cleared" | "needs_detail" | "in_issue"
  | "redirected" | "closed" | "withdrawn" | "rejected" | "expired";
export type Retry = "never" | "later" | "after-fix";
export interface Reject { code: string; field?: string; retry?: Retry }

/** The client-owned fields of a note, as they are sent. */
export interface NoteFields {
  kind: Kind; topic: string; area: string; text?: string; reach?: Reach;
  day?: string; captured_at?: number; place?: string; photos?: string[]; urgent?: true;
  week?: string; heard_via?: HeardVia;
}
/** What the server last said of a note. */
export interface NoteMaster extends Partial<NoteFields> {
  id: string; _deleted?: boolean; status?: Status; issue?: number; received_at?: string;
  rev?: number; amendments?: number; ask?: string; reject?: Reject;
}
export type PhotoState = "expected" | "received" | "stored" | "rejected";
export interface PhotoMaster {
  id: string; _deleted?: boolean; note?: string; state?: PhotoState; offset?: number; reject?: Reject;
}
export type MarkKind = "plus_one" | "still_so" | "settled" | "told" | "read" | "door" | "void";
/** One line of the talk about a note. `office` wrote it, or else this account. */
export interface Message { id: string; note: string; text: string; at?: string; office?: boolean }
export interface Mark { id: string; mark: MarkKind; issue?: number; answer?: string; door?: string; area?: string }

export interface Area {
  id: string; code: string; parent?: string; level: "city" | "ward" | "cluster" | "group"; name: string;
  valid_from: string; valid_to?: string; successors?: string[];
}
export interface Topic {
  id: string; code: string; parent?: string; name: Record<Lang, string>; icon?: string;
  lanes: Partial<Record<Kind, Lane>>; retired?: boolean; successor?: string; position?: number;
}
export interface Place { id: string; area: string; name: string; kind: string; aliases?: string[] }
export interface Door { id: string; name: string; for: string[]; how: Record<Lang, string>; phone?: string }
export interface Answer {
  id: string; issue: number; issues?: number[]; version: number; topic: string; areas: string[]; title: string;
  text: string; status: string; source?: string; valid_to?: string; published_at: string;
}
export interface Notice {
  id: string; areas: string[]; title: string; text: string; from: string; to: string; issues?: number[];
}
export interface Doc { id: string; _deleted?: boolean }

/** Stages of a note on this phone; the server's own status stands in `master`. */
export type Phase = "waiting" | "taken" | "refused";
export const STEPS = ["saved", "taken", "read", "in_issue", "answered", "told"] as const;
export type Step = (typeof STEPS)[number];

export interface LocalNote {
  id: string;
  /** Missing on notes written on another phone of the same account: those are shown, never sent. */
  claim?: string;
  fields: NoteFields;
  lane: Lane;
  /** Running number of this device; 0 when another enrolment gave it. */
  seq: number;
  phase: Phase;
  /** The writer asked to take it back. */
  withdrawn?: true;
  master?: NoteMaster;
  /** The fields the server held when the writer began a later change. */
  assumed?: NoteMaster;
  reject?: Reject;
  /** When each step was reached, as far as this phone knows (ms). */
  receipts: Partial<Record<Step, number>>;
  /** Last time the row went out (ms); undefined = it never left this phone. */
  sent?: number;
  /** The words are gone from this phone (`keep.ts`); the custody line stays. */
  cleared?: true;
  /** The question of the office (`master.ask`) that was answered by a message. */
  replied?: string;
}

export interface LocalPhoto {
  id: string; note: string; claim: string; sha256: string; size: number; type: "image/jpeg";
  /** `draft` belongs to an unfinished note; `waiting` must be announced; `sending` may carry bytes. */
  phase: "draft" | "waiting" | "sending" | "done";
  state?: PhotoState; offset: number; reject?: Reject; bytes: boolean; at: number;
  /** When the ward said that it has every byte, its sha256 compared (ms); when it kept the rebuilt picture. */
  received?: number; stored?: number;
}

export interface OutRow {
  collection: "notes" | "messages" | "marks" | "photos"; id: string;
  /** Changes with every new version of the row, so that a late receipt never clears a newer change. */
  stamp: string; at: number; seq?: number;
  /** The row itself, for what has no shelf of its own: marks and messages. */
  doc?: Mark | (Message & { claim: string });
  /** The ward did not take this message: it stays, unsent, until its writer has seen why. */
  refused?: Reject;
}

/** One push row or one part of a photo, sealed to the server's key (`seal.ts`); `taken`: the server has it. */
export interface SealedItem { device: string; number: number; enc: string; ct: string; state?: "taken" | "refused"; code?: string }
/** One drag of the covering finger over a photo: x, y, x, y … and the radius, in pixels of the picture. */
export interface Stroke { r: number; at: number[] }
/** What is being painted over, not yet in the pixels: on disk with the draft, so that no stroke is lost. */
export interface Cover { photo: string; strokes: Stroke[] }

export interface Draft {
  id: string; claim: string; step: "kind" | "topic" | "words" | "camera" | "cover"; at: number; kind?: Kind; parent?: string;
  topic?: string; area?: string; text: string; reach?: Reach; day?: string; place?: string; urgent?: true;
  /** Of an opinion that is being changed: it stays with its week. */
  week?: string; heard_via?: HeardVia; photos: string[];
  cover?: Cover;
  /** Words asked about that name nobody. Stays on this phone. */
  spared?: string[];
  /** Set when an existing note is being changed. */
  edits?: string;
}

/** Kept under the account's key: it holds the token of full rights. */
export interface Session {
  account: string; device: string; token: string; push_token?: string; seal_key?: string; role: string;
  kind?: string; areas: string[]; epoch: string; enrolled_at: number;
}
/** How an account's key lies on the phone: wrapped under a PIN, or open where the ward lets it. */
export type Lock =
  | { by: "pin"; salt: Uint8Array<ArrayBuffer>; kib: number; passes: number; wrapped: ArrayBuffer }
  | { by: "none"; key: ArrayBuffer };
/** What the phone may know of an account while it is locked: enough to ask for the PIN and to send what is sealed. */
export interface Vault {
  id: string; n: number; account: string; device: string; push_token: string; seal_key: string; lock: Lock;
  /** Wrong PINs since the last right one, and until when none is tried (ms). */
  fails: number; until: number;
  /** The server no longer knows this phone. */
  revoked?: boolean;
  /** Its rows are still being moved over from the database of this name. */
  from?: string;
}
/** `skew`: how far the ward says this phone's clock is ahead (ms), if by more than 5 minutes. */
/** One exchange with the ward, in the phone's own log. `up`, `down`: bytes, as far as the browser tells. */
export interface Exchange { at: number; rows: number; photos: number; up: number; down: number; news?: true; reason?: HoldReason; until?: number; asleep?: true }
/** Bytes of one month. */
export interface Used { month: string; up: number; down: number }
export interface LastSync { at: number; ok: boolean; code?: string; skew?: number }
export interface Hold { until: number; tries: number; reason: HoldReason }
export type HoldReason = "offline" | "captive" | "busy" | "trouble" | "enrol" | "revoked" | "update";
