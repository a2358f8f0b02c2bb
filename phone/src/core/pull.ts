/** What an answer brings besides receipts: documents, cursors, a restore, lost streams, numbers the server never saw. Pure. */

import { PULLED, type Snapshot } from "./batch";
import { FINAL, READ } from "./custody";
import type { Change, Store } from "./store";
import type { BatchAnswer, News, Work } from "./sync";
import type { LocalNote, NoteMaster, OutRow, PhotoMaster } from "./types";

const DOCS = new Set<string>(PULLED.filter((name) => name !== "notes" && name !== "photos"));

export const news: News = (work, answer) => {
  for (const doc of answer.pull?.["notes"]?.documents ?? []) noteCame(work, doc as NoteMaster);
  for (const doc of answer.pull?.["photos"]?.documents ?? []) work.photoSeen(doc as PhotoMaster);
  const epochs = Object.values(answer.pull ?? {}).map((part) => epochOf(part?.checkpoint));
  const restored = epochs.find((epoch) => epoch && epoch !== work.snap.epoch);
  if (restored) unsend(work, () => true, restored);
  const missing = answer.missing ?? [];
  if (missing.length) unsend(work, (n) => n.seq > 0 && missing.some(([a, b]) => a <= n.seq && n.seq <= b));
  if (answer.areas) work.out.push({ shelf: "kv", key: "areas", value: answer.areas });
  return documents(work, answer);
};

function epochOf(checkpoint: unknown): string | undefined {
  const e = (checkpoint as { c?: { e?: unknown } } | undefined)?.c?.e;
  return typeof e === "string" && e ? e : undefined;
}

/** Also notes written on another phone of the account: shown, never sent from here. */
function noteCame(work: Work, doc: NoteMaster): void {
  if (!doc._deleted && !work.notes.has(doc.id) && doc.kind && doc.topic && doc.area) work.notes.set(doc.id, foreign(doc, work.ward));
  else work.noteSeen(doc);
}

function foreign(doc: NoteMaster, now: number): LocalNote {
  const { id: _i, _deleted, status: _s, issue: _n, received_at: _ra, rev: _r, amendments: _am, ask: _as, reject: _rj, ...fields } = doc;
  const at = doc.received_at ? Date.parse(doc.received_at) || now : now;
  const read = doc.status && READ.has(doc.status) ? { read: now } : {};
  return {
    id: doc.id, fields: fields as LocalNote["fields"], lane: doc.week ? "opinion" : "place", seq: 0, phase: "taken", master: doc,
    receipts: { taken: at, ...read, ...(doc.issue === undefined ? {} : { in_issue: now }) },
  };
}

/** Treats what this phone still holds as unsent: all of it after a restore, or the numbers the server never saw. */
function unsend(work: Work, which: (note: LocalNote) => boolean, epoch?: string): void {
  const stamp = `again-${work.now}`;
  if (epoch) work.out.push({ shelf: "kv", key: "epoch", value: epoch });
  for (const note of [...work.notes.values()]) {
    if (note.phase !== "taken" || !note.claim || note.cleared || !which(note)) continue;
    work.requeue({ collection: "notes", id: note.id, stamp, at: 0, ...(note.seq ? { seq: note.seq } : {}) }, 0);
    if (!epoch) continue;
    work.notes.set(note.id, { ...note, phase: "waiting" });
    for (const p of work.photos.values()) if (p.note === note.id && p.bytes) work.requeue({ collection: "photos", id: p.id, stamp, at: 0 }, 0);
  }
}

/** Stores pulled documents and cursors; true when another round is needed. */
function documents(work: Work, answer: BatchAnswer): boolean {
  const { snap, out } = work;
  // a stream lost or begun anew: everything is pulled afresh, what does not come again is dropped at the end
  if ([...(answer.drop ?? []), ...(answer.reset ?? [])].length && Object.keys(snap.cps).length) {
    out.push(...afresh(snap.gen));
    return true;
  }
  if (answer.auth === "expired" || !answer.pull) return false;
  const cps = { ...snap.cps };
  let more = false;
  for (const [name, part] of Object.entries(answer.pull)) {
    if (!part) continue;
    cps[name] = part.checkpoint;
    more ||= part.more;
    if (!DOCS.has(name)) continue;
    for (const doc of part.documents) {
      const key = `${name}/${doc.id}`;
      out.push(doc._deleted ? { shelf: "docs", key, drop: true } : { shelf: "docs", key, value: { doc, gen: snap.gen } });
    }
  }
  // one answer is read at one moment: where one collection stands at its end, those it left out stand too
  const end = Object.values(answer.pull).find((part) => part && !part.more)?.checkpoint;
  if (end !== undefined) for (const name of PULLED) if (!answer.pull[name]) cps[name] = end;
  out.push({ shelf: "kv", key: "cps", value: cps });
  if (snap.cold.length) {
    const cold = snap.cold.filter((name) => answer.pull?.[name]?.more === true);
    out.push({ shelf: "kv", key: "cold", value: cold });
    const came = new Set(out.map((change) => change.key));
    if (!cold.length) for (const key of snap.stale) if (!came.has(key)) out.push({ shelf: "docs", key, drop: true });
  }
  return more;
}

const DAY = 86_400_000;
const REPLAYS = 20;

/** What is not final goes out again once a day: after a restore, or once the author is erased, nothing else tells us its end. */
function replays(snap: Snapshot, now: number): OutRow[] {
  const queued = new Set(snap.outbox.map((row) => row.id));
  return [...snap.notes.values()]
    .filter((n) => n.phase === "taken" && n.claim && !n.cleared && !queued.has(n.id) && Math.abs(now - (n.sent ?? 0)) > DAY)
    .filter((n) => !n.master?.status || !FINAL.has(n.master.status))
    .slice(0, REPLAYS)
    .map((n) => ({ collection: "notes", id: n.id, stamp: "", at: 0, ...(n.seq ? { seq: n.seq } : {}) }));
}

/** Documents from before the last cold start. */
async function stale(store: Store, gen: number): Promise<string[]> {
  const [keys, rows] = await Promise.all([store.keys("docs"), store.all("docs")]);
  return keys.filter((_, i) => rows[i]!.gen < gen);
}

/** Everything from the start: the server no longer knows our cursors. */
function afresh(gen: number): Change[] {
  return [{ shelf: "kv", key: "cps", value: {} }, { shelf: "kv", key: "gen", value: gen + 1 }, { shelf: "kv", key: "cold", value: [...PULLED] }];
}

/** For the sender in a page: fetch all, and this is how. */
export const fetching = { names: PULLED, news, afresh, stale, replays };
