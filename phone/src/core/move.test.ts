import { describe, expect, test } from "vitest";
import { move, mustMove } from "./move";
import { currentSession } from "./session";
import { openStore, type Store } from "./store";
import type { Session } from "./types";
import { currentVault, openVault, tryPin, vaults, type Derive } from "./vault";

const quick: Derive = async (pin, salt) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${pin}${salt}`)));
const SHELVES = ["notes", "photos", "bytes", "docs", "outbox", "drafts", "kv"];

function make(name: string, rows: Record<string, Record<string, unknown>>): Promise<void> {
  return new Promise((good, bad) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => SHELVES.forEach((s) => request.result.createObjectStore(s, { keyPath: "k" }));
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => db.close(); // as version 0.1.0 does
      const tx = db.transaction(SHELVES, "readwrite");
      for (const [shelf, held] of Object.entries(rows)) for (const [k, p] of Object.entries(held)) tx.objectStore(shelf).put({ k, p });
      tx.oncomplete = () => good();
      tx.onabort = () => bad(tx.error);
    };
  });
}

const session = (account: string): Session => ({ account, device: `d-${account}`, token: `t-${account}`, role: "reporter", areas: ["11455-T07"], epoch: "e", enrolled_at: 1 });

/** A phone of version 0.1.0: two accounts, a full outbox, photos, a draft under way. */
async function before(count = 300): Promise<void> {
  for (const db of await indexedDB.databases()) await new Promise((good) => (indexedDB.deleteDatabase(db.name!).onsuccess = good));
  await make("sotay", { kv: { "session/an": session("an"), "session/binh": session("binh"), current: "binh", lang: "en", wifiOnly: true } });
  const ids = Array.from({ length: count }, (_, i) => `n${i}`);
  const each = <T>(value: (id: string) => T) => Object.fromEntries(ids.map((id) => [id, value(id)]));
  await make("sotay-binh", {
    notes: each((id) => ({ id, fields: { text: `lời ${id}` }, seq: 1 })),
    photos: each((id) => ({ id: `p${id}`, note: id })), bytes: each((id) => new TextEncoder().encode(`ảnh ${id}`).buffer),
    outbox: Object.fromEntries(ids.map((id) => [`notes/${id}`, { collection: "notes", id, stamp: "s", at: 0, seq: 1 }])),
    drafts: { d1: { id: "d1", text: "đang viết dở" } }, kv: { seq: 300, marked: { a: { told: 5 } } }, docs: { "topics/1": { doc: { id: "1" }, gen: 0 } },
  });
  await make("sotay-an", { notes: { x: { id: "x", fields: { text: "của An" } } }, kv: { seq: 1 } });
}

async function after(phone: Store, count = 300): Promise<void> {
  const list = await vaults(phone);
  expect(list.map((v) => v.account).sort()).toEqual(["an", "binh"]);
  expect(list.some((v) => v.from)).toBe(false);
  expect(await currentVault(phone)).toMatchObject({ account: "binh", device: "d-binh", lock: { by: "pin" } });
  expect([await phone.get("kv", "lang"), await phone.get("kv", "wifiOnly")]).toEqual(["en", true]);
  const opened = async (account: string): Promise<Store> => {
    const vault = list.find((v) => v.account === account)!;
    return openVault(vault, ((await tryPin(phone, vault.id, "271828", () => 0, quick)) as { key: CryptoKey }).key);
  };
  const store = await opened("binh");
  expect(await store.all("notes")).toHaveLength(count);
  expect((await store.get("notes", "n7"))?.fields.text).toBe("lời n7");
  expect(await store.keys("outbox")).toHaveLength(count);
  expect(new TextDecoder().decode(await store.get("bytes", `n${count - 1}`))).toBe(`ảnh n${count - 1}`);
  expect((await store.get("drafts", "d1"))?.text).toBe("đang viết dở");
  expect([await store.get("kv", "seq"), await store.get("kv", "marked")]).toEqual([300, { a: { told: 5 } }]);
  expect((await currentSession(store))?.token).toBe("t-binh");
  expect((await (await opened("an")).get("notes", "x"))?.fields.text).toBe("của An");
  expect((await indexedDB.databases()).map((d) => d.name).filter((name) => !/^sotay-(vault|phone)/.test(name!))).toEqual([]);
  expect(await mustMove(phone)).toBe(false);
}

class Killed extends Error {}
/** The app dies at the n-th write to the phone's list; what was written before stays. */
function dying(phone: Store, n: number): Store {
  let left = n;
  const step = (): void => { if (left-- <= 0) throw new Killed(); };
  return {
    ...phone,
    write: async (changes) => { step(); await phone.write(changes); },
    edit: async (decide) => { step(); return phone.edit(decide); },
  };
}

describe("rows that lay open", () => {
  test("are moved under a PIN with a full outbox, and erased where they were", async () => {
    await before();
    const phone = await openStore();
    expect(await mustMove(phone)).toBe(true);
    await move(phone, "271828", quick);
    await after(phone);
    phone.close();
  });

  test("killed at any point it goes on at the next start and loses nothing", async () => {
    let kills = 0;
    for (let at = 0; ; at++) {
      await before(12);
      const phone = await openStore();
      try {
        await move(dying(phone, at), "314159", quick);
        phone.close();
        break;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        kills++;
      }
      // what was moved whole before keeps the PIN it was given; the rest gets the new one
      const whole = (await vaults(phone)).filter((v) => !v.from);
      if (await mustMove(phone)) await move(phone, whole.length ? "314159" : "271828", quick);
      else expect(whole).toHaveLength(2); // only "it is done" was not written down
      for (const vault of await vaults(phone)) {
        const tried = await tryPin(phone, vault.id, whole.length ? "314159" : "271828", () => 0, quick);
        expect(tried.end).toBe("open");
        const store = await openVault(vault, (tried as { key: CryptoKey }).key);
        expect(await store.all("notes")).toHaveLength(vault.account === "binh" ? 12 : 1);
        store.close();
      }
      if (!whole.length) await after(phone, 12);
      phone.close();
    }
    expect(kills).toBeGreaterThanOrEqual(6);
  }, 20_000);

  test("code of the earlier version can no longer open them once the move began", async () => {
    await before();
    const phone = await openStore();
    await expect(move(dying(phone, 1), "271828", quick)).rejects.toThrow(Killed);
    const refused = await new Promise((good) => { const r = indexedDB.open("sotay-an", 1); r.onerror = () => good(r.error?.name); r.onsuccess = () => good("opened"); });
    expect(refused).toBe("VersionError");
    phone.close();
  });

  test("a fresh phone has nothing to move, and is not asked again", async () => {
    for (const db of await indexedDB.databases()) await new Promise((good) => (indexedDB.deleteDatabase(db.name!).onsuccess = good));
    const phone = await openStore();
    expect(await mustMove(phone)).toBe(false);
    expect((await indexedDB.databases()).map((d) => d.name)).toEqual(["sotay-phone"]);
    phone.close();
  });
});
