/** What a writer does with a note: keep a draft, save, change, take back. Each is one strict transaction. */

import { newClaim, uuid } from "./ids";
import { isFull, type Change, type Store } from "./store";
import type { Draft, Lane, LocalNote, LocalPhoto, Mark, MarkKind, NoteFields, OutRow } from "./types";

/** No cold start of the pull takes what was written here and has not come back from the ward. */
const OURS = 1e9;

export function newDraft(now: number): Draft {
  return { id: uuid(), claim: newClaim(), step: "kind", at: now, text: "", photos: [] };
}

export async function keepDraft(store: Store, draft: Draft): Promise<void> {
  await store.write([{ shelf: "drafts", key: draft.id, value: draft }]);
}

/** A photo is on disk from the moment it is taken, with the draft that names it. */
export async function addPhoto(store: Store, draft: Draft, photo: LocalPhoto, bytes: ArrayBuffer): Promise<Draft> {
  const next = { ...draft, photos: [...draft.photos, photo.id] };
  await store.write([
    { shelf: "photos", key: photo.id, value: photo }, { shelf: "bytes", key: photo.id, value: bytes },
    { shelf: "drafts", key: draft.id, value: next },
  ]);
  return next;
}

export async function dropPhoto(store: Store, draft: Draft, id: string): Promise<Draft> {
  const next = { ...draft, photos: draft.photos.filter((p) => p !== id) };
  const put: Change = { shelf: "drafts", key: draft.id, value: next };
  await store.write([put, ...forgotten(id)]).catch(async (error: unknown) => {
    if (!isFull(error)) throw error;
    await store.write(forgotten(id)); // letting go is what makes room
    await store.write([put]).catch(() => undefined); // else the photo is only named there: see `whole`
  });
  return next;
}

/** The covered picture takes the place of the one that showed too much: one transaction, nothing of the old one stays. */
export async function replacePhoto(store: Store, draft: Draft, old: string, photo: LocalPhoto, bytes: ArrayBuffer): Promise<Draft> {
  const { cover: _painted, ...rest } = draft;
  const next = { ...rest, photos: draft.photos.map((p) => (p === old ? photo.id : p)) };
  await store.write([
    { shelf: "photos", key: photo.id, value: photo }, { shelf: "bytes", key: photo.id, value: bytes },
    { shelf: "drafts", key: draft.id, value: next }, ...forgotten(old),
  ]);
  return next;
}

/** The draft without photos that are gone: let go when the phone was too full to write so. */
export async function whole(store: Store, draft: Draft | undefined): Promise<Draft | undefined> {
  const held = draft?.photos.length ? new Set(await store.keys("photos")) : undefined;
  return draft && held ? { ...draft, photos: draft.photos.filter((id) => held.has(id)) } : draft;
}

export async function dropDraft(store: Store, draft: Draft): Promise<void> {
  const photos = await store.all("photos");
  const mine = photos.filter((p) => p.phase === "draft" && p.note === (draft.edits ?? draft.id));
  await store.write([{ shelf: "drafts", key: draft.id, drop: true }, ...mine.flatMap((p) => forgotten(p.id))]);
}

const forgotten = (id: string): Change[] => [
  { shelf: "photos", key: id, drop: true }, { shelf: "bytes", key: id, drop: true },
];

/** Due at once (`at: 0`), also when the clock, wrong just now, is put right later. */
const out = (row: Omit<OutRow, "stamp" | "at">): Change => ({
  shelf: "outbox", key: `${row.collection}/${row.id}`, value: { ...row, at: 0, stamp: uuid() },
});

/** Save: note, photos, running number and queue in one transaction. The running number never goes back. */
export async function saveNote(store: Store, draft: Draft, fields: NoteFields, lane: Lane, now: number): Promise<LocalNote> {
  return store.edit(async () => {
    const [held, before, photos] = await Promise.all([draft.edits ? store.get("notes", draft.edits) : undefined, store.get("kv", "seq"), store.all("photos")]);
    const last = (before as number | undefined) ?? 0;
    const seq = held?.seq || last + 1;
    const note: LocalNote = held
      ? changed(held, fields, lane)
      : { id: draft.id, claim: draft.claim, fields, lane, seq, phase: "waiting", receipts: { saved: now } };
    const named = new Set(fields.photos ?? []);
    const mine = photos.filter((p) => p.phase === "draft" && p.note === note.id);
    const changes: Change[] = [
      { shelf: "notes", key: note.id, value: { ...note, seq } },
      { shelf: "kv", key: "seq", value: Math.max(last, seq) },
      { shelf: "drafts", key: draft.id, drop: true }, { shelf: "kv", key: "open", drop: true },
      out({ collection: "notes", id: note.id, seq }),
      ...mine.flatMap((p): Change[] =>
        named.has(p.id)
          ? [{ shelf: "photos", key: p.id, value: { ...p, phase: "waiting" } }, out({ collection: "photos", id: p.id })]
          : forgotten(p.id),
      ),
    ];
    return { changes, result: { ...note, seq } };
  });
}

function changed(held: LocalNote, fields: NoteFields, lane: Lane): LocalNote {
  const { reject: _r, assumed, ...rest } = held;
  const base = assumed ?? (held.receipts.taken ? { ...held.fields, ...held.master, id: held.id } : undefined);
  return { ...rest, fields, lane, phase: "waiting", ...(base ? { assumed: base } : {}) };
}

/** Opens a note for change: the words come back, the id stays. */
export function draftOf(note: LocalNote, groupOf: (area: string) => string, now: number): Draft {
  const { photos = [], text = "", area, captured_at: _c, ...rest } = note.fields;
  return { ...rest, id: uuid(), claim: note.claim ?? "", edits: note.id, step: "words", at: now, text, area: groupOf(area), photos };
}

/** Takes a note back. One that never left this phone goes without a trace but its running number. */
export async function withdraw(store: Store, id: string): Promise<void> {
  await store.edit(async () => {
    const note = await store.get("notes", id);
    if (!note) return { changes: [], result: undefined };
    const photos = (await store.all("photos")).filter((p) => p.note === id);
    if (note.sent !== undefined && (note.phase !== "refused" || note.receipts.taken !== undefined)) {
      const seq = note.seq ? { seq: note.seq } : {};
      return {
        changes: [{ shelf: "notes", key: id, value: { ...note, withdrawn: true, phase: "waiting" } }, out({ collection: "notes", id, ...seq })],
        result: undefined,
      };
    }
    const changes: Change[] = [
      { shelf: "notes", key: id, drop: true }, { shelf: "outbox", key: `notes/${id}`, drop: true },
      ...photos.flatMap((p): Change[] => [...forgotten(p.id), { shelf: "outbox", key: `photos/${p.id}`, drop: true }]),
    ];
    if (note.sent === undefined) changes.push(mark({ mark: "void" }, note.seq));
    return { changes, result: undefined };
  });
}

/** Sends a refused row once more as it is (the reason said: later). */
export async function again(store: Store, id: string): Promise<void> {
  await store.edit(async () => {
    const note = await store.get("notes", id);
    if (!note) return { changes: [], result: undefined };
    const { reject: _r, ...rest } = note;
    const seq = note.seq ? { seq: note.seq } : {};
    return { changes: [{ shelf: "notes", key: id, value: { ...rest, phase: "waiting" } }, out({ collection: "notes", id, ...seq })], result: undefined };
  });
}

function mark(fields: Omit<Mark, "id">, seq?: number): Change {
  const id = uuid();
  return out({ collection: "marks", id, doc: { id, ...fields }, ...(seq ? { seq } : {}) });
}

/** One mark; `on` remembers on this phone that it was made (answer id), so that it is made once. */
export async function addMark(store: Store, fields: Omit<Mark, "id">, now: number, on?: string): Promise<void> {
  await store.edit(async () => {
    const marked = ((await store.get("kv", "marked")) as Record<string, Partial<Record<MarkKind, number>>> | undefined) ?? {};
    if (on && marked[on]?.[fields.mark]) return { changes: [], result: undefined };
    const changes = [mark(fields)];
    if (on) changes.push({ shelf: "kv", key: "marked", value: { ...marked, [on]: { ...marked[on], [fields.mark]: now } } });
    return { changes, result: undefined };
  });
}

/** A reply to the office about one note. It stands among the messages at once, and waits in the queue like a note. */
export async function reply(store: Store, note: LocalNote, text: string, day: string): Promise<void> {
  const id = uuid();
  const message = { id, note: note.id, text };
  await store.edit(async () => {
    const held = await store.get("notes", note.id);
    const ask = held?.master?.ask;
    return {
      changes: [
        ...(held && ask !== undefined ? [{ shelf: "notes", key: note.id, value: { ...held, replied: ask } } as Change] : []),
        { shelf: "docs", key: `messages/${id}`, value: { doc: { ...message, at: day }, gen: OURS } },
        out({ collection: "messages", id, doc: { ...message, claim: note.claim ?? "" } }),
      ],
      result: undefined,
    };
  });
}

/** A message that the ward did not take, seen and given up. */
export async function dropReply(store: Store, id: string): Promise<void> {
  await store.write([{ shelf: "docs", key: `messages/${id}`, drop: true }, { shelf: "outbox", key: `messages/${id}`, drop: true }]);
}

/** A photo whose bytes are no longer on this phone, or that the ward refused: the writer lets it go. */
export async function letGo(store: Store, photo: LocalPhoto): Promise<void> {
  await store.write([...forgotten(photo.id), { shelf: "outbox", key: `photos/${photo.id}`, drop: true }]);
}
