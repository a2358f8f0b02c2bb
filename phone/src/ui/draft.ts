/** The note being written. Every keystroke goes to disk; writes that pile up are folded into one. */

import { signal } from "@preact/signals";
import { above, fieldsOf, groupsOf, laneOf } from "../core/lanes";
import { dayOf } from "../core/days";
import { sha256hex, uuid } from "../core/ids";
import { addPhoto, draftOf, dropDraft, dropPhoto, keepDraft, newDraft, saveNote } from "../core/notes";
import type { Area, Draft, Lane, LocalNote, LocalPhoto } from "../core/types";
import { cleaned, loadRules } from "./clean";
import { go } from "./route";
import { shrink } from "./shrink";
import { accountStore, areas, drafts, notes, photos, reload, session, topics } from "./state";
import { kickAfterSave } from "./live";

export const draft = signal<Draft | undefined>(undefined);
/** True once the latest keystroke is on disk. */
export const kept = signal(true);
let writing: Promise<void> | undefined;

export const groups = (): Area[] => groupsOf(areas.value, session.value?.areas ?? []);
export const laneNow = (d: Draft): Lane | undefined => {
  const topic = d.topic ? topics.value.get(d.topic) : undefined;
  return topic && d.kind ? laneOf(topic, d.kind) : undefined;
};

function keep(): Promise<void> {
  kept.value = false;
  writing ??= (async () => {
    try {
      for (let put: Draft | undefined; draft.value && put !== draft.value; ) await keepDraft(accountStore(), (put = draft.value));
      kept.value = true;
    } finally {
      writing = undefined;
    }
  })();
  return writing;
}

/** Changes the open draft; resolves when it is on disk. */
export function edit(patch: Partial<Draft>): Promise<void> {
  if (!draft.value) return Promise.resolve();
  draft.value = { ...draft.value, ...patch };
  return keep();
}

/** Takes fields away: absent means omitted. */
export function without(...names: ("reach" | "place" | "urgent" | "heard_via" | "topic" | "parent")[]): Promise<void> {
  if (!draft.value) return Promise.resolve();
  const next = { ...draft.value };
  for (const name of names) delete next[name];
  draft.value = next;
  return keep();
}

export async function begin(kind?: Draft["kind"]): Promise<Draft> {
  await writing;
  const only = groups()[0];
  draft.value = { ...newDraft(Date.now()), ...(only ? { area: lastGroup() ?? only.code } : {}), ...(kind ? { kind, step: "topic" as const } : {}) };
  await keep();
  return draft.value;
}

let last: string | undefined;
const lastGroup = (): string | undefined => (groups().some((g) => g.code === last) ? last : undefined);

export async function reopen(id: string): Promise<boolean> {
  if (draft.value?.id === id) return true;
  await writing;
  draft.value = await accountStore().get("drafts", id);
  return draft.value !== undefined;
}

/** An answer to "please say more": the note opens as a draft again. */
export async function beginChange(note: LocalNote): Promise<void> {
  await writing;
  const group = (code: string): string => groups().find((g) => g.code === code || above(areas.value, g.code, "cluster")?.code === code)?.code ?? code;
  const earlier = drafts.value.find((d) => d.edits === note.id);
  draft.value = earlier ?? draftOf(note, group, Date.now());
  await keep();
  await reload();
  go(`write/${draft.value.id}/words`);
}

/** Leaves the draft where it is; an empty one goes. */
export async function leave(): Promise<void> {
  const d = draft.value;
  await writing;
  draft.value = undefined;
  if (!d) return; // saved or discarded already
  if (!d.text.trim() && !d.photos.length && !d.edits && (await accountStore().get("drafts", d.id))) await dropDraft(accountStore(), d);
  await accountStore().write([{ shelf: "kv", key: "open", drop: true }]);
  await reload();
}

export async function discard(d: Draft): Promise<void> {
  await writing;
  if (draft.value?.id === d.id) draft.value = undefined;
  await dropDraft(accountStore(), d);
  await reload();
}

export async function takePhoto(file: Blob): Promise<void> {
  const d = draft.value;
  if (!d) return;
  const bytes = await shrink(file);
  const note = d.edits ?? d.id;
  const photo: LocalPhoto = {
    id: uuid(), note, claim: d.claim, sha256: await sha256hex(bytes), size: bytes.byteLength, type: "image/jpeg",
    phase: "draft", offset: 0, bytes: true, at: Date.now(),
  };
  await writing;
  draft.value = await addPhoto(accountStore(), draft.value ?? d, photo, bytes);
  await reload();
}

export async function removePhoto(id: string): Promise<void> {
  await writing;
  if (draft.value) draft.value = await dropPhoto(accountStore(), draft.value, id);
  await reload();
}

/** What was just written goes on the screen without reading everything again; the next sending reads anyway. */
function show(note: LocalNote): void {
  notes.value = [note, ...notes.value.filter((n) => n.id !== note.id)];
  photos.value = photos.value.map((p) => (p.note === note.id && p.phase === "draft" ? { ...p, phase: "waiting" } : p));
  drafts.value = drafts.value.filter((d) => d.id !== note.id && d.edits !== note.id);
}

export type SaveProblem = "empty" | "area" | "topic" | "disk";

/** Resolves only when everything is on disk, or with the reason why not. */
export async function save(): Promise<LocalNote | SaveProblem> {
  await writing;
  const d = draft.value;
  const lane = d && laneNow(d);
  if (!d || !lane || lane === "door") return "topic";
  if (!d.text.trim() && !(lane === "place" && d.photos.length)) return "empty";
  const now = Date.now();
  await loadRules();
  const fields = fieldsOf({ ...d, text: cleaned(d.text.normalize("NFC").trim())?.text ?? d.text }, lane, areas.value, dayOf(now), now);
  if (!fields) return "area";
  try {
    const note = await saveNote(accountStore(), d, fields, lane, now);
    last = d.area;
    draft.value = undefined;
    show(note);
    void kickAfterSave();
    return note;
  } catch (error) {
    console.error(error);
    return "disk";
  }
}
