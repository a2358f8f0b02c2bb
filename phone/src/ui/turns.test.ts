/** Drafts opened, left and saved while something is still on its way: in turn, none taking anything of another with it. */
import { expect, test, vi } from "vitest";

vi.mock("./live", () => ({ kickAfterSave: vi.fn(async () => undefined) }));
vi.mock("./shrink", () => ({ shrink: vi.fn(async (from: Blob, strokes: unknown[] = []) => new TextEncoder().encode(`${await from.text()}${strokes.length ? " covered" : ""}`).buffer) }));
vi.mock("./room", () => ({ askFirm: vi.fn() }));

const { route } = await import("./route");
const state = await import("./state");
const { begin, beginChange, discard, draft, edit, isEmpty, leave, onDisk, reopen, save, strokes, takePhoto, toCover } = await import("./draft");
const phone = await import("../test/writing");
const { noRoom, picture, place, savedNote, slowPicture } = phone;

test("who leaves, or saves, while a photo is still being made keeps the photo", async () => {
  const id = await place();
  let made = slowPicture();
  let photo = takePhoto(picture("cột điện"));
  const left = leave(id);
  made();
  const first = await photo;
  await left;
  expect(draft.value).toBeUndefined();
  expect(await phone.store.get("drafts", id)).toMatchObject({ photos: [first] });

  await reopen(id);
  made = slowPicture();
  photo = takePhoto(picture("dây điện"));
  const saved = save();
  made();
  const second = await photo;
  expect(await saved).toMatchObject({ fields: { photos: [first, second] } });
});

test("a draft that is being left takes neither the next one with it nor its own return", async () => {
  const id = await place();
  const bare = (await takePhoto(picture("mặt người")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  let made = slowPicture();
  let left = leave(id);
  const next = begin("observation");
  made();
  const fresh = (await next)!;
  await left;
  expect(draft.value?.id).toBe(fresh.id);
  expect(await phone.store.keys("drafts")).toContain(fresh.id);
  expect((await phone.store.get("drafts", id))?.cover).toBeUndefined();

  await leave(fresh.id);
  await reopen(id);
  await toCover(draft.value!.photos[0]!);
  await strokes(draft.value!.photos[0]!, [{ r: 5, at: [2, 2] }]);
  made = slowPicture();
  left = leave(id);
  const again = reopen(id); // Back, at once
  made();
  expect(await again).toBe(true);
  await left;
  expect(draft.value).toMatchObject({ id });
});

test("an empty draft is judged as it lies on the disk: a photo that arrived since, or another tab's words, keep it", async () => {
  const id = await place();
  await state.reload(); // the list knows it empty
  const made = slowPicture();
  const photo = takePhoto(picture("hố ga"));
  const next = begin();
  made();
  const first = await photo;
  expect((await next)!.id).not.toBe(id);
  expect(await phone.store.get("drafts", id)).toMatchObject({ photos: [first] });
  expect(await phone.store.keys("bytes")).toEqual([first]);

  const shared = await place();
  await phone.store.write([{ shelf: "drafts", key: shared, value: { ...draft.value!, text: "viết ở thẻ kia" } }]);
  await leave(shared);
  expect(await phone.store.get("drafts", shared)).toMatchObject({ text: "viết ở thẻ kia" });
});

test("a change begun in another tab goes on from there", async () => {
  const note = await savedNote("observation", "Cống tắc");
  await beginChange(note);
  const begun = draft.value!;
  await edit({ text: "Cống tắc, nước tràn" });
  await leave(begun.id);
  state.drafts.value = [];
  await beginChange(note);
  expect(draft.value).toMatchObject({ id: begun.id, text: "Cống tắc, nước tràn" });
});

test("who has gone elsewhere while a note was to be opened stays there", async () => {
  await place();
  const made = slowPicture();
  const photo = takePhoto(picture("hố ga"));
  const next = begin();
  route.value = ["answers"];
  made();
  await photo;
  expect(await next).toBeUndefined();
});

test("who comes Forward again while the draft is being put away goes on in it", async () => {
  const id = await place();
  const bare = (await takePhoto(picture("mặt người")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  const made = slowPicture();
  const left = leave(id);
  await new Promise((done) => setTimeout(done, 20));
  route.value = ["write", id, "words"];
  const blank = vi.fn();
  const end = draft.subscribe((d) => d ?? blank());
  const back = reopen(id);
  const typed = edit({ text: "viết tiếp" });
  made();
  await left;
  expect(await back).toBe(true);
  await typed;
  end();
  expect(blank).not.toHaveBeenCalled();
  expect(draft.value).toMatchObject({ id, text: "viết tiếp" });
  expect(await phone.store.get("drafts", id)).toMatchObject({ text: "viết tiếp" });
});

test("\"asked here too\" ends an empty note only: not one whose first photo is still being made", async () => {
  const id = await place();
  let snap = (_bitmap: Blob): void => undefined;
  const photo = takePhoto(new Promise<Blob>((done) => { snap = done; })); // the frame itself takes a moment
  const empty = isEmpty(id);
  snap(picture("hố ga"));
  expect(await empty).toBe(false);
  expect(await phone.store.get("drafts", id)).toMatchObject({ photos: [await photo] });
  expect(await isEmpty(await place())).toBe(true);
});

test("all is on disk only when the photo is made, and the words are kept", async () => {
  const id = await place();
  const made = slowPicture();
  const photo = takePhoto(picture("hố ga"));
  let there = false;
  const all = onDisk().then(() => (there = true));
  await new Promise((done) => setTimeout(done, 20));
  expect(there).toBe(false);
  const makeRoom = noRoom();
  void edit({ text: "Sụt" });
  made();
  await photo.catch(() => undefined);
  await new Promise((done) => setTimeout(done, 50));
  expect(there).toBe(false);
  makeRoom();
  void edit({ text: "Sụt lún" });
  await all;
  expect((await phone.store.get("drafts", id))?.text).toBe("Sụt lún");
});

test("leaving keeps what was written and clears what was not", async () => {
  const id = await place();
  await leave(id);
  expect(await phone.store.keys("drafts")).toEqual([]);
  const other = await place();
  await edit({ text: "Rác" });
  await leave(other);
  expect(await phone.store.keys("drafts")).toEqual([other]);
  expect(other).not.toBe(id);
  await reopen(other);
  await discard(draft.value!);
  expect(await phone.store.keys("drafts")).toEqual([]);
});
