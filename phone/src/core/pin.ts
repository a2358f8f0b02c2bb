/** Making a lock and changing it; opening is in `vault.ts`. Apart, because it is seldom needed. */

import { exclusive, type Store } from "./store";
import type { Lock, Session, Vault } from "./types";
import { amendVault, argon, facts, guarded, heldVault, keepVault, makeCurrent, pinKey, rowKey, setCurrent, vaults, WRAP, type Derive, type Tried } from "./vault";

const KIB = 19_456;
const PASSES = 2;

/** Six like digits or a run of them are the first ones anybody tries. */
export const isWeak = (pin: string): boolean => /^(\d)\1+$/.test(pin) || "01234567890".includes(pin) || "09876543210".includes(pin);

/** A new lock for a session; nothing is on disk yet. */
export async function newVault(session: Session, pin: string | undefined, derive: Derive = argon): Promise<{ vault: Vault; key: CryptoKey }> {
  const raw = crypto.getRandomValues(new Uint8Array(32)).buffer;
  const lock = pin === undefined ? { by: "none" as const, key: raw } : await wrap(raw, pin, derive);
  return { vault: { id: crypto.randomUUID(), n: 0, ...facts(session), lock, fails: 0, until: 0 }, key: await rowKey(raw) };
}

/** Puts a vault on the list, under the next number. */
export async function addVault(phone: Store, vault: Vault, current: boolean): Promise<Vault> {
  const made = await phone.edit(async () => {
    const added = { ...vault, n: 1 + Math.max(0, ...(await vaults(phone)).map((v) => v.n)) };
    return { changes: [keepVault(added), ...(current ? [makeCurrent(added)] : [])], result: added };
  });
  if (current) await setCurrent(phone, made); // also where another one was noted beside the database
  return made;
}

/** Wraps the key anew, under another PIN or none. The old one is asked for first, and counted like any try. */
export async function changePin(phone: Store, id: string, old: string, next: string | undefined, now: () => number, derive: Derive = argon): Promise<Tried> {
  return exclusive(`pin-${id}`, async () => {
    const vault = (await heldVault(phone, id))!;
    const raw = vault.lock.by === "none" ? vault.lock.key : await guarded(phone, vault, old, now, derive);
    if (!(raw instanceof ArrayBuffer)) return raw;
    await amendVault(phone, id, { lock: next === undefined ? { by: "none", key: raw } : await wrap(raw, next, derive) });
    return { end: "open", key: await rowKey(raw) };
  });
}

async function wrap(raw: ArrayBuffer, pin: string, derive: Derive): Promise<Lock> {
  const lock = { salt: crypto.getRandomValues(new Uint8Array(16)), kib: KIB, passes: PASSES };
  return { by: "pin", ...lock, wrapped: await crypto.subtle.encrypt(WRAP, await pinKey(pin, lock, derive), raw) };
}
