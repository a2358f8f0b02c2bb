import { describe, expect, test } from "vitest";
import { lan, write } from "../test/phone";
import { json, problem, Ward } from "../test/server";
import { renumbered } from "./session";
import { saveNote, withdraw } from "./notes";
import type { Hold } from "./types";

const hold = async (phone: { store: { get(s: "kv", k: string): Promise<unknown> } }) => (await phone.store.get("kv", "hold")) as Hold | undefined;

describe("a note on its way", () => {
  test("is taken when the answer does not name it", async () => {
    const phone = await lan(new Ward());
    const note = await write(phone);
    expect(await phone.send()).toBe("done");
    const held = await phone.store.get("notes", note.id);
    expect(held?.phase).toBe("taken");
    expect(held?.receipts.taken).toBe(phone.at.now);
    expect(await phone.store.all("outbox")).toEqual([]);
  });

  test("carries exactly its own fields, a running number and no null", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    await phone.send();
    expect(ward.batches[0]?.push.notes).toEqual([
      { seq: 1, newDocumentState: { id: note.id, claim: note.claim, kind: "observation", topic: "10.1", area: "11455-T07", text: "Ngập ở đầu ngõ", day: "2026-11-22", _deleted: false } },
    ]);
    expect(ward.batches[0]?.seq_max).toBe(1);
  });

  test("goes again after a lost answer and is stored once", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.fault = () => "lost";
    expect(await phone.send()).toBe("held");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("waiting");
    ward.fault = () => undefined;
    expect(await phone.send(true)).toBe("done");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
    expect(ward.taken).toBe(1);
    expect(new Set(ward.seqs)).toEqual(new Set([1]));
  });

  test("a refused row stays with its reason, the others pass", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const bad = await write(phone, "một");
    const good = await write(phone, "hai");
    ward.refuse = (row) => (row.id === bad.id ? { ...row, status: "rejected", reject: { code: "area_not_yours", field: "area", retry: "never" } } : undefined);
    await phone.send();
    expect(await phone.store.get("notes", bad.id)).toMatchObject({ phase: "refused", reject: { code: "area_not_yours" } });
    expect((await phone.store.get("notes", good.id))?.phase).toBe("taken");
    expect(await phone.store.all("outbox")).toEqual([]);
  });

  test("a row refused for now waits ten minutes and goes again", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.refuse = (row) => ({ ...row, status: "rejected", reject: { code: "unknown_topic", retry: "later" } });
    await phone.send();
    expect((await phone.store.get("notes", note.id))?.phase).toBe("waiting");
    ward.refuse = () => undefined;
    await phone.send();
    expect(ward.taken).toBe(0);
    phone.at.now += 11 * 60_000;
    await phone.send();
    expect(ward.taken).toBe(1);
  });

  test("a change made while the row is on its way goes out too", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone, "một");
    ward.fault = () => {
      void saveNote(phone.store, { id: "x", claim: "", step: "words", at: 0, text: "hai", photos: [], edits: note.id }, { ...note.fields, text: "hai" }, "place", phone.at.now);
      ward.fault = () => undefined;
      return undefined;
    };
    await phone.send();
    await new Promise((r) => setTimeout(r, 20));
    expect((await phone.store.get("notes", note.id))?.fields.text).toBe("hai");
    await phone.send();
    expect(ward.batches.flatMap((b) => b.push.notes ?? []).at(-1)?.newDocumentState["text"]).toBe("hai");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
  });

  test("what is not final goes out again once a day, no more", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    await write(phone);
    await phone.send();
    await phone.send();
    phone.at.now += 23 * 3_600_000;
    await phone.send();
    const sent = () => ward.batches.filter((b) => b.push.notes).length;
    expect(sent()).toBe(1);
    phone.at.now += 2 * 3_600_000;
    await phone.send();
    await phone.send();
    expect(sent()).toBe(2);
  });
});

describe("the request as a whole", () => {
  test.each([
    [401, "token_unknown", "enrol"], [403, "revoked", "revoked"], [426, "client_too_old", "update"],
    [429, "too_many_requests", "busy"], [503, "unavailable", "busy"], [507, "storage_full", "busy"], [500, "internal", "trouble"],
  ] as const)("%i holds the queue and loses nothing", async (status, code, reason) => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.fault = () => problem(status, code);
    expect(await phone.send()).toBe("held");
    expect(await hold(phone)).toMatchObject({ reason, tries: 1 });
    expect((await phone.store.get("notes", note.id))?.phase).toBe("waiting");
    expect(await phone.store.all("outbox")).toHaveLength(1);
    ward.fault = () => undefined;
    expect(await phone.send(true)).toBe("done");
    expect(await hold(phone)).toBeUndefined();
  });

  test("Retry-After is obeyed", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    await write(phone);
    ward.fault = () => problem(503, "unavailable", { "Retry-After": "120" });
    await phone.send();
    expect((await hold(phone))?.until).toBe(phone.at.now + 120_000 + 1_000);
    ward.fault = () => undefined;
    expect(await phone.send()).toBe("held");
    expect(ward.batches).toHaveLength(0);
    phone.at.now += 121_000;
    expect(await phone.send()).toBe("done");
  });

  test("after Retry-After phones come back spread, never too early, and wider each time", async () => {
    const ward = new Ward();
    ward.fault = () => problem(429, "too_many_requests", { "Retry-After": "41" });
    const waits: number[] = [];
    for (const random of [0, 0.25, 0.5, 0.75]) {
      const phone = await lan(ward);
      phone.world.random = () => random;
      await write(phone);
      for (let round = 0; round < 4; round++) {
        expect(await phone.send(true)).toBe("held");
        waits.push((await hold(phone))!.until - phone.at.now - 41_000);
        expect((await hold(phone))?.reason).toBe("busy");
      }
      expect(await phone.store.all("outbox")).toHaveLength(1);
    }
    expect(waits).toEqual([0, 0, 0, 0, 500, 1_000, 2_000, 4_000, 1_000, 2_000, 4_000, 8_000, 1_500, 3_000, 6_000, 12_000]);
  });

  test("the longest wait a server may ask for holds, whatever the spread", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    phone.world.random = () => 0.999;
    await write(phone);
    ward.fault = () => problem(429, "too_many_requests", { "Retry-After": "86400" });
    for (let round = 0; round < 12; round++) await phone.send(true);
    ward.fault = () => undefined;
    phone.at.now += 3_599_000;
    expect(await phone.send()).toBe("held");
  });

  test("a clock that the ward calls wrong is kept with the last exchange, and gone once it is right", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const answer = (more: object) => () => json({ auth: "ok", server_time: "2026-11-22T05:00:00Z", ...more });
    ward.fault = answer({ clock_skew_ms: -600_000 });
    expect(await phone.send()).toBe("done");
    expect(await phone.store.get("kv", "last")).toMatchObject({ ok: true, skew: -600_000 });
    ward.fault = answer({});
    expect(await phone.send()).toBe("done");
    expect(await phone.store.get("kv", "last")).toEqual({ at: phone.at.now, ok: true });
  });

  test("a clock that was years ahead and is put right keeps nothing back", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const right = phone.at.now;
    phone.at.now += 10 * 365 * 86_400_000;
    const note = await write(phone);
    ward.fault = () => "unreached";
    expect(await phone.send()).toBe("held");
    phone.at.now = right;
    ward.fault = () => undefined;
    expect(await phone.send()).toBe("done");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
  });

  test("the wait grows", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    ward.fault = () => "unreached";
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      await phone.send(true);
      waits.push((await hold(phone))!.until - phone.at.now);
    }
    expect(waits).toEqual([2_000, 3_000, 5_000, 9_000, 17_000]);
  });

  test.each([
    ["a sign-in page", () => new Response("<html>", { status: 200, headers: { "Content-Type": "text/html" } })],
    ["foreign JSON", () => json({ hello: 1 })],
    ["a page with 403", () => new Response("<html>", { status: 403, headers: { "Content-Type": "text/html" } })],
    ["JSON cut short", () => new Response('{"auth":"ok","push', { status: 200, headers: { "Content-Type": "application/json" } })],
  ])("%s is no answer of ours", async (_name, make) => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.fault = make;
    await phone.send();
    expect((await hold(phone))?.reason).toBe("captive");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("waiting");
  });

  test("too large: halved until it fits", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    for (let i = 0; i < 9; i++) await write(phone, `số ${i}`);
    ward.fault = ({ body }) => (((body as { push: { notes?: unknown[] } }).push.notes?.length ?? 0) > 3 ? problem(413, "too_large") : undefined);
    expect(await phone.send()).toBe("done");
    expect(ward.taken).toBe(9);
  });

  test("one unreadable row is set aside, the rest is sent", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const poison = await write(phone, "độc");
    for (let i = 0; i < 4; i++) await write(phone, `số ${i}`);
    ward.fault = ({ body }) => (JSON.stringify(body).includes(poison.id) ? problem(400, "bad_request") : undefined);
    expect(await phone.send()).toBe("done");
    expect(ward.taken).toBe(4);
    expect((await phone.store.get("notes", poison.id))?.phase).toBe("refused");
  });

  test("expired: pushes are taken, a new code is asked for", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.extra = { auth: "expired", pull: undefined };
    expect(await phone.send()).toBe("held");
    expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
    expect((await hold(phone))?.reason).toBe("enrol");
  });
});

describe("numbers", () => {
  test("run on and never go back; a deleted draft leaves its number as void", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    await write(phone);
    const second = await write(phone);
    await withdraw(phone.store, second.id);
    const third = await write(phone);
    expect(third).toMatchObject({ phase: "waiting" });
    expect((await phone.store.get("notes", third.id))?.seq).toBe(3);
    await phone.send();
    expect([...ward.seqs].sort()).toEqual([1, 2, 3]);
    expect(ward.batches[0]?.push.marks?.[0]).toMatchObject({ seq: 2, newDocumentState: { mark: "void" } });
    expect(await phone.store.get("notes", second.id)).toBeUndefined();
  });

  test("a number the server never saw goes again", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    await phone.send();
    ward.docs["notes"]?.delete(note.id);
    ward.extra = { missing: [[1, 1]] };
    await phone.send();
    await phone.send();
    expect(ward.docs["notes"]?.has(note.id)).toBe(true);
  });

  test("after enrolling again unsent rows are numbered from 1", async () => {
    const phone = await lan(new Ward());
    await write(phone);
    await phone.send();
    const a = await write(phone);
    const b = await write(phone);
    await phone.store.write(renumbered(await phone.store.all("notes"), await phone.store.all("outbox")));
    expect([(await phone.store.get("notes", a.id))?.seq, (await phone.store.get("notes", b.id))?.seq]).toEqual([1, 2]);
    expect(await phone.store.get("kv", "seq")).toBe(2);
  });
});

describe("taking back", () => {
  test("a note that may have left is withdrawn at the ward, then gone here", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    ward.fault = () => "lost";
    await phone.send();
    ward.fault = () => undefined;
    await withdraw(phone.store, note.id);
    await phone.send(true);
    expect(ward.batches.at(-1)?.push.notes?.[0]?.newDocumentState["_deleted"]).toBe(true);
    expect(await phone.store.get("notes", note.id)).toBeUndefined();
  });
});
