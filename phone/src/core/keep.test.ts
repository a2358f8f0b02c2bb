/** What goes from a phone by itself, and what never does. */
import { describe, expect, test } from "vitest";
import { lan, write } from "../test/phone";
import { Ward } from "../test/server";
import { AFTER_READ, LINE, LONGEST, outlived, tidied } from "./keep";
import { reply } from "./notes";
import type { LocalNote, LocalPhoto } from "./types";

const DAY = 86_400_000;
const YEAR = 365 * DAY;
const note = (more: Partial<LocalNote> = {}): LocalNote => ({
  id: "n", claim: "c", fields: { kind: "question", topic: "17.1", area: "a", text: "lời" }, lane: "place", seq: 1, phase: "taken", receipts: { saved: 0, taken: 0 }, ...more,
});
const photo = (more: Partial<LocalPhoto> = {}): LocalPhoto => ({ id: "p", note: "n", claim: "c", sha256: "", size: 9, type: "image/jpeg", phase: "sending", offset: 0, bytes: true, at: 0, ...more });

describe("a photo that has not arrived", () => {
  test.each([46, 130, 4000])("keeps its note, its bytes and its line: day %i", (day) => {
    expect(outlived([note()], [photo()], [], day * DAY)).toEqual([]);
    expect(outlived([note({ receipts: { taken: 0, read: DAY } })], [photo()], [], day * DAY)).toEqual([]);
  });
  test.each([{ state: "stored" as const, bytes: false }, { state: "received" as const }, { state: "rejected" as const }, { bytes: false }])("holds nothing up once nothing more will come of it: %o", (end) => {
    expect(outlived([note()], [photo(end)], [], LONGEST + 1).length).toBeGreaterThan(0);
    expect(outlived([note()], [photo(end)], [], LINE + 1)).toContainEqual({ shelf: "notes", key: "n", drop: true });
  });
});

test("nor does anything go of a note of which a row, a reply or a change waits", async () => {
  const phone = await lan(new Ward());
  const [a, b, c] = [await write(phone, "một"), await write(phone, "hai"), await write(phone, "ba")];
  await phone.send();
  await reply(phone.store, a, "còn đây", "2026-11-22");
  await phone.store.write([{ shelf: "drafts", key: "d", value: { id: "d", claim: "", step: "words", at: 0, text: "sửa", photos: [], edits: b.id } }]);
  phone.at.now += 130 * DAY;
  await phone.store.edit(async () => ({ changes: await tidied(phone.store, phone.at.now), result: undefined }));
  expect((await phone.store.keys("notes")).sort()).toEqual([a.id, b.id].sort());
  expect(await phone.store.get("notes", c.id)).toBeUndefined();
  expect((await phone.store.all("docs", "messages/")).length).toBe(1);
});

describe("a clock that is wrong", () => {
  test.each([["ahead", 9 * YEAR], ["behind", -9 * YEAR]])("by nine years (%s) writes receipts in the ward's time, and tidies by it", async (_how, off) => {
    const ward = new Ward();
    const phone = await lan(ward);
    const real = phone.at.now;
    phone.at.now += off;
    const held = await write(phone, "lời", Uint8Array.from([1, 2, 3]));
    const tidy = async (): Promise<void> => phone.store.edit(async () => ({ changes: await tidied(phone.store, phone.at.now), result: undefined }));
    ward.extra = { clock_skew_ms: off };
    await phone.send();
    expect((await phone.store.get("notes", held.id))?.receipts.taken).toBe(real);
    expect((await phone.store.all("photos"))[0]?.received).toBe(real);
    await tidy();
    expect((await phone.store.get("notes", held.id))?.fields.text).toBe("lời");
    phone.at.now = real + DAY; // put right
    await phone.send();
    await tidy();
    expect((await phone.store.get("notes", held.id))?.fields.text).toBe("lời");
    phone.at.now = real + LONGEST + DAY;
    await tidy();
    expect((await phone.store.get("notes", held.id))?.fields.text).toBeUndefined();
  });

  test("a receipt from the future is one of today", () => {
    const ahead = note({ receipts: { saved: 0, taken: 20 * YEAR, read: 20 * YEAR } });
    const [change] = outlived([ahead], [], [], YEAR);
    expect(change).toMatchObject({ shelf: "notes", value: { receipts: { taken: YEAR, read: YEAR }, fields: { text: "lời" } } });
    const again = (change as { value: LocalNote }).value;
    expect(outlived([again], [], [], YEAR + AFTER_READ + 1)).toMatchObject([{ value: { cleared: true } }]);
  });
});
