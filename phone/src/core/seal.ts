/**
 * Copies of unsent work that only the server can open (`docs/wire.md` §10): one item for each row that waits, one for each
 * part of a photo. Made while the notebook is open, they lie outside its lock, so that a locked phone can still deliver.
 */

import { pushRow } from "./batch";
import { atWard } from "./custody";
import { seal } from "./hpke";
import { base64 } from "./ids";
import { sealedOf, type Change, type Store } from "./store";
import type { LocalPhoto, OutRow, SealedItem, Session } from "./types";

export const FORMAT = "sotay-sealed-1";
/** Bytes of a photo in one item; sealed and in base64 it stays below what one request may hold. */
export const PART = 128 * 1024;
const utf8 = new TextEncoder();

export const infoOf = (device: string, number: number): Uint8Array => utf8.encode(`${FORMAT}\n${device}\n${number}`);

export const base64url = (data: Uint8Array): string => {
  let text = "";
  for (let at = 0; at < data.length; at += 24_576) text += base64(data.subarray(at, at + 24_576)); // a multiple of 3
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const raw = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

/** One line that says what it is and proves whose it is, then the bytes of a part. */
export async function sealItem(session: Session, number: number, what: Record<string, unknown>, data?: ArrayBuffer): Promise<SealedItem> {
  const line = utf8.encode(`${JSON.stringify({ ...what, push_token: session.push_token })}\n`);
  const plain = new Uint8Array(line.length + (data?.byteLength ?? 0));
  plain.set(line);
  if (data) plain.set(new Uint8Array(data), line.length);
  const { enc, ct } = await seal(raw(session.seal_key ?? ""), infoOf(session.device, number), plain);
  return { device: session.device, number, enc: base64url(enc), ct: base64url(ct) };
}

const keyOf = (row: OutRow): string => `${row.collection}/${row.id}`;
export const rowItem = (row: OutRow): string => `${sealedOf("outbox", keyOf(row))}row`;
export const partItem = (photo: LocalPhoto, offset: number): string => `${sealedOf("bytes", photo.id)}${String(offset).padStart(9, "0")}`;

/**
 * Seals what waits and has no copy yet, words before photos, and drops copies made under an earlier enrolment. Each row and
 * each photo is one edit, in which what it is made of is read again: a copy never outlives a change, and where one part of a
 * photo lies all of them do. How many were made.
 */
export async function sealQueue(store: Store, session: Session, now: number): Promise<number> {
  if (!session.seal_key || !session.push_token) return 0;
  if ((await store.get("kv", "sealedBy")) !== session.device) {
    const old = await store.keys("sealed");
    await store.write([...old.map((key) => ({ shelf: "sealed" as const, key, drop: true as const })), { shelf: "kv", key: "sealedBy", value: session.device }]);
  }
  const held = new Set(await store.keys("sealed"));
  let made = 0;
  const once = async (keys: readonly string[], read: (first: number) => Promise<{ items: SealedItem[]; beside?: Change[] } | undefined>): Promise<void> => {
    if (!keys.length) return;
    await store.edit(async () => {
      const last = ((await store.get("kv", "sealed")) as number | undefined) ?? 0;
      const found = await read(last + 1);
      if (!found) return { changes: [], result: undefined };
      made += keys.length;
      const items = found.items.map((value, i): Change => ({ shelf: "sealed", key: keys[i]!, value }));
      return { changes: [...items, { shelf: "kv", key: "sealed", value: last + keys.length }, ...(found.beside ?? [])], result: undefined };
    });
  };
  for (const row of await store.all("outbox")) await once([rowItem(row)].filter((key) => !held.has(key)), (number) => rowNow(store, session, row, number, now));
  for (const photo of await store.all("photos")) {
    if (!photo.bytes || photo.phase === "draft" || atWard(photo)) continue;
    const parts: number[] = [];
    for (let at = 0; at < photo.size; at += PART) if (!held.has(partItem(photo, at))) parts.push(at);
    await once(parts.map((at) => partItem(photo, at)), (number) => partsNow(store, session, photo, parts, number));
  }
  return made;
}

async function rowNow(store: Store, session: Session, seen: OutRow, number: number, now: number): Promise<{ items: SealedItem[]; beside: Change[] } | undefined> {
  const row = await store.get("outbox", keyOf(seen));
  if (row?.stamp !== seen.stamp) return undefined;
  const [note, photo] = await Promise.all([store.get("notes", row.id), store.get("photos", row.id)]);
  const push = pushRow(row, { notes: new Map(note ? [[note.id, note]] : []), photos: new Map(photo ? [[photo.id, photo]] : []) });
  if (!push) return undefined;
  // it may leave this phone without our knowing: from now on, taking it back must be told
  const beside: Change[] = note && row.collection === "notes" && note.sent === undefined ? [{ shelf: "notes", key: note.id, value: { ...note, sent: now } }] : [];
  return { items: [await sealItem(session, number, { is: "row", collection: row.collection, row: push })], beside };
}

async function partsNow(store: Store, session: Session, seen: LocalPhoto, parts: readonly number[], first: number): Promise<{ items: SealedItem[] } | undefined> {
  const photo = await store.get("photos", seen.id);
  const bytes = photo?.bytes ? await store.get("bytes", seen.id) : undefined;
  if (!photo || !bytes) return undefined;
  const one = (offset: number, i: number): Promise<SealedItem> => sealItem(session, first + i, { is: "part", photo: photo.id, claim: photo.claim, offset }, bytes.slice(offset, offset + PART));
  return { items: await Promise.all(parts.map(one)) };
}
