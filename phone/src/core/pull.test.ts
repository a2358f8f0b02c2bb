import { expect, test } from "vitest";
import { lan, write } from "../test/phone";
import { problem, Ward } from "../test/server";

const titles = async (phone: Awaited<ReturnType<typeof lan>>) => (await phone.store.all("docs", "answers/")).map((d) => d.doc.id).sort();

test("a cold start fetches all pages, a warm one is one request", async () => {
  const ward = new Ward();
  for (let i = 0; i < 2_300; i++) ward.put("places", { id: `p${i}` });
  const phone = await lan(ward);
  await phone.send();
  expect(await phone.store.all("docs", "places/")).toHaveLength(2_300);
  expect(ward.batches.length).toBeLessThanOrEqual(6);
  const before = ward.batches.length;
  await phone.send();
  expect(ward.batches.length).toBe(before + 1);
});

test("a document deleted at the ward goes here", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  ward.put("answers", { id: "a1" });
  await phone.send();
  ward.put("answers", { id: "a1", _deleted: true });
  await phone.send();
  expect(await titles(phone)).toEqual([]);
});

test.each(["reset", "drop"])("%s: pulled afresh, what does not come again goes, unsent work stays", async (what) => {
  const ward = new Ward();
  const phone = await lan(ward);
  ward.put("answers", { id: "old" });
  ward.put("answers", { id: "kept" });
  await phone.send();
  const note = await write(phone);
  ward.docs["answers"]!.delete("old");
  ward.extra = { [what]: ["a:11455"] };
  ward.refuse = (row) => ({ ...row, status: "rejected", reject: { code: "unknown_topic", retry: "later" } });
  await phone.send();
  expect(await titles(phone)).toEqual(["kept"]);
  expect((await phone.store.get("notes", note.id))?.phase).toBe("waiting");
  expect(await phone.store.all("outbox")).toHaveLength(1);
});

test("410 starts the pull anew once, then waits instead of circling", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  ward.put("answers", { id: "a" });
  await phone.send();
  ward.fault = () => problem(410, "resync-required");
  expect(await phone.send()).toBe("held");
  ward.fault = () => undefined;
  expect(await phone.send(true)).toBe("done");
  expect(await titles(phone)).toEqual(["a"]);
});

test("a restored ward gets everything again that this phone still holds", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", Uint8Array.from([1, 2, 3]));
  await phone.send();
  ward.docs = {};
  ward.bytes.clear();
  ward.epoch = "e2";
  ward.extra = { reset: ["u:lan"] };
  ward.put("topics", { id: "01" });
  await phone.send();
  await phone.send();
  expect(ward.docs["notes"]?.has(note.id)).toBe(true);
  expect(ward.bytes.get(note.fields.photos![0]!)?.data).toEqual([1, 2, 3]);
});

test("a bare tombstone (the author was erased) does not take the words from the phone", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập");
  await phone.send();
  ward.put("notes", { id: note.id, _deleted: true });
  await phone.send();
  expect((await phone.store.get("notes", note.id))?.fields.text).toBe("ngập");
});

test("the way of a note is kept as receipts", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone);
  await phone.send();
  phone.at.now += 3_600_000;
  ward.put("notes", { id: note.id, status: "in_issue", issue: 41 });
  await phone.send();
  const held = await phone.store.get("notes", note.id);
  expect(held?.receipts).toMatchObject({ read: phone.at.now, in_issue: phone.at.now });
  expect(held?.fields.text).toBe("Ngập ở đầu ngõ");
  ward.put("notes", { id: note.id, status: "needs_detail", ask: "Ở phía nào?" });
  await phone.send();
  const asked = await phone.store.get("notes", note.id);
  expect(asked?.master).toMatchObject({ ask: "Ở phía nào?" });
  expect([asked?.master?.issue, asked?.receipts.in_issue]).toEqual([undefined, undefined]);
});

test("a note of another phone of the account is shown, never sent", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  ward.put("notes", { id: "n9", kind: "question", topic: "17.1", area: "11455-K2", week: "2026-W47", text: "?", status: "read" });
  await phone.send();
  expect(await phone.store.get("notes", "n9")).toMatchObject({ phase: "taken", lane: "opinion", seq: 0 });
  phone.at.now += 3 * 86_400_000;
  await phone.send();
  expect(ward.batches.every((b) => !b.push.notes)).toBe(true);
});
