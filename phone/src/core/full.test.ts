/** A phone without room opens, reads, sends and makes room; nothing is counted twice or lost by it. */
import { afterEach, expect, test, vi } from "vitest";
import { fill, smallStorage } from "../test/full";
import { lan, take, write } from "../test/phone";
import { Ward } from "../test/server";
import { dropPhoto, keepDraft, newDraft, whole } from "./notes";
import { addVault, newVault } from "./pin";
import { isFull, openStore, type Store } from "./store";
import type { Session, Vault } from "./types";
import { currentVault, setCurrent, tryPin, vaults, waitFor, type Derive } from "./vault";

const SESSION: Session = { account: "a1", device: "d1", token: "t", role: "reporter", areas: [], epoch: "e", enrolled_at: 1 };
const quick: Derive = async (pin, salt) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${pin}${salt}`)));
const picture = (size: number): Uint8Array => crypto.getRandomValues(new Uint8Array(size));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

let n = 0;
async function twoBooks(): Promise<{ phone: Store; books: Vault[] }> {
  const phone = await openStore(`full-${++n}`);
  const books: Vault[] = [];
  for (const account of ["a1", "a2"]) books.push(await addVault(phone, (await newVault({ ...SESSION, account }, "271828", quick)).vault, true));
  return { phone, books };
}
const attempt = async (phone: Store, pin: string, now = 1_000_000) => tryPin(phone, (await currentVault(phone))!.id, pin, () => now, quick);

test("the right PIN opens it, and another notebook can be chosen", async () => {
  const held = smallStorage();
  const { phone, books } = await twoBooks();
  fill();
  await setCurrent(phone, books[0]!);
  expect((await currentVault(phone))?.account).toBe("a1");
  for (let i = 0; i < 4; i++) expect((await attempt(phone, "271828")).end).toBe("open");
  vi.restoreAllMocks();
  await setCurrent(phone, books[1]!);
  expect((await attempt(phone, "271828")).end).toBe("open");
  expect((await currentVault(phone))?.account).toBe("a2");
  expect([...held.keys()]).toEqual([`sotay-tries-${books[0]!.id}`]); // the other one's count still lies there
  await addVault(phone, (await newVault({ ...SESSION, account: "a3" }, "271828", quick)).vault, true);
  expect((await currentVault(phone))?.account).toBe("a3");
});

test("wrong tries are counted there too, over a restart, and the count goes on when there is room", async () => {
  const held = smallStorage();
  const { phone } = await twoBooks();
  await attempt(phone, "111112");
  fill();
  for (let i = 0; i < 2; i++) expect((await attempt(phone, "111112")).end).toBe("wrong");
  expect(await attempt(phone, "271828")).toEqual({ end: "wait", wait: 10_000 });
  phone.close();
  const again = await openStore(phone.name.replace("sotay-vault-", ""));
  expect(waitFor((await vaults(again))[1]!, 1_000_000)).toBe(10_000);
  vi.restoreAllMocks();
  expect(await attempt(again, "111112", 1_010_000)).toEqual({ end: "wrong", wait: 30_000 });
  expect(held.size).toBe(0);
  expect((await attempt(again, "271828", 1_040_000)).end).toBe("open");
  expect(await currentVault(again)).toMatchObject({ fails: 0, until: 0 });
});

test("pictures the ward keeps go first, so that its receipts can be kept", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(40_000));
  const id = note.fields.photos![0]!;
  await phone.send();
  const unsent = await write(phone, "đèn tắt");
  await phone.store.write([{ shelf: "notes", key: unsent.id, value: { ...unsent, sent: phone.at.now } }]); // sealed already: it may have left
  ward.put("photos", { id, state: "stored", offset: 40_000 });
  fill("bytes");
  expect(await phone.send()).toBe("done");
  expect(await phone.store.get("photos", id)).toMatchObject({ state: "stored", bytes: false });
  expect(await phone.store.get("bytes", id)).toBeUndefined();
  expect((await phone.store.get("notes", unsent.id))?.phase).toBe("taken");
  expect(await phone.store.all("outbox")).toEqual([]);
});

test("what cannot be marked as having left does not leave", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone);
  const end = fill();
  await expect(phone.send()).rejects.toSatisfy(isFull);
  expect(ward.batches).toEqual([]);
  end();
  expect(await phone.send()).toBe("done");
  expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
});

test("a photo is let go though its draft cannot be written", async () => {
  const phone = await lan(new Ward());
  let draft = { ...newDraft(1), text: "ngập" };
  await keepDraft(phone.store, draft);
  draft = await take(phone, draft, picture(1_000));
  draft = await take(phone, draft, picture(1_000));
  const [first, second] = draft.photos;
  fill();
  expect((await dropPhoto(phone.store, draft, first!)).photos).toEqual([second]);
  expect(await phone.store.keys("bytes")).toEqual([second]);
  const read = await phone.store.get("drafts", draft.id);
  expect(read?.photos).toEqual([first, second]);
  expect((await whole(phone.store, read))?.photos).toEqual([second]);
});
