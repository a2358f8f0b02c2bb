import { describe, expect, test } from "vitest";
import { lan, take, write } from "../test/phone";
import { Ward } from "../test/server";
import { reached, stages } from "./custody";
import { AFTER_READ, LONGEST, outlived } from "./keep";
import { dropDraft, keepDraft, newDraft, saveNote } from "./notes";
import { eraseStore, exclusive, ifFree, openStore, type Change, type Codec } from "./store";
import type { LocalNote } from "./types";

describe("store", () => {
  test("one transaction: all or nothing", async () => {
    const store = await openStore("atomic");
    const bad = { shelf: "notes", key: "n1", value: { id: "n1", broken: () => 0 } } as unknown as Change; // a function cannot be stored
    await expect(store.write([{ shelf: "kv", key: "seq", value: 7 }, bad])).rejects.toThrow();
    expect(await store.get("kv", "seq")).toBeUndefined();
  });

  test("a connection that the browser closed is opened again, and what was asked is done once", async () => {
    const made: IDBDatabase[] = [];
    const open = indexedDB.open.bind(indexedDB);
    indexedDB.open = (...args) => {
      const request = open(...args);
      request.addEventListener("success", () => made.push(request.result));
      return request;
    };
    try {
      const store = await openStore("dropped");
      await store.write([{ shelf: "kv", key: "seq", value: 1 }]);
      made.at(-1)!.close();
      await store.write([{ shelf: "kv", key: "seq", value: 2 }]);
      made.at(-1)!.close();
      expect(await store.get("kv", "seq")).toBe(2);
      made.at(-1)!.close();
      expect(await store.edit(async () => ({ changes: [{ shelf: "kv", key: "seq", value: 3 }], result: await store.get("kv", "seq") }))).toBe(2);
      expect(made).toHaveLength(4);
      store.close();
      await expect(store.get("kv", "seq")).rejects.toThrow();
      expect(made).toHaveLength(4);
    } finally {
      indexedDB.open = open;
    }
  });

  test("a database that was erased is not made anew by a tab that had it open", async () => {
    const store = await openStore("erased");
    await store.write([{ shelf: "kv", key: "x", value: 1 }]);
    await eraseStore("erased");
    await expect(store.write([{ shelf: "kv", key: "x", value: 2 }])).rejects.toThrow();
    expect((await indexedDB.databases()).map((d) => d.name)).not.toContain("sotay-vault-erased");
  });

  test("every payload passes the codec, keys stay clear", async () => {
    const sealed: unknown[] = [];
    const codec: Codec = {
      seal: async (_s, _k, value) => (sealed.push(value), btoa(encodeURIComponent(JSON.stringify(value)))),
      open: async (_s, _k, payload) => JSON.parse(decodeURIComponent(atob(payload as string))) as unknown,
    };
    const store = await openStore("sealed", codec);
    await keepDraft(store, { ...newDraft(1), id: "d1", text: "điều kín" });
    expect((await store.get("drafts", "d1"))?.text).toBe("điều kín");
    store.close();
    const raw = await openStore("sealed");
    expect(JSON.stringify(await raw.all("drafts"))).not.toContain("điều kín");
    expect(await raw.keys("drafts")).toEqual(["d1"]);
    expect(sealed).toHaveLength(1);
  });

  test("accounts are kept apart and can be erased one by one", async () => {
    const [a, b] = [await openStore("an"), await openStore("binh")];
    await a.write([{ shelf: "kv", key: "x", value: 1 }]);
    expect(await b.get("kv", "x")).toBeUndefined();
    a.close();
    await eraseStore("an");
    expect(await (await openStore("an")).get("kv", "x")).toBeUndefined();
  });

  test("edits follow each other: no running number is given twice", async () => {
    const phone = await lan(new Ward());
    const notes = await Promise.all([write(phone, "a"), write(phone, "b"), write(phone, "c")]);
    const seqs = await Promise.all(notes.map(async (n) => (await phone.store.get("notes", n.id))?.seq));
    expect([...seqs].sort()).toEqual([1, 2, 3]);
  });

  test("one sender at a time, also when the first one fails", async () => {
    let free!: () => void;
    const first = ifFree("s", () => new Promise<string>((_g, bad) => (free = () => bad(new Error("x")))));
    expect(await ifFree("s", async () => "second")).toBeUndefined();
    free();
    await expect(first).rejects.toThrow();
    expect(await ifFree("s", async () => "third")).toBe("third");
    await expect(exclusive("e", async () => Promise.reject(new Error("y")))).rejects.toThrow();
    expect(await exclusive("e", async () => 1)).toBe(1);
  });
});

describe("killed between steps", () => {
  test("after a photo: draft and bytes are there", async () => {
    const phone = await lan(new Ward());
    const draft = { ...newDraft(1), text: "nháp" };
    await take(phone, draft, Uint8Array.from([1, 2, 3]));
    phone.store.close();
    const again = await openStore(phone.world.session.account);
    const found = (await again.all("drafts"))[0]!;
    expect(found).toMatchObject({ text: "nháp" });
    expect(new Uint8Array((await again.get("bytes", found.photos[0]!))!)).toEqual(Uint8Array.from([1, 2, 3]));
  });

  test("after Save: note, photo, queue and number are there, the draft is not", async () => {
    const phone = await lan(new Ward());
    const note = await write(phone, "còn đây", Uint8Array.from([9]));
    phone.store.close();
    const again = await openStore(phone.world.session.account);
    expect(await again.get("notes", note.id)).toMatchObject({ phase: "waiting", seq: 1 });
    expect((await again.all("outbox")).map((r) => r.collection).sort()).toEqual(["notes", "photos"]);
    expect(await again.all("drafts")).toEqual([]);
    expect(await again.get("kv", "seq")).toBe(1);
  });

  test("Save of an opinion drops photos taken for the draft", async () => {
    const phone = await lan(new Ward());
    const draft = await take(phone, { ...newDraft(1), text: "x" }, Uint8Array.from([1]));
    await saveNote(phone.store, draft, { kind: "concern", topic: "12.1", area: "11455-K2", text: "x", week: "2026-W47" }, "opinion", 1);
    expect(await phone.store.all("photos")).toEqual([]);
    expect(await phone.store.all("bytes")).toEqual([]);
  });

  test("a discarded draft leaves nothing", async () => {
    const phone = await lan(new Ward());
    const draft = await take(phone, newDraft(1), Uint8Array.from([1]));
    await dropDraft(phone.store, draft);
    for (const shelf of ["drafts", "photos", "bytes", "outbox"] as const) expect(await phone.store.all(shelf)).toEqual([]);
  });
});

describe("how long words stay", () => {
  const DAY = 86_400_000;
  const note = (more: Partial<LocalNote>): LocalNote => ({
    id: "n", claim: "c", fields: { kind: "question", topic: "17.1", area: "a", text: "lời" }, lane: "opinion", seq: 1, phase: "taken", receipts: { saved: 0, taken: 0 }, ...more,
  });
  const cleared = (n: LocalNote, now: number) => outlived([n], [], [], now).some((c) => c.shelf === "notes" && "value" in c && (c.value as LocalNote).cleared && !(c.value as LocalNote).fields.text);

  test("until read and seven days more", () => {
    expect(cleared(note({ receipts: { taken: 0, read: DAY } }), DAY + AFTER_READ)).toBe(false);
    expect(cleared(note({ receipts: { taken: 0, read: DAY } }), DAY + AFTER_READ + 1)).toBe(true);
  });
  test("45 days when nobody reads", () => {
    expect(cleared(note({}), LONGEST)).toBe(false);
    expect(cleared(note({}), LONGEST + 1)).toBe(true);
  });
  test("unsent and refused work never goes", () => {
    expect(outlived([note({ phase: "waiting" }), note({ phase: "refused" })], [], [], 400 * DAY)).toEqual([]);
  });
});

test("the custody line says how far a note came", () => {
  const base: LocalNote = { id: "n", fields: { kind: "question", topic: "1", area: "a" }, lane: "place", seq: 1, phase: "waiting", receipts: { saved: 1 } };
  const far = (n: LocalNote, marked = {}) => reached(stages(n, [], [{ id: "a", issue: 50, issues: [50, 41], version: 1, topic: "1", areas: [], title: "", text: "", status: "answered", published_at: "2026-11-22T00:00:00Z" }], marked)).step;
  expect(far(base)).toBe("saved");
  expect(far({ ...base, phase: "taken", receipts: { saved: 1, taken: 2 } })).toBe("taken");
  expect(far({ ...base, receipts: { saved: 1, taken: 2, read: 3 }, master: { id: "n", status: "read" } })).toBe("read");
  const inIssue = { ...base, receipts: { saved: 1, taken: 2, read: 3 }, master: { id: "n", status: "in_issue" as const, issue: 41 } };
  expect(far(inIssue)).toBe("answered"); // an answer to an issue it came from by merge counts
  expect(far(inIssue, { a: { told: 5 } })).toBe("told");
  expect(far({ ...base, receipts: { saved: 1, taken: 2 }, master: { id: "n", status: "expired" } })).toBe("end");
});
