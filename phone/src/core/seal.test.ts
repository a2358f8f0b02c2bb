import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { lan, take, write } from "../test/phone";
import { json, problem, Ward } from "../test/server";
import { seal } from "./hpke";
import { addMark, newDraft, saveNote, withdraw } from "./notes";
import { carry, rescueFile } from "./rescue";
import { base64url, infoOf, partItem, rowItem, sealItem, sealQueue } from "./seal";
import { deliver, waiting, type Post, type Tally } from "./sealed";
import { openStore } from "./store";
import type { SealedItem, Session, Vault } from "./types";

interface Vectors {
  recipient: { public: string };
  items: { device: string; number: number; ephemeral: JsonWebKey; what: Record<string, unknown>; data: string; enc: string; ct: string; push_token: string }[];
}
const vectors = JSON.parse(readFileSync(new URL("../../../tests/vectors/sealed.json", import.meta.url), "utf8")) as Vectors;
const point = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "base64url"));
const session: Session = { account: "a", device: "0b5c1a3e-7a55-4d5e-9d0c-2f6f8f1f7a01", token: "t", push_token: "push-only", seal_key: vectors.recipient.public, role: "reporter", areas: [], epoch: "e", enrolled_at: 1 };

describe("sealing", () => {
  test("gives exactly what the server opens (tests/vectors/sealed.json)", async () => {
    expect(vectors.items.length).toBeGreaterThanOrEqual(3);
    for (const v of vectors.items) {
      const P256 = { name: "ECDH", namedCurve: "P-256" };
      const { d: _d, key_ops: _o, ...open } = v.ephemeral;
      const pair = { privateKey: await crypto.subtle.importKey("jwk", v.ephemeral, P256, false, ["deriveBits"]), publicKey: await crypto.subtle.importKey("jwk", open, P256, true, []) };
      const plain = Buffer.concat([Buffer.from(`${JSON.stringify({ ...v.what, push_token: v.push_token })}\n`), Buffer.from(v.data, "base64url")]);
      const { enc, ct } = await seal(point(vectors.recipient.public), infoOf(v.device, v.number), Uint8Array.from(plain), pair);
      expect([base64url(enc), base64url(ct)]).toEqual([v.enc, v.ct]);
    }
  });

  test("never twice the same, and long bytes become clean base64url", async () => {
    const data = crypto.getRandomValues(new Uint8Array(60_000)).buffer;
    const [a, b] = await Promise.all([1, 1].map((n) => sealItem(session, n, { is: "part" }, data)));
    expect(a!.enc).not.toBe(b!.enc);
    expect(a!.ct).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(a!.ct, "base64url").length).toBeGreaterThan(60_000);
  });
});

async function items(name: string): Promise<Map<string, SealedItem>> {
  const store = await openStore(name);
  const found = new Map<string, SealedItem>();
  for (const key of await store.keys("sealed")) found.set(key, (await store.get("sealed", key))!);
  store.close();
  return found;
}

describe("copies of what waits", () => {
  test("one of each row, one of each part of a photo; made once", async () => {
    const phone = await lan(new Ward(), "seal-1");
    const note = await write(phone, "kín", crypto.getRandomValues(new Uint8Array(60_000)));
    expect(await sealQueue(phone.store, session, 5)).toBe(3);
    expect(await sealQueue(phone.store, session, 5)).toBe(0);
    const photo = (await phone.store.all("photos"))[0]!;
    const found = await items("seal-1");
    expect([...found.keys()].sort()).toEqual([rowItem({ collection: "notes", id: note.id, stamp: "", at: 0 }), rowItem({ collection: "photos", id: photo.id, stamp: "", at: 0 }), partItem(photo, 0)].sort());
    expect([...found.values()].map((i) => i.number).sort()).toEqual([1, 2, 3]);
    expect(JSON.stringify([...found])).not.toContain("kín");
    expect((await phone.store.get("notes", note.id))?.sent).toBe(5); // taking it back must be told from now on
      });

  test("go with the row they were made of, in the same transaction", async () => {
    const phone = await lan(new Ward(), "seal-2");
    const note = await write(phone, "sẽ rút lại", Uint8Array.from([1, 2, 3]));
    const other = await write(phone, "ở lại");
    await sealQueue(phone.store, session, 5);
    expect((await items("seal-2")).size).toBe(4);
    await withdraw(phone.store, note.id);
    const left = [...(await items("seal-2")).keys()];
    expect(left).not.toContain(rowItem({ collection: "notes", id: note.id, stamp: "", at: 0 }));
    expect(left).toContain(rowItem({ collection: "notes", id: other.id, stamp: "", at: 0 }));
    expect(await sealQueue(phone.store, session, 5)).toBe(1); // the withdrawal itself
  });

  test("a changed note is sealed anew; the earlier copy is gone at once", async () => {
    const phone = await lan(new Ward(), "seal-3");
    const note = await write(phone, "bản một");
    await sealQueue(phone.store, session, 5);
    const first = [...(await items("seal-3")).values()][0]!;
    await saveNote(phone.store, { ...newDraft(1), edits: note.id, claim: note.claim! }, { ...note.fields, text: "bản hai" }, "place", 2);
    expect((await items("seal-3")).size).toBe(0);
    await sealQueue(phone.store, session, 5);
    expect([...(await items("seal-3")).values()][0]!.number).toBeGreaterThan(first.number);
  });

  test("what the ward took by the ordinary way leaves none", async () => {
    const ward = new Ward();
    const phone = await lan(ward, "seal-4");
    await write(phone, "gửi thường", Uint8Array.from([1, 2, 3]));
    await sealQueue(phone.store, session, 5);
    await phone.send();
    expect([...(await items("seal-4")).keys()]).toEqual([]); // nor of the photo, whose bytes stay until the ward keeps its picture
  });

  test("after enrolling again all are made anew: they are bound to the phone", async () => {
    const phone = await lan(new Ward(), "seal-5");
    await write(phone, "x", Uint8Array.from([1]));
    await sealQueue(phone.store, session, 5);
    await sealQueue(phone.store, { ...session, device: "0b5c1a3e-7a55-4d5e-9d0c-2f6f8f1f7a02" }, 5);
    expect(new Set([...(await items("seal-5")).values()].map((i) => i.device))).toEqual(new Set(["0b5c1a3e-7a55-4d5e-9d0c-2f6f8f1f7a02"]));
  });

  test("no public key, no copies", async () => {
    const phone = await lan(new Ward(), "seal-6");
    await write(phone, "x");
    const { seal_key: _s, ...old } = session;
    expect(await sealQueue(phone.store, old, 5)).toBe(0);
    // and the rescue page does not say that nothing is left
    expect(await rescueFile({ id: "seal-6" } as Vault)).toMatchObject({ items: 0, open: 1 });
  });

  test("a photo without its bytes is not in the rescue file, and the page does not say so; a draft's is nobody's yet", async () => {
    const phone = await lan(new Ward(), "seal-7");
    const vault = { id: "seal-7" } as Vault;
    await write(phone, "x", Uint8Array.from([1, 2]));
    await take(phone, { ...newDraft(1), text: "nháp" }, Uint8Array.from([3]));
    await sealQueue(phone.store, session, 5);
    const known = await phone.store.all("photos");
    for (const photos of [known, undefined]) expect(await rescueFile(vault, photos)).toMatchObject({ notes: 1, photos: 1, open: 0 });
    const part = (await phone.store.keys("sealed")).find((key) => key.startsWith("bytes/"))!;
    await phone.store.write([{ shelf: "sealed", key: part, drop: true }]);
    for (const photos of [known, undefined]) expect(await rescueFile(vault, photos)).toMatchObject({ notes: 1, photos: 0, open: 1 });
  });

  test("marks and replies are counted by themselves", async () => {
    const phone = await lan(new Ward(), "seal-8");
    await addMark(phone.store, { mark: "plus_one", issue: 4 }, 1);
    await sealQueue(phone.store, session, 5);
    expect(await rescueFile({ id: "seal-8" } as Vault)).toMatchObject({ items: 1, notes: 0, photos: 0, more: 1, open: 0 });
  });

  test("on a phone that fills up meanwhile a photo is sealed whole or not at all", async () => {
    const phone = await lan(new Ward(), "seal-9");
    await write(phone, "x", new Uint8Array(300_000).fill(7));
    const put = IDBObjectStore.prototype.put;
    let parts = 0;
    const spy = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, value: { k: string }) {
      if (value.k.startsWith("bytes/") && ++parts === 3) throw new DOMException("no room", "QuotaExceededError");
      return put.call(this, value);
    });
    await expect(sealQueue(phone.store, session, 5)).rejects.toThrow();
    spy.mockRestore();
    expect((await phone.store.keys("sealed")).filter((key) => key.startsWith("bytes/"))).toEqual([]);
    expect(await sealQueue(phone.store, session, 5)).toBe(3);
  });
});

describe("a locked phone", () => {
  const vaultOf = (name: string): Vault => ({ id: name, n: 1, account: "a", device: session.device, push_token: "push-only", seal_key: "", lock: { by: "none", key: new ArrayBuffer(32) }, fails: 0, until: 0 });
  const asked: { token: string | null; items: SealedItem[] }[] = [];
  const told: [string, Tally][] = [];
  function post(answer: (items: SealedItem[]) => Response | undefined, upload = true): Post {
    asked.length = 0;
    return {
      fetch: async (_url, init) => {
        const sent = JSON.parse(init!.body as string) as SealedItem[];
        asked.push({ token: new Headers(init!.headers).get("Authorization"), items: sent });
        const found = answer(sent);
        if (!found) throw new TypeError("network");
        return found;
      },
      sleep: async () => undefined, now: () => 0, random: () => 0, mayUpload: async () => upload,
      tell: async (vault, tally) => void told.push([vault, tally]),
    };
  }
  const all = (sent: SealedItem[]): Response => json({ taken: sent.map((i) => i.number), refused: [] });
  async function filled(name: string, notes = 3, photo = 300_000): Promise<void> {
    const phone = await lan(new Ward(), name);
    for (let i = 0; i < notes; i++) await write(phone, `lời ${i}`);
    if (photo) {
      const draft = await take(phone, { ...newDraft(1), kind: "observation", topic: "10.1", area: "11455-T07" }, new Uint8Array(photo).fill(7));
      await saveNote(phone.store, draft, { kind: "observation", topic: "10.1", area: "11455-T07", day: "2026-11-22", photos: draft.photos }, "place", 1);
    }
    await sealQueue(phone.store, session, 5);
    phone.store.close();
  }

  test("delivers with the push token: rows first, parts in their order, each request within its size, and tells how much", async () => {
    told.length = 0;
    await filled("locked-1");
    expect(await deliver(vaultOf("locked-1"), post(all))).toBe("done");
    expect(new Set(asked.map((a) => a.token))).toEqual(new Set(["Bearer push-only"]));
    const order = asked.flatMap((a) => a.items.map((i) => i.number));
    expect(order).toHaveLength(3 + 2 + 3);
    expect([...order].sort((a, b) => a - b).slice(-3)).toEqual(order.slice(-3)); // the parts were made last, in order
    for (const a of asked) expect(JSON.stringify(a.items).length).toBeLessThanOrEqual(256 * 1024);
    const asked0 = asked.reduce((sum, a) => sum + 150 + JSON.stringify(a.items).length, 0);
    expect(await deliver(vaultOf("locked-1"), post(all))).toBe("done");
    expect(asked).toEqual([]); // nothing goes twice
    expect(told).toEqual([["locked-1", { at: 0, rows: 5, photos: 1, up: expect.any(Number), down: expect.any(Number) }]]);
    expect(told[0]![1].up).toBe(asked0);
    expect([...(await items("locked-1")).values()].every((i) => i.state === "taken" && i.ct === "")).toBe(true);
  });

  test("photos wait for Wi-Fi where the writer wants it", async () => {
    await filled("locked-2");
    expect(await deliver(vaultOf("locked-2"), post(all, false))).toBe("done");
    expect(asked.flatMap((a) => a.items)).toHaveLength(5);
  });

  test("no network, an answer cut short, a busy server: everything stays", async () => {
    await filled("locked-3", 2, 0);
    expect(await deliver(vaultOf("locked-3"), post(() => undefined))).toBe("held");
    expect(await deliver(vaultOf("locked-3"), post(() => new Response('{"taken":[1,2', { status: 200 })))).toBe("held");
    expect(await deliver(vaultOf("locked-3"), post(() => problem(503, "unavailable")))).toBe("held");
    expect(await deliver(vaultOf("locked-3"), post(all))).toBe("done");
    expect(asked[0]!.items).toHaveLength(2);
  });

  test("what is refused for now is tried again, what is refused for good is not; nothing is lost", async () => {
    await filled("locked-4", 2, 0);
    const some = (sent: SealedItem[]): Response => json({ taken: [], refused: sent.map((i) => ({ number: i.number, code: i.number === 1 ? "unknown_topic" : "id_taken", retry: i.number === 1 ? "later" : "never" })) });
    expect(await deliver(vaultOf("locked-4"), post(some))).toBe("held");
    expect(asked).toHaveLength(1);
    await deliver(vaultOf("locked-4"), post(some));
    expect(asked.map((a) => a.items.map((i) => i.number))).toEqual([[1]]);
    expect((await rescueFile(vaultOf("locked-4"))).items).toBe(2);
  });

  test("revoked: it stops and keeps everything", async () => {
    await filled("locked-5", 2, 0);
    expect(await deliver(vaultOf("locked-5"), post(() => problem(403, "revoked")))).toBe("revoked");
    expect([...(await items("locked-5")).values()].filter((i) => i.ct)).toHaveLength(2);
  });

  test("the rescue file holds what was not taken, and another phone hands it on whole", async () => {
    await filled("locked-6", 150);
    const made = await rescueFile(vaultOf("locked-6"));
    expect(made).toMatchObject({ items: 155, notes: 151, photos: 1, open: 0 });
    const text = await made.blob.text();
    expect(text.split("\n")[0]).toBe('{"format":"sotay-sealed-1","items":155}');
    for (const word of ["lời", "push-only", "11455"]) expect(text).not.toContain(word);
    expect(await carry(made.blob, "other-push", post(all))).toMatchObject({ taken: 155, end: "done" });
    expect(new Set(asked.flatMap((a) => a.items.map((i) => i.number))).size).toBe(155);
    expect(new Set(asked.map((a) => a.token))).toEqual(new Set(["Bearer other-push"]));
    for (const a of asked) expect(a.items.length).toBeLessThanOrEqual(100);
    expect(await carry(new Blob(["xin chào\n"]), "other-push", post(all))).toMatchObject({ end: "not_one" });
    expect(await carry(new Blob([]), "other-push", post(all))).toMatchObject({ end: "not_one" });
    expect(await carry(made.blob, "other-push", post(() => undefined))).toMatchObject({ taken: 0, end: "held" });
    const store = await openStore("locked-6");
    expect(await waiting(store)).toHaveLength(155); // the file is a copy
  });
});
