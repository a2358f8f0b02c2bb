/**
 * From the days when rows lay open (`sotay` and `sotay-<account>`, until version 0.1.0): every account is copied row by row
 * into a vault of its own and only then erased. Forward only. Killed at any point it begins anew at the next start: the old
 * database stays whole until the new one holds everything, and older code can no longer open it.
 */

import { keepSession } from "./session";
import { addVault, newVault } from "./pin";
import { argon, currentVault, keepVault, makeCurrent, openVault, vaults, type Derive } from "./vault";
import { storeName, type Change, type Shelf, type Store } from "./store";
import type { Session, Vault } from "./types";

const PHONE = "sotay";
const OPEN: Shelf[] = ["notes", "photos", "bytes", "docs", "outbox", "drafts", "kv"];
const FORWARD = 2; // code of version 0.1.0 asks for 1 and is refused

const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((good, bad) => {
    request.onsuccess = () => good(request.result);
    request.onerror = () => bad(request.error);
  });

/** A database that is there already; undefined (and none is made) if it is not. */
function existing(name: string): Promise<IDBDatabase | undefined> {
  return new Promise((good, bad) => {
    const request = indexedDB.open(name, FORWARD);
    let fresh = false;
    request.onupgradeneeded = (event) => {
      fresh = event.oldVersion === 0;
      if (fresh) request.transaction!.abort();
    };
    request.onsuccess = () => good(request.result);
    request.onerror = () => (fresh ? good(undefined) : bad(request.error));
  });
}

const shelf = (db: IDBDatabase, name: Shelf): IDBObjectStore => db.transaction(name).objectStore(name);
const value = async <T>(db: IDBDatabase, name: Shelf, key: string): Promise<T | undefined> =>
  ((await asked(shelf(db, name).get(key))) as { p: T } | undefined)?.p;

/** True if accounts lie open on this phone: they are to be given a PIN and moved. Once `moved` stands, nobody need ask. */
export async function mustMove(phone: Store): Promise<boolean> {
  const old = await existing(PHONE);
  const sessions = old ? await open(old) : [];
  old?.close();
  if (!sessions.length) await finish(phone); // nothing was ever here, or only the choice of a language
  return sessions.length > 0;
}

const open = async (old: IDBDatabase): Promise<Session[]> =>
  ((await asked(shelf(old, "kv").getAll(IDBKeyRange.bound("session/", "session/\uffff")))) as { p: Session }[]).map((row) => row.p);

/** Moves every account under this PIN (undefined: none, where the ward lets it); the one that was current stays it. */
export async function move(phone: Store, pin: string | undefined, derive: Derive = argon): Promise<void> {
  const old = await existing(PHONE);
  if (!old) return finish(phone);
  try {
    const current = await value<string>(old, "kv", "current");
    const sessions = await open(old);
    for (const session of sessions) {
      const here = await vaults(phone);
      if (here.some((v) => v.device === session.device && !v.from)) continue; // moved before we were cut off
      for (const half of here.filter((v) => v.device === session.device)) await forget(phone, half);
      const made = await newVault(session, pin, derive);
      const { from: _f, ...vault } = await addVault(phone, { ...made.vault, from: databaseOf(session) }, false);
      await copy(vault, made.key, session);
      const first = session.account === current || !(await currentVault(phone));
      await phone.write([keepVault(vault), ...(first ? [makeCurrent(vault)] : [])]);
    }
    for (const key of ["lang", "wifiOnly"]) {
      const kept = await value(old, "kv", key);
      if (kept !== undefined) await phone.write([{ shelf: "kv", key, value: kept }]);
    }
    for (const session of sessions) await erase(databaseOf(session));
  } finally {
    old.close();
  }
  await finish(phone);
}

const databaseOf = (session: Session): string => `sotay-${session.account}`;

/** What a try that was cut off left: the old database is still whole. */
async function forget(phone: Store, half: Vault): Promise<void> {
  await phone.write([{ shelf: "kv", key: `vault/${half.id}`, drop: true }]);
  await erase(storeName(half.id));
}

/** Row by row; a photo's bytes are never all in memory at once. */
async function copy(vault: Vault, key: CryptoKey, session: Session): Promise<void> {
  const from = await existing(databaseOf(session));
  const store = await openVault(vault, key);
  try {
    for (const each of from ? OPEN : []) {
      const keys = (await asked(shelf(from!, each).getAllKeys())) as string[];
      const step = each === "bytes" ? 1 : 200;
      for (let at = 0; at < keys.length; at += step) {
        const rows = await Promise.all(keys.slice(at, at + step).map(async (k) => ({ k, p: await value<unknown>(from!, each, k) })));
        await store.write(rows.map((row) => ({ shelf: each, key: row.k, value: row.p }) as Change));
      }
    }
    await store.write([keepSession(session)]);
  } finally {
    from?.close();
    store.close();
  }
}

const erase = (name: string): Promise<unknown> => asked(indexedDB.deleteDatabase(name));

async function finish(phone: Store): Promise<void> {
  await erase(PHONE);
  await phone.write([{ shelf: "kv", key: "moved", value: true }]);
}

