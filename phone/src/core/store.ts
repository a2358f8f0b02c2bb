/**
 * Everything this phone remembers goes through here. One database per account (`sotay-vault-<id>`, its key in `vault.ts`),
 * one for the phone itself (`sotay-phone`: nothing of substance). Each row is `{k, p}`: a clear key – random ids and names
 * of collections, never words – and a payload that passes the codec: sealed before a transaction opens, opened after it.
 *
 * IndexedDB is spoken to directly: the worker carries this file too, and a wrapper was a quarter of its weight.
 */

import { atWard } from "./custody";
import type { Draft, LocalNote, LocalPhoto, OutRow, SealedItem } from "./types";

/** Bytes are ArrayBuffers: a Blob in IndexedDB aborts the transaction on WebKit. */
export interface Shelves {
  notes: LocalNote; photos: LocalPhoto; bytes: ArrayBuffer; docs: { doc: { id: string }; gen: number };
  outbox: OutRow; drafts: Draft; kv: unknown;
  /** Copies of unsent work that only the server can open; not under the account's key, so that a locked phone can send them. */
  sealed: SealedItem;
}
export type Shelf = keyof Shelves;
const SHELVES: Shelf[] = ["notes", "photos", "bytes", "docs", "outbox", "drafts", "kv", "sealed"];

export type Change = { [S in Shelf]: { shelf: S; key: string; value: Shelves[S] } | { shelf: S; key: string; drop: true } }[Shelf];

export interface Codec {
  seal(shelf: Shelf, key: string, value: unknown): Promise<unknown>;
  open(shelf: Shelf, key: string, payload: unknown): Promise<unknown>;
}
/** For the phone's own database, and for whoever only touches what is sealed already. */
export const plain: Codec = { seal: async (_s, _k, value) => value, open: async (_s, _k, payload) => payload };

interface Row { k: string; p: unknown }

export interface Store {
  readonly name: string;
  get<S extends Shelf>(shelf: S, key: string): Promise<Shelves[S] | undefined>;
  /** All values of a shelf whose key begins with `prefix`. */
  all<S extends Shelf>(shelf: S, prefix?: string): Promise<Shelves[S][]>;
  keys(shelf: Shelf): Promise<string[]>;
  /** One strict transaction: resolves only once everything is on disk, rejects with nothing written. */
  write(changes: readonly Change[]): Promise<void>;
  /** Read, decide, write, alone: no other tab or worker writes in between. */
  edit<T>(decide: () => Promise<{ changes: readonly Change[]; result: T }>): Promise<T>;
  close(): void;
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error);
  });

/** Sealed copies of one row or photo begin so; whatever changes that row drops them in the same transaction. */
export const sealedOf = (shelf: Shelf, key: string): string => `${shelf}/${key}/`;
const below = (prefix: string): IDBKeyRange => IDBKeyRange.bound(prefix, prefix + "\uffff");
/** The copies a change makes stale: of what it changes, and a photo's parts once the ward has them all. */
const stale = (c: Change): string | undefined =>
  c.shelf === "outbox" || c.shelf === "bytes" ? sealedOf(c.shelf, c.key) : c.shelf === "photos" && "value" in c && atWard(c.value) ? sealedOf("bytes", c.key) : undefined;

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const shelf of SHELVES) request.result.createObjectStore(shelf, { keyPath: "k" });
  };
  return answer(request);
}

/** The connection is gone, not the data. */
const lost = (error: unknown): boolean => ["InvalidStateError", "UnknownError", "AbortError"].includes((error as Error | null)?.name ?? "");

/** The phone takes nothing more; what only drops rows still goes through. */
export const isFull = (error: unknown): boolean => (error as Error | null)?.name === "QuotaExceededError";

export const storeName = (vault = ""): string => (vault ? `sotay-vault-${vault}` : "sotay-phone");

/** The database of a vault under its codec (`codec.ts`), or the phone's own. */
export async function openStore(vault = "", codec: Codec = plain): Promise<Store> {
  const name = storeName(vault);
  const lens = (shelf: Shelf): Codec => (shelf === "sealed" ? plain : codec);
  let ended = false;
  const connect = async (): Promise<IDBDatabase> => {
    const made = await open(name);
    made.onversionchange = () => { // a newer version of the app waits for us, or the database is being erased: never opened again
      ended = true;
      made.close();
    };
    return made;
  };
  let db = await connect();
  /** Browsers close a database by themselves: on waking up, under pressure. Nothing was written then, so once more. */
  const steady = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (ended || !lost(error)) throw error;
      db = await connect();
      return work();
    }
  };
  const read = <T>(shelf: Shelf, ask: (shelf: IDBObjectStore) => IDBRequest): Promise<T> =>
    steady(() => answer(ask(db.transaction(shelf).objectStore(shelf)) as IDBRequest<T>));

  const write = async (changes: readonly Change[]): Promise<void> => {
    if (!changes.length) return;
    const sealed = await Promise.all(
      changes.map(async (c) => ("drop" in c ? undefined : { k: c.key, p: await lens(c.shelf).seal(c.shelf, c.key, c.value) })),
    );
    await steady(() => commit(changes, sealed));
  };

  const commit = async (changes: readonly Change[], sealed: readonly (Row | undefined)[]): Promise<void> => {
    const shelves = new Set<Shelf>(changes.map((c) => c.shelf));
    if (changes.some(stale)) shelves.add("sealed");
    const tx = db.transaction([...shelves], "readwrite", { durability: "strict" });
    const done = new Promise<void>((good, bad) => {
      tx.oncomplete = () => good();
      tx.onabort = () => bad(tx.error ?? new DOMException("not written", "AbortError"));
    });
    try {
      changes.forEach((c, i) => {
        const shelf = tx.objectStore(c.shelf);
        const copies = stale(c);
        if (copies) tx.objectStore("sealed").delete(below(copies));
        if (sealed[i]) shelf.put(sealed[i]);
        else shelf.delete(c.key);
      });
    } catch (error) {
      done.catch(() => undefined);
      tx.abort(); // what was put before would be committed without the rest
      throw error;
    }
    await done;
  };

  return {
    name,
    async get<S extends Shelf>(shelf: S, key: string) {
      const row = await read<Row | undefined>(shelf, (s) => s.get(key));
      return row && ((await lens(shelf).open(shelf, key, row.p)) as Shelves[S]);
    },
    async all<S extends Shelf>(shelf: S, prefix = "") {
      const rows = await read<Row[]>(shelf, (s) => s.getAll(prefix ? below(prefix) : undefined));
      return Promise.all(rows.map((row) => lens(shelf).open(shelf, row.k, row.p) as Promise<Shelves[S]>));
    },
    keys: (shelf) => read<string[]>(shelf, (s) => s.getAllKeys()),
    write,
    edit: (decide) =>
      exclusive(`edit-${name}`, async () => {
        const { changes, result } = await decide();
        await write(changes);
        return result;
      }),
    close: () => {
      ended = true;
      db.close();
    },
  };
}

/** Erases one vault's database from this phone, unsent work included: ask first. */
export async function eraseStore(vault: string): Promise<void> {
  await answer(indexedDB.deleteDatabase(storeName(vault)));
}

const chains = new Map<string, Promise<unknown>>();

/** Runs alone among all tabs and workers (Web Locks), or at least alone in this one where there are none. */
export async function exclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (locks) return (await locks.request(name, work)) as T;
  const before = chains.get(name) ?? Promise.resolve();
  const run = before.then(work, work);
  chains.set(name, run.catch(() => undefined));
  return run;
}

/** Like `exclusive`, but gives up at once (undefined) when another holder is at work. */
export async function ifFree<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (locks) return (await locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : Promise.resolve(undefined)))) as T | undefined;
  if (chains.has(name)) return undefined;
  const run = work().finally(() => chains.delete(name));
  chains.set(name, run);
  return run;
}
