/**
 * The lock of an account. Its rows are sealed with a random key; the key lies wrapped under the PIN (Argon2id, 19 MiB, two
 * passes), and once opened no script can read it back. A PIN only delays whoever holds the storage: six digits are a
 * million tries. Wrong tries are counted before they are made, so that killing the app never makes one free.
 */

import { beside, keepBeside } from "./beside";
import { sealedWith } from "./codec";
import { exclusive, openStore, storeName, type Change, type Store } from "./store";
import type { Lock, Session, Vault } from "./types";

export const DIGITS = 6;
const utf8 = new TextEncoder();

/** Argon2id → 32 bytes. */
export type Derive = (pin: string, salt: Uint8Array, kib: number, passes: number) => Promise<Uint8Array>;
/** Fetched only when a PIN is to be typed: it is a quarter of the app. */
export const loadArgon = (): Promise<typeof import("./argon")> => import("./argon");
export const argon: Derive = async (pin, salt, kib, passes) =>
  (await loadArgon()).argon2id({
    password: pin, salt, memorySize: kib, iterations: passes, parallelism: 1, hashLength: 32, outputType: "binary",
  });

export const isPin = (pin: string): boolean => new RegExp(`^\\d{${DIGITS}}$`).test(pin);

// ---- which accounts are on this phone ------------------------------------------------------------------------------

export const keepVault = (vault: Vault): Change => ({ shelf: "kv", key: `vault/${vault.id}`, value: vault });

const CURRENT = "sotay-current";
const triesOf = (id: string): string => `sotay-tries-${id}`;
/** With the tries as last counted, wherever they were. */
const counted = (vault: Vault): Vault => ({ ...vault, ...beside<Pick<Vault, "fails" | "until">>(triesOf(vault.id)) });

export async function vaults(phone: Store): Promise<Vault[]> {
  return ((await phone.all("kv", "vault/")) as Vault[]).map(counted).sort((a, b) => a.n - b.n);
}

export async function heldVault(phone: Store, id: string): Promise<Vault | undefined> {
  const vault = (await phone.get("kv", `vault/${id}`)) as Vault | undefined;
  return vault && counted(vault);
}

export async function currentId(phone: Store): Promise<string | undefined> {
  return beside<string>(CURRENT) ?? ((await phone.get("kv", "current")) as string | undefined);
}

export async function currentVault(phone: Store): Promise<Vault | undefined> {
  const id = await currentId(phone);
  return id ? heldVault(phone, id) : undefined;
}

/** Changes some fields of a vault as it is on disk now; nothing if it is gone. */
export async function amendVault(phone: Store, id: string, fields: Partial<Vault>): Promise<void> {
  await phone.edit(async () => {
    const held = (await phone.get("kv", `vault/${id}`)) as Vault | undefined;
    return { changes: held ? [keepVault({ ...held, ...fields })] : [], result: undefined };
  });
}

/** The vault's own database under its key. */
export const openVault = (vault: Vault, key: CryptoKey): Promise<Store> => openStore(vault.id, sealedWith(key, storeName(vault.id)));

export const makeCurrent = (vault: Vault): Change => ({ shelf: "kv", key: "current", value: vault.id });
export const setCurrent = (phone: Store, vault: Vault): Promise<void> => keepBeside(CURRENT, vault.id, () => phone.write([makeCurrent(vault)]));

/** What of a session lies outside the lock. */
export const facts = (session: Session): Pick<Vault, "account" | "device" | "push_token" | "seal_key"> => ({
  account: session.account, device: session.device, push_token: session.push_token ?? "", seal_key: session.seal_key ?? "",
});

// ---- the PIN -------------------------------------------------------------------------------------------------------

const SECOND = 1_000;
/** How long after the n-th wrong PIN in a row: two are free, then it grows to an hour. */
const DELAYS = [0, 0, 0, 10, 30, 120, 300, 900].map((s) => s * SECOND);
export const delayAfter = (fails: number): number => DELAYS[fails] ?? 3_600 * SECOND;

/** How long until the next try (ms). A clock that was set back never makes it longer than the delay itself. */
export const waitFor = (vault: Vault, now: number): number => Math.max(0, Math.min(vault.until - now, delayAfter(vault.fails)));

export type Tried = { end: "open"; key: CryptoKey } | { end: "wrong" | "wait"; wait: number };

/** One try. Over all tabs, one at a time. */
export async function tryPin(phone: Store, id: string, pin: string, now: () => number, derive: Derive = argon): Promise<Tried> {
  return exclusive(`pin-${id}`, async () => {
    const raw = await guarded(phone, (await heldVault(phone, id))!, pin, now, derive);
    return raw instanceof ArrayBuffer ? { end: "open", key: await rowKey(raw) } : raw;
  });
}

export async function guarded(phone: Store, vault: Vault, pin: string, now: () => number, derive: Derive): Promise<ArrayBuffer | { end: "wrong" | "wait"; wait: number }> {
  if (vault.lock.by === "none") return vault.lock.key;
  const wait = waitFor(vault, now());
  if (wait) return { end: "wait", wait };
  const fails = vault.fails + 1;
  const count = (tries: Pick<Vault, "fails" | "until">): Promise<void> => keepBeside(triesOf(vault.id), tries, () => amendVault(phone, vault.id, tries));
  await count({ fails, until: now() + delayAfter(fails) });
  const raw = await unwrap(vault.lock, pin, derive);
  if (raw) await count({ fails: 0, until: 0 });
  return raw ?? { end: "wrong", wait: delayAfter(fails) };
}

/** The key of a vault without a PIN. */
export async function openKey(vault: Vault): Promise<CryptoKey | undefined> {
  return vault.lock.by === "none" ? rowKey(vault.lock.key) : undefined;
}

export const rowKey = (raw: ArrayBuffer): Promise<CryptoKey> => crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

export async function pinKey(pin: string, lock: { salt: Uint8Array; kib: number; passes: number }, derive: Derive): Promise<CryptoKey> {
  const bytes = await derive(pin, lock.salt, lock.kib, lock.passes);
  return crypto.subtle.importKey("raw", Uint8Array.from(bytes), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A wrapping key is used once (its salt is new each time), so its nonce may be fixed. */
export const WRAP = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: utf8.encode("sotay key") };

async function unwrap(lock: Lock & { by: "pin" }, pin: string, derive: Derive): Promise<ArrayBuffer | undefined> {
  const key = await pinKey(pin, lock, derive);
  return crypto.subtle.decrypt(WRAP, key, lock.wrapped).catch(() => undefined);
}
