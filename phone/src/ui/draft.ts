/**
 * The note being written. Every keystroke, photo and stroke of the brush goes to disk; keystrokes that pile up are folded
 * into one write. All writes of the draft stand in one line, so that none overtakes another.
 */

import { signal } from "@preact/signals";
import { above, fieldsOf, groupsOf, laneOf } from "../core/lanes";
import { dayOf } from "../core/days";
import { sha256hex, uuid } from "../core/ids";
import { addPhoto, draftOf, dropDraft, dropPhoto, keepDraft, newDraft, replacePhoto, saveNote, whole } from "../core/notes";
import { PHOTOS_MAX, TEXT_MAX, type Area, type Draft, type Lane, type LocalNote, type LocalPhoto, type Stroke } from "../core/types";
import { loadRules, weigh } from "./clean";
import { askFirm } from "./room";
import { go, route } from "./route";
import { shrink } from "./shrink";
import { accountStore, areas, book, complain, drafts, full, notes, photos, reload, session, topics, troubleOf, type Trouble } from "./state";
import { kickAfterSave } from "./live";

export const draft = signal<Draft | undefined>(undefined);
/** True once the latest keystroke is on disk. */
export const kept = signal(true);
/** Why the phone does not take what is written; undefined while it does. */
export const trouble = signal<Trouble | undefined>(undefined);
/** A full phone may have room again a moment later. */
const RETRY = 3_000;

export const groups = (): Area[] => groupsOf(areas.value, session.value?.areas ?? []);
export const laneNow = (d: Draft): Lane | undefined => {
  const topic = d.topic ? topics.value.get(d.topic) : undefined;
  return topic && d.kind ? laneOf(topic, d.kind) : undefined;
};

let line: Promise<unknown> = Promise.resolve();
function inLine<T>(work: () => Promise<T>): Promise<T> {
  const run = line.then(work);
  line = run.catch(() => undefined);
  return run;
}
const settled = (): Promise<void> => inLine(async () => undefined);

/** A photo on its way to the disk: its draft is neither saved nor left before it is there. */
let taking: Promise<unknown> = Promise.resolve();
/** Drafts are opened, left and saved in turn, as it was asked; each finds on the disk what the one before it left there. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const run = turn.then(async () => {
    await taking;
    await settled();
    return work();
  });
  turn = run.catch(() => undefined);
  return run;
}

/** Resolves once all that was written, painted or photographed is on disk. */
export async function onDisk(): Promise<void> {
  await Promise.all([taking, painting, turn]);
  await settled();
  if (!draft.value || kept.value) return;
  await new Promise((wake) => setTimeout(wake, 500));
  return onDisk();
}

function close(): void {
  draft.value = undefined;
  kept.value = true;
  trouble.value = undefined;
}
book.subscribe(close); // a draft belongs to the notebook it was opened from

/** Is it on the screen, or about to be again? */
const shown = (id: string): boolean => route.value[0] === "write" && route.value[1] === id;

let queued: Promise<void> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function keep(): Promise<void> {
  kept.value = false;
  return (queued ??= inLine(async () => {
    queued = undefined;
    const put = draft.value;
    if (!put) return;
    try {
      await keepDraft(accountStore(), put);
      trouble.value = undefined;
      full.value = false;
      if (draft.value === put) kept.value = true;
    } catch (error) {
      console.error(error);
      trouble.value = troubleOf(error);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (draft.value?.id === put.id && !kept.value) void (shown(put.id) ? keep() : leave(put.id));
      }, RETRY);
    }
  }));
}

/** Changes the open draft; resolves when it is on disk, or is being tried again (`trouble`). */
export function edit(patch: Partial<Draft>): Promise<void> {
  if (!draft.value) return Promise.resolve();
  draft.value = { ...draft.value, ...patch };
  return keep();
}

/** Takes fields away: absent means omitted. */
export function without(...names: ("reach" | "place" | "urgent" | "heard_via" | "topic" | "parent" | "cover")[]): Promise<void> {
  if (!draft.value) return Promise.resolve();
  const next = { ...draft.value };
  for (const name of names) delete next[name];
  draft.value = next;
  return keep();
}

/** Whether the open draft can be closed without losing anything. What the phone did not take is tried once more. */
async function safe(): Promise<boolean> {
  if (draft.value && !kept.value) await keep();
  return !draft.value || kept.value || bare(draft.value);
}

/** May another draft take the place of the open one? If not, the writer is told why; that one stays in memory. */
async function free(): Promise<boolean> {
  const may = await safe();
  if (!may) complain(trouble.value);
  return may;
}

/** Drops drafts with nothing in them: this one, or all but the open one. Judged is what lies on the disk, since memory may be older. */
async function sweep(only?: string): Promise<void> {
  for (const d of await accountStore().all("drafts")) if (bare(d) && (only ? d.id === only : d.id !== draft.value?.id)) await dropDraft(accountStore(), d);
}

/** A new draft; undefined where the writer went elsewhere meanwhile, or the one before cannot be kept. */
export function begin(kind?: Draft["kind"]): Promise<Draft | undefined> {
  const from = route.value;
  return inTurn(async () => {
    if (!(await free())) return undefined;
    await sweep().catch((error: unknown) => console.error(error));
    if (route.value !== from) return undefined;
    const only = groups()[0];
    const d = (draft.value = { ...newDraft(Date.now()), ...(only ? { area: lastGroup() ?? only.code } : {}), ...(kind ? { kind, step: "topic" as const } : {}) });
    await keep();
    return d;
  });
}

let last: string | undefined;
const lastGroup = (): string | undefined => (groups().some((g) => g.code === last) ? last : undefined);

export function reopen(id: string): Promise<boolean> {
  return inTurn(async () => {
    if (draft.value?.id === id) return true;
    if (!(await free())) return false;
    const found = await whole(accountStore(), await accountStore().get("drafts", id));
    close();
    draft.value = found;
    return found !== undefined;
  });
}

/** A group to write for, of the area a note carries: an opinion's is its cluster. */
const groupOf = (code: string): string => groups().find((g) => g.code === code || above(areas.value, g.code, "cluster")?.code === code)?.code ?? code;

/** An answer to "please say more": the note opens as a draft again. */
export function beginChange(note: LocalNote): Promise<void> {
  const from = route.value;
  return inTurn(async () => {
    if (!(await free())) return;
    const earlier = await whole(accountStore(), (await accountStore().all("drafts")).find((d) => d.edits === note.id));
    if (route.value !== from) return;
    const d = (draft.value = earlier ?? draftOf(note, groupOf, Date.now()));
    await keep();
    await reload();
    if (route.value === from) go(`write/${d.id}/words`);
  });
}

/** The step where writing goes on. */
export const furthest = (d: Draft): "words" | "topic" | "kind" => (d.topic ? "words" : d.kind ? "topic" : "kind");

/** Nothing in it that anybody would miss: an empty one, or a change that changes nothing. */
export function bare(d: Draft): boolean {
  if (!d.edits) return !d.text.trim() && !d.photos.length;
  const note = notes.value.find((n) => n.id === d.edits);
  const facts = ({ id: _i, claim: _c, step: _s, at: _a, spared: _p, ...rest }: Draft): string => JSON.stringify(Object.entries(rest).sort());
  return note !== undefined && facts(d) === facts(draftOf(note, groupOf, 0));
}

/** The drafts for the list; one that the phone did not take, as it stands in memory. */
export function listed(): Draft[] {
  const open = kept.value ? undefined : draft.value;
  return [...(open ? [open] : []), ...drafts.value.filter((d) => d.id !== open?.id)].filter((d) => !bare(d));
}

/** Leaves the draft where it is; an empty one goes, unless its writer only looks up an answer. */
export const leave = (id: string): Promise<void> => inTurn(() => putAway(id)).catch((error: unknown) => console.error(error));

async function putAway(id: string): Promise<void> {
  if (draft.value?.id !== id) return; // saved or discarded already
  await cover().catch((error: unknown) => console.error(error)); // the strokes stay on disk
  await settled();
  if (!(await safe())) return; // tried again by itself
  const d = draft.value;
  if (d?.id !== id || shown(id)) return; // Forward: its writer is back
  close();
  if (bare(d) && route.value[0] !== "answer") await sweep(id);
  await accountStore().write([{ shelf: "kv", key: "open", drop: true }]);
  await reload();
}

export async function discard(d: Draft): Promise<void> {
  await inLine(async () => {
    await dropDraft(accountStore(), d);
    if (draft.value?.id === d.id) close();
  });
  await reload();
}

/** Is this draft open with nothing in it, nor on its way into it? */
export const isEmpty = (id: string): Promise<boolean> => inTurn(async () => draft.value?.id === id && bare(draft.value));

export const room = (d: Draft | undefined): boolean => (d?.photos.length ?? 0) < PHOTOS_MAX;

async function photoOf(d: Draft, bytes: ArrayBuffer): Promise<LocalPhoto> {
  return {
    id: uuid(), note: d.edits ?? d.id, claim: d.claim, sha256: await sha256hex(bytes), size: bytes.byteLength, type: "image/jpeg",
    phase: "draft", offset: 0, bytes: true, at: Date.now(),
  };
}

type Picture = Blob | ImageBitmap;

/** Shrinks and keeps a photo; its id once it is on disk, undefined where there is no draft or no room for one more. */
export function takePhoto(from: Picture | Promise<Picture>): Promise<string | undefined> {
  const taken = take(from);
  taking = Promise.allSettled([taking, taken]);
  return taken;
}

async function take(from: Picture | Promise<Picture>): Promise<string | undefined> {
  const before = draft.value;
  const picture = await from;
  if (!before) return undefined;
  const bytes = await shrink(picture);
  const photo = await photoOf(before, bytes);
  return inLine(async () => {
    const d = draft.value;
    if (d?.id !== before.id || !room(d)) return undefined;
    const next = await addPhoto(accountStore(), d, photo, bytes);
    photos.value = [...photos.value, photo];
    if (draft.value?.id === d.id) draft.value = { ...draft.value, photos: next.photos };
    return photo.id;
  });
}

export async function removePhoto(id: string): Promise<void> {
  if (draft.value?.cover?.photo === id) await without("cover");
  await inLine(async () => {
    const d = draft.value;
    if (!d) return;
    const next = await dropPhoto(accountStore(), d, id);
    photos.value = photos.value.filter((p) => p.id !== id);
    if (draft.value?.id === d.id) draft.value = { ...draft.value, photos: next.photos };
  });
}

/** Opens the brush on a photo of this draft. */
export const toCover = (photo: string): Promise<void> => edit({ cover: { photo, strokes: [] }, step: "cover" });
export const strokes = (photo: string, next: Stroke[]): Promise<void> => edit({ cover: { photo, strokes: next } });

let painting: Promise<unknown> = Promise.resolve();
/** Puts the brush down: what was painted goes into the pixels, and the picture without it is gone. */
export function cover(): Promise<void> {
  const id = draft.value?.id;
  const run = painting.then(async () => {
    let d: Draft | undefined;
    while ((d = draft.value)?.id === id && d?.cover) await paintIn(d, d.cover);
  });
  painting = run.catch(() => undefined);
  return run;
}

/** The picture is made outside the line, so that words written meanwhile are on disk at once. */
async function paintIn({ id, photos: held }: Draft, wish: NonNullable<Draft["cover"]>): Promise<void> {
  const bytes = wish.strokes.length && held.includes(wish.photo) ? await accountStore().get("bytes", wish.photo) : undefined;
  const covered = bytes && (await shrink(new Blob([bytes], { type: "image/jpeg" }), wish.strokes));
  await inLine(async () => {
    const d = draft.value;
    if (!covered || d?.id !== id || d.cover !== wish || !d.photos.includes(wish.photo)) return;
    const photo = await photoOf(d, covered);
    const next = await replacePhoto(accountStore(), d, wish.photo, photo, covered);
    photos.value = photos.value.map((p) => (p.id === wish.photo ? photo : p));
    if (draft.value?.id === id) draft.value = { ...draft.value, photos: next.photos };
  });
  if (draft.value?.id === id && draft.value.cover === wish) void without("cover"); // painted on meanwhile: once more
}

/** What was just written goes on the screen without reading everything again; the next sending reads anyway. */
function show(note: LocalNote): void {
  notes.value = [note, ...notes.value.filter((n) => n.id !== note.id)];
  photos.value = photos.value.map((p) => (p.note === note.id && p.phase === "draft" ? { ...p, phase: "waiting" } : p));
  drafts.value = drafts.value.filter((d) => d.id !== note.id && d.edits !== note.id);
}

export type SaveProblem = "empty" | "long" | "area" | "topic" | Trouble;

/** Resolves only when everything is on disk, or with the reason why not. */
export async function save(): Promise<LocalNote | SaveProblem> {
  try {
    await loadRules();
    return await inTurn(saveNow);
  } catch (error) {
    console.error(error);
    return troubleOf(error);
  }
}

async function saveNow(): Promise<LocalNote | SaveProblem> {
  await cover();
  await settled();
  const d = draft.value;
  const lane = d && laneNow(d);
  if (!d || !lane || lane === "door") return "topic";
  if (!d.text.trim() && !(lane === "place" && d.photos.length)) return "empty";
  const now = Date.now();
  const { text, size } = weigh(d.text);
  if (size > TEXT_MAX) return "long"; // the ward would refuse it
  const only = groups().length === 1 ? groups()[0]!.code : undefined; // a note begun before the areas had arrived has none yet
  const here = d.area ?? only;
  const fields = fieldsOf({ ...d, ...(here ? { area: here } : {}), text }, lane, areas.value, dayOf(now), now);
  if (!fields) return "area";
  const note = await inLine(() => saveNote(accountStore(), d, fields, lane, now));
  last = d.area;
  if (draft.value?.id === d.id) close();
  show(note);
  askFirm();
  void kickAfterSave();
  return note;
}
