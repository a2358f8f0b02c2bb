import { describe, expect, test } from "vitest";
import { sealedWith } from "./codec";
import { keepDraft, newDraft } from "./notes";
import { currentSession, keepSession } from "./session";
import { openStore, storeName, type Store } from "./store";
import type { Session, Vault } from "./types";
import { addVault, changePin, isWeak, newVault } from "./pin";
import { amendVault, argon, currentVault, delayAfter, isPin, openKey, openVault, tryPin, vaults, waitFor, type Derive } from "./vault";

const SESSION: Session = { account: "a1", device: "d1", token: "full-rights", push_token: "push", seal_key: "k", role: "reporter", areas: ["11455-T07"], epoch: "e", enrolled_at: 1 };
/** As slow as a test can bear; the real one is tried once below. */
const quick: Derive = async (pin, salt) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${pin}${salt}`)));

let n = 0;
async function phoneWith(pin: string | undefined, session: Session = SESSION): Promise<{ phone: Store; vault: Vault; at: { now: number } }> {
  const phone = await openStore(`phone-${++n}`);
  const { vault, key } = await newVault(session, pin, quick);
  const store = await openVault(vault, key);
  await store.write([keepSession(session)]);
  store.close();
  return { phone, vault: await addVault(phone, vault, true), at: { now: 1_000_000 } };
}
const attempt = (p: { phone: Store; vault: Vault; at: { now: number } }, pin: string) => tryPin(p.phone, p.vault.id, pin, () => p.at.now, quick);

describe("a PIN", () => {
  test("is six digits, and not the first one anybody tries", () => {
    expect(["123456", "12345", "1234567", "12345a", "１２３４５６"].map(isPin)).toEqual([true, false, false, false, false]);
    expect(["000000", "345678", "987654", "271828"].map(isWeak)).toEqual([true, true, true, false]);
  });

  test("opens the account, a wrong one does not", async () => {
    const p = await phoneWith("271828");
    expect(await attempt(p, "271829")).toMatchObject({ end: "wrong" });
    const tried = await attempt(p, "271828");
    expect(tried.end).toBe("open");
    const store = await openVault(p.vault, (tried as { key: CryptoKey }).key);
    expect((await currentSession(store))?.token).toBe("full-rights");
    expect((tried as { key: CryptoKey }).key.extractable).toBe(false);
  });

  test("the real derivation: Argon2id, 19 MiB, two passes", async () => {
    // reference: python argon2-cffi, low_level.hash_secret_raw(b"271828", bytes(range(16)), 2, 19456, 1, 32, Type.ID)
    const bytes = await argon("271828", Uint8Array.from({ length: 16 }, (_, i) => i), 19_456, 2);
    expect(Buffer.from(bytes).toString("hex")).toBe("3b82fca9c7677c67d967a577e3de92112fb3d78340b1dd57ae1f5149edf684ac");
    const phone = await openStore(`phone-${++n}`);
    const { vault } = await newVault(SESSION, "271828");
    await addVault(phone, vault, true);
    expect(vault.lock).toMatchObject({ by: "pin", kib: 19_456, passes: 2 });
    expect((await tryPin(phone, vault.id, "271828", () => 0)).end).toBe("open");
  });

  test("wrong tries make the wait grow, and a restart does not end it", async () => {
    const p = await phoneWith("271828");
    const waits: number[] = [];
    for (let i = 1; i <= 9; i++) {
      const tried = await attempt(p, "111112");
      expect(tried.end).toBe("wrong");
      waits.push((tried as { wait: number }).wait / 1_000);
      p.phone.close();
      p.phone = await openStore(p.phone.name.replace("sotay-vault-", "")); // the app was killed
      if (waits.at(-1)) expect(await attempt(p, "271828")).toMatchObject({ end: "wait" });
      p.at.now += waits.at(-1)! * 1_000;
    }
    expect(waits).toEqual([0, 0, 10, 30, 120, 300, 900, 3600, 3600]);
    expect((await attempt(p, "271828")).end).toBe("open");
    expect(await attempt(p, "111112")).toMatchObject({ end: "wrong", wait: 0 }); // counted from none again
  });

  test("a try is counted before it is made: killing the app in the middle frees none", async () => {
    const p = await phoneWith("271828");
    const killed: Derive = () => Promise.reject(new Error("killed"));
    for (let i = 0; i < 3; i++) await expect(tryPin(p.phone, p.vault.id, "111112", () => p.at.now, killed)).rejects.toThrow("killed");
    expect((await vaults(p.phone))[0]).toMatchObject({ fails: 3 });
    expect(await attempt(p, "271828")).toMatchObject({ end: "wait", wait: delayAfter(3) });
  });

  test("a clock set back never makes the wait longer than the delay", async () => {
    const p = await phoneWith("271828");
    await amendVault(p.phone, p.vault.id, { fails: 4, until: 10 * 86_400_000 });
    expect(waitFor((await vaults(p.phone))[0]!, 0)).toBe(delayAfter(4));
  });

  test("two tabs at once get one try each, one after the other", async () => {
    const p = await phoneWith("271828");
    const ends = await Promise.all([1, 2, 3, 4, 5].map(() => attempt(p, "111112")));
    expect(ends.map((e) => e.end)).toEqual(["wrong", "wrong", "wrong", "wait", "wait"]);
  });

  test("is changed with the old one; the rows stay as they lie", async () => {
    const p = await phoneWith("271828");
    expect((await changePin(p.phone, p.vault.id, "999999", "314159", () => p.at.now, quick)).end).toBe("wrong");
    expect((await changePin(p.phone, p.vault.id, "271828", "314159", () => p.at.now, quick)).end).toBe("open");
    expect((await attempt(p, "271828")).end).toBe("wrong");
    const tried = await attempt(p, "314159");
    expect((await currentSession(await openVault(p.vault, (tried as { key: CryptoKey }).key)))?.token).toBe("full-rights");
  });

  test("where the ward lets it there is none, and one can be set later", async () => {
    const p = await phoneWith(undefined);
    expect(await openKey(p.vault)).toBeDefined();
    await changePin(p.phone, p.vault.id, "", "314159", () => p.at.now, quick);
    const later = (await currentVault(p.phone))!;
    expect(await openKey(later)).toBeUndefined();
    expect((await attempt(p, "314159")).end).toBe("open");
  });
});

describe("what lies on disk", () => {
  const canary = "ngập đến đầu gối ở ngõ 7";

  async function raw(vault: Vault): Promise<string> {
    const db = await new Promise<IDBDatabase>((good) => { const r = indexedDB.open(storeName(vault.id)); r.onsuccess = () => good(r.result); });
    let all = "";
    for (const name of db.objectStoreNames)
      await new Promise<void>((good) => {
        const r = db.transaction(name).objectStore(name).getAll();
        r.onsuccess = () => { for (const row of r.result as { p: unknown }[]) all += row.p instanceof ArrayBuffer ? new TextDecoder().decode(row.p) : JSON.stringify(row.p); good(); };
      });
    db.close();
    return all;
  }

  test("is sealed: words, bytes, token", async () => {
    const p = await phoneWith("271828");
    const { key } = (await attempt(p, "271828")) as { key: CryptoKey };
    const store = await openVault(p.vault, key);
    await keepDraft(store, { ...newDraft(1), text: canary });
    await store.write([{ shelf: "bytes", key: "p", value: new TextEncoder().encode(canary).buffer as ArrayBuffer }]);
    expect((await store.all("drafts"))[0]?.text).toBe(canary);
    expect(new TextDecoder().decode(await store.get("bytes", "p"))).toBe(canary);
    const found = await raw(p.vault);
    expect(found.length).toBeGreaterThan(100);
    for (const word of [canary, "full-rights", "11455-T07"]) expect(found).not.toContain(word);
  });

  test("opens in its own place only, and every write has another nonce", async () => {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const codec = sealedWith(key, "sotay-vault-1");
    const sealed = await codec.seal("notes", "a", { text: "x" });
    expect(await codec.open("notes", "a", sealed)).toEqual({ text: "x" });
    await expect(codec.open("notes", "b", sealed)).rejects.toThrow();
    await expect(codec.open("drafts", "a", sealed)).rejects.toThrow();
    await expect(sealedWith(key, "sotay-vault-2").open("notes", "a", sealed)).rejects.toThrow();
    const nonces = await Promise.all(Array.from({ length: 50 }, async () => Buffer.from((await codec.seal("kv", "a", 1)) as ArrayBuffer).subarray(0, 12).toString("hex")));
    expect(new Set(nonces).size).toBe(50);
  });

  test("two accounts have two keys and two databases", async () => {
    const p = await phoneWith("271828");
    const other = { ...SESSION, account: "a2", device: "d2", token: "another" };
    const { vault, key } = await newVault(other, "271828", quick);
    const two = await addVault(p.phone, vault, true);
    const store = await openVault(two, key);
    await store.write([keepSession(other)]);
    expect((await vaults(p.phone)).map((v) => [v.n, v.account])).toEqual([[1, "a1"], [2, "a2"]]);
    const first = (await attempt(p, "271828")) as { key: CryptoKey };
    await expect(currentSession(await openVault(two, first.key))).rejects.toThrow();
    expect((await currentSession(await openVault(p.vault, first.key)))?.token).toBe("full-rights");
  });
});
