/** A phone of the cast: its own database, a clock that tests move, and the ward it talks to. */
import { sha256hex } from "../core/ids";
import { addPhoto, keepDraft, newDraft, saveNote } from "../core/notes";
import { pack } from "../core/pack";
import { fetching } from "../core/pull";
import { send, type Result, type World } from "../core/sender";
import { openStore, type Store } from "../core/store";
import type { Draft, LocalNote, LocalPhoto, Session } from "../core/types";
import type { Ward } from "./server";

let count = 0;
export const NOON = Date.parse("2026-11-22T05:00:00Z");

export interface Lan { store: Store; world: World; at: { now: number }; ward: Ward; send(force?: boolean): Promise<Result> }

export async function lan(ward: Ward, name = `lan-${++count}`): Promise<Lan> {
  const store = await openStore(name);
  const at = { now: NOON };
  const session: Session = { account: name, device: "d1", token: "t", role: "reporter", areas: ["11455-T07"], epoch: "e1", enrolled_at: NOON };
  const world: World = {
    phone: store, store, session, fetch: ward.fetch, sleep: async (ms) => void (at.now += ms), now: () => at.now, random: () => 0.5,
    mayUpload: async () => true, changed: () => undefined, pack, fetching,
  };
  return { store, world, at, ward, send: (force = false) => send(world, force) };
}

export async function write(phone: Lan, text = "Ngập ở đầu ngõ", photo?: Uint8Array): Promise<LocalNote> {
  let draft: Draft = { ...newDraft(phone.at.now), kind: "observation", topic: "10.1", area: "11455-T07", text };
  await keepDraft(phone.store, draft);
  if (photo) draft = await take(phone, draft, photo);
  const fields = { kind: "observation", topic: "10.1", area: "11455-T07", text, day: "2026-11-22", ...(draft.photos.length ? { photos: draft.photos } : {}) } as const;
  return saveNote(phone.store, draft, fields, "place", phone.at.now);
}

export async function take(phone: Lan, draft: Draft, data: Uint8Array): Promise<Draft> {
  const bytes = data.slice().buffer;
  const photo: LocalPhoto = {
    id: crypto.randomUUID(), note: draft.id, claim: draft.claim, sha256: await sha256hex(bytes), size: data.length, type: "image/jpeg",
    phase: "draft", offset: 0, bytes: true, at: phone.at.now,
  };
  return addPhoto(phone.store, draft, photo, bytes);
}
