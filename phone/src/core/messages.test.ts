import { expect, test } from "vitest";
import { mood } from "./custody";
import { outlived } from "./keep";
import { dropReply, reply } from "./notes";
import { lan, write, type Lan } from "../test/phone";
import { Ward } from "../test/server";
import type { LocalNote, Message } from "./types";

const talk = async (phone: Lan): Promise<string[]> => (await phone.store.all("docs", "messages/")).map((d) => (d.doc as Message).text).sort();

async function questioned(): Promise<{ ward: Ward; phone: Lan; note: LocalNote }> {
  const ward = new Ward();
  const phone = await lan(ward);
  const { id } = await write(phone);
  await phone.send();
  ward.put("notes", { id, status: "needs_detail", ask: "Ở đoạn nào?" });
  ward.put("messages", { id: "m1", note: id, text: "Ở đoạn nào?", at: "2026-11-22", office: true });
  await phone.send();
  return { ward, phone, note: (await phone.store.get("notes", id))! };
}

test("a question arrives, its reply stands there at once and goes out once", async () => {
  const { ward, phone, note } = await questioned();
  expect(mood(note, [])).toBe("ask");
  await reply(phone.store, note, "Ngay đầu ngõ", "2026-11-22");
  expect(await talk(phone)).toEqual(["Ngay đầu ngõ", "Ở đoạn nào?"]);
  expect(mood((await phone.store.get("notes", note.id))!, [])).toBe("sent");
  ward.fault = () => "lost";
  await phone.send();
  expect(await phone.store.keys("outbox")).toHaveLength(1);
  ward.fault = () => undefined;
  await phone.send(true);
  expect(await phone.store.keys("outbox")).toEqual([]);
  const sent = ward.batches.flatMap((b) => b.push.messages ?? []).map((row) => row.newDocumentState);
  expect(new Set(sent.map((doc) => doc["id"])).size).toBe(1);
  expect(sent[0]).toEqual({ id: expect.any(String), note: note.id, claim: note.claim, text: "Ngay đầu ngõ", _deleted: false });
  ward.put("notes", { id: note.id, status: "needs_detail", ask: "Từ hôm nào?" });
  await phone.send();
  expect(mood((await phone.store.get("notes", note.id))!, [])).toBe("ask"); // another question
});

test("a reply not yet at the ward outlives a cold start of the pull; one the ward has erased does not", async () => {
  const { ward, phone, note } = await questioned();
  await reply(phone.store, note, "Ngay đầu ngõ", "2026-11-22");
  ward.docs["messages"]!.delete("m1");
  ward.refuse = (row, name) => (name === "messages" ? { ...row, status: "rejected", reject: { code: "unavailable", retry: "later" } } : undefined);
  ward.extra = { reset: ["a:11455"] };
  await phone.send();
  expect(await talk(phone)).toEqual(["Ngay đầu ngõ"]);
});

test("a reply the ward does not take stays until its writer has seen why, and is not sent again", async () => {
  const { ward, phone, note } = await questioned();
  await reply(phone.store, note, "Ngay đầu ngõ", "2026-11-22");
  ward.refuse = (row, name) => (name === "messages" ? { ...row, status: "rejected", reject: { code: "unknown_note", field: "note", retry: "never" } } : undefined);
  await phone.send();
  const [row] = await phone.store.all("outbox");
  expect(row).toMatchObject({ collection: "messages", refused: { code: "unknown_note" } });
  const before = ward.batches.length;
  await phone.send(true);
  expect(ward.batches.slice(before).flatMap((b) => b.push.messages ?? [])).toEqual([]);
  await dropReply(phone.store, row!.id);
  expect(await talk(phone)).toEqual(["Ở đoạn nào?"]);
  expect(await phone.store.keys("outbox")).toEqual([]);
});

test("the talk goes with the words", async () => {
  const { phone, note } = await questioned();
  const messages = (await phone.store.all("docs", "messages/")).map((d) => d.doc as Message);
  await phone.store.write(outlived([note], [], messages, phone.at.now + 50 * 86_400_000));
  expect(await talk(phone)).toEqual([]);
  expect((await phone.store.get("notes", note.id))?.cleared).toBe(true);
});

test("areas gained and lost reach the phone; afterwards it says those", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  await phone.send();
  expect(ward.batches.at(-1)?.areas).toEqual(["11455-T07"]);
  ward.extra = { areas: ["11455-T07", "11455-T08"] };
  await phone.send();
  await phone.send();
  expect(ward.batches.at(-1)?.areas).toEqual(["11455-T07", "11455-T08"]);
});

test("what an answer leaves out stands where the rest of it stands", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  ward.put("topics", { id: "10.1" });
  await phone.send();
  ward.put("answers", { id: "a" });
  await phone.send();
  await phone.send();
  const cps = Object.values(ward.batches.at(-1)!.pull).map((ask) => JSON.stringify(ask.cp));
  expect(new Set(cps).size).toBe(1);
  expect(cps).toHaveLength(10);
  ward.put("topics", { id: "10.2" });
  await phone.send();
  expect(await phone.store.get("docs", "topics/10.2")).toBeTruthy();
});
