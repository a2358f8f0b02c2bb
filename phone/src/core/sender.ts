/** The sender: the only place that talks to the server about the queue. One at a time over all tabs and the worker. */

import { plan, ROWS, type Pulled, type Snapshot } from "./batch";
import { backoff, judge, LONGEST_HOLD, request, type Heard } from "./http";
import type { Packed } from "./pack";
import { ifFree, isFull, type Change, type Store } from "./store";
import { digest, isBatchAnswer, leaving, setAside, type BatchAnswer, type News } from "./sync";
import { upload, type Line } from "./tus";
import type { Hold, HoldReason, LocalPhoto, OutRow, Session } from "./types";

export interface World extends Line {
  phone: Store; store: Store; session: Session;
  /** Photos may go now (the writer may have asked for Wi-Fi only). */
  mayUpload(): Promise<boolean>;
  /** Something on disk changed: screens read again. */
  changed(): void;
  /** How words are packed. The worker sends them as they are: it wakes seldom, and every byte of it is loaded first. */
  pack?(text: string): Promise<Packed>;
  /** How to fetch what is new. Without it (in the worker) the sender only sends. */
  fetching?: { names: readonly Pulled[]; news: News; afresh(gen: number): Change[]; stale(store: Store, gen: number): Promise<string[]>; replays(snap: Snapshot, now: number): OutRow[] };
}
export type Result = "done" | "busy" | "held";

const ROUNDS = 30;

/** `force`: the writer asked; an earlier hold does not count. */
export async function send(world: World, force = false): Promise<Result> {
  const run = await ifFree(`send-${world.store.name}`, () => attempt(world, force));
  return run ?? "busy";
}

async function attempt(world: World, force: boolean): Promise<Result> {
  const hold = (await world.store.get("kv", "hold")) as Hold | undefined;
  if (!force && hold && hold.until > world.now() && hold.until <= world.now() + LONGEST_HOLD) return "held";
  const tries = hold?.tries ?? 0;
  let rows = ROWS;
  let skew: number | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const snap = await snapshot(world);
    const { body, sent, left } = plan(snap, world.now(), rows, world.fetching?.names, world.fetching?.replays(snap, world.now()));
    await world.store.edit(async () => ({ changes: leaving(await snapshot(world), sent, world.now()), result: undefined })).catch((error: unknown) => {
      // on a full phone what was marked at its first leaving may leave again: only the ward's receipts make room
      if (!isFull(error) || sent.some((row) => row.collection === "notes" && snap.notes.get(row.id)?.sent === undefined)) throw error;
    });
    const heard = await post(world, body);
    const verdict = judge(heard, isBatchAnswer, world.now());
    if (verdict.do === "hold") return hang(world, verdict.reason, verdict.code, tries, verdict.after);
    if (verdict.do === "halve") {
      if (sent.length > 1) rows = Math.max(1, sent.length >> 1);
      else if (sent[0]) await putAside(world, sent[0], verdict.code);
      else return hang(world, "trouble", verdict.code, tries + 6);
      continue;
    }
    if (verdict.do === "resync") {
      if (!world.fetching || !Object.keys(snap.cps).length) return hang(world, "trouble", "resync-required", tries + 6);
      await world.store.write(world.fetching.afresh(snap.gen));
      continue;
    }
    const end = await take(world, sent, heard!.body as BatchAnswer);
    skew = (heard!.body as BatchAnswer).clock_skew_ms;
    world.changed();
    if (end.expired) return hang(world, "enrol", "token_expired", 4);
    if (!end.more && !(left && end.taken)) break;
  }
  await world.store.write([{ shelf: "kv", key: "hold", drop: true }, { shelf: "kv", key: "last", value: { at: world.now(), ok: true, skew } }]);
  world.changed();
  return photos(world, tries, skew);
}

async function take(world: World, sent: OutRow[], answer: BatchAnswer): Promise<{ more: boolean; taken: number; expired: boolean }> {
  const read = (only: (change: Change) => boolean = () => true) =>
    world.store.edit(async () => {
      const found = digest(await snapshot(world), sent, answer, world.now(), world.fetching?.news);
      return { changes: found.changes.filter(only), result: found };
    });
  return read().catch(async (error: unknown) => {
    if (!isFull(error)) throw error;
    await read((change) => change.shelf === "bytes" && "drop" in change); // pictures the ward keeps make room for the rest
    return read();
  });
}

async function putAside(world: World, row: OutRow, code: string): Promise<void> {
  await world.store.edit(async () => ({ changes: setAside(await snapshot(world), row, code, world.now()), result: undefined }));
  world.changed();
}

async function hang(world: World, reason: HoldReason, code: string, tries: number, after?: number): Promise<Result> {
  // never before the moment we were told, and then spread: all phones of a ward were told the same
  const until = world.now() + (after ?? 1_000) + backoff(tries, world.random());
  const last = { at: world.now(), ok: false, code };
  await world.store.write([{ shelf: "kv", key: "hold", value: { until, tries: tries + 1, reason } }, { shelf: "kv", key: "lastTry", value: last }]);
  world.changed();
  return "held";
}

export async function snapshot(world: Pick<World, "store" | "session" | "fetching">): Promise<Snapshot> {
  const { store, session } = world;
  const [outbox, notes, photos, seq, gen, cps, cold, epoch, areas] = await Promise.all([
    store.all("outbox"), store.all("notes"), store.all("photos"),
    store.get("kv", "seq"), store.get("kv", "gen"), store.get("kv", "cps"), store.get("kv", "cold"), store.get("kv", "epoch"), store.get("kv", "areas"),
  ]);
  const running = (gen as number | undefined) ?? 0;
  const left = (cold as string[] | undefined) ?? [];
  return {
    device: session.device, areas: (areas as string[] | undefined) ?? session.areas, epoch: (epoch as string | undefined) ?? session.epoch, seqMax: (seq as number | undefined) ?? 0, gen: running,
    outbox, notes: new Map(notes.map((n) => [n.id, n])), photos: new Map(photos.map((p) => [p.id, p])),
    cps: (cps as Record<string, unknown> | undefined) ?? {}, cold: left,
    stale: left.length ? ((await world.fetching?.stale(store, running)) ?? []) : [],
  };
}

async function post(world: World, body: unknown): Promise<Heard | undefined> {
  const text = JSON.stringify(body);
  const packed = await world.pack?.(text);
  const headers = { "Content-Type": "application/json", ...packed?.headers, Authorization: `Bearer ${world.session.token}` };
  // a body cut short must count as no answer
  return request(world, "/v1/sync", { method: "POST", headers, body: packed?.body ?? text }, async (answer) => ({
    status: answer.status, type: answer.headers.get("Content-Type") ?? "", retryAfter: answer.headers.get("Retry-After"), body: parse(await answer.text()),
  }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Bytes after words: every photo whose row is taken, the oldest first. */
async function photos(world: World, tries: number, skew = 0): Promise<Result> {
  const waiting = (await world.store.all("photos")).filter((p) => p.phase === "sending" && p.bytes).sort((a, b) => a.at - b.at);
  if (!waiting.length || !(await world.mayUpload())) return "done";
  for (const photo of waiting) {
    const bytes = await world.store.get("bytes", photo.id);
    if (!bytes) {
      await amend(world, photo.id, { bytes: false, phase: "done" });
      continue;
    }
    const end = await upload(
      {
        url: `/v1/uploads/${photo.id}`, size: photo.size,
        headers: { Authorization: `Bearer ${world.session.token}`, "Sotay-Claim": photo.claim },
        part: async (from, to) => bytes.slice(from, to),
        progress: (offset) => amend(world, photo.id, { offset }),
      },
      world,
    );
    if (end.end === "sent") await amend(world, photo.id, { phase: "done", state: "received", offset: photo.size, received: world.now() - skew });
    else if (end.end === "unknown") await amend(world, photo.id, { phase: "waiting", offset: 0 }, true);
    else return hang(world, end.end === "later" ? "busy" : end.status === 401 ? "enrol" : "revoked", `upload_${end.end}`, tries, end.end === "later" ? end.after : undefined);
  }
  return "done";
}

async function amend(world: World, id: string, fields: Partial<LocalPhoto>, announce = false): Promise<void> {
  await world.store.edit(async () => {
    const photo = await world.store.get("photos", id);
    const changes: Change[] = photo ? [{ shelf: "photos", key: id, value: { ...photo, ...fields } }] : [];
    if (photo && announce) changes.push({ shelf: "outbox", key: `photos/${id}`, value: { collection: "photos", id, stamp: `${world.now()}`, at: world.now() + 60_000 } });
    return { changes, result: undefined };
  });
  world.changed();
}
