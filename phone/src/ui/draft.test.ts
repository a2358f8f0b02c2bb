/** The draft as the screens use it: on disk at once, in order, through failures. Pictures are made elsewhere; the disk is real enough. */
import { expect, test, vi } from "vitest";

vi.mock("./clean", async (real) => {
  const clean = await real<typeof import("./clean")>();
  return { ...clean, loadRules: vi.fn(clean.loadRules) };
});
vi.mock("./live", () => ({ kickAfterSave: vi.fn(async () => undefined) }));
vi.mock("./shrink", () => ({ shrink: vi.fn(async (from: Blob, strokes: unknown[] = []) => new TextEncoder().encode(`${await from.text()}${strokes.length ? " covered" : ""}`).buffer) }));
vi.mock("./room", () => ({ askFirm: vi.fn() }));

const { loadRules } = await import("./clean");
const { route } = await import("./route");
const { shrink } = await import("./shrink");
const state = await import("./state");
const { begin, beginChange, cover, discard, draft, edit, kept, leave, listed, removePhoto, reopen, save, strokes, takePhoto, toCover, trouble } = await import("./draft");
const phone = await import("../test/writing");
const { noRoom, picture, place, savedNote, slowPicture, text } = phone;

test("every keystroke is on disk, and a burst of them is one more write", async () => {
  const id = await place();
  const write = vi.spyOn(phone.store, "write");
  let last: Promise<void> | undefined;
  for (const letter of "Ngập") last = edit({ text: `${draft.value!.text}${letter}` });
  expect(kept.value).toBe(false);
  await last;
  expect(kept.value).toBe(true);
  expect((await phone.store.get("drafts", id))?.text).toBe("Ngập");
  expect(write.mock.calls.length).toBeLessThanOrEqual(2);
});

test("words typed while a photo is being kept are not lost, nor is the photo", async () => {
  const id = await place();
  const real = phone.store.write;
  phone.store.write = async (changes) => {
    if (changes.some((c) => c.shelf === "bytes")) await new Promise((done) => setTimeout(done, 400)); // a photo takes its time
    return real(changes);
  };
  const photo = takePhoto(picture("bờ kè"));
  const edits: Promise<void>[] = [];
  for (let i = 0; i < 30; i++) {
    edits.push(edit({ text: `${draft.value!.text}x` }));
    await new Promise((done) => setTimeout(done, 2));
  }
  const kept = await photo;
  await Promise.all(edits);
  const held = (await phone.store.get("drafts", id))!;
  expect(held).toMatchObject({ text: "x".repeat(30), photos: [kept] });
  expect(text(await phone.store.get("bytes", kept!))).toBe("bờ kè");
});

test("three photos and no more; one taken away makes room", async () => {
  await place();
  const ids = [];
  for (const name of ["1", "2", "3", "4"]) ids.push(await takePhoto(picture(name)));
  expect(ids[3]).toBeUndefined();
  await removePhoto(ids[1]!);
  expect(await phone.store.get("bytes", ids[1]!)).toBeUndefined();
  expect(await takePhoto(picture("5"))).toBeDefined();
  expect(draft.value!.photos).toHaveLength(3);
});

test("a draft comes back with its strokes, and the covered picture takes the place of the bare one", async () => {
  const id = await place();
  const bare = (await takePhoto(picture("mặt người")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  draft.value = undefined; // the browser was killed
  expect(await reopen(id)).toBe(true);
  expect(draft.value).toMatchObject({ step: "cover", cover: { photo: bare, strokes: [{ r: 5, at: [1, 1] }] } });
  await cover();
  const [covered] = draft.value!.photos;
  expect(covered).not.toBe(bare);
  expect(text(await phone.store.get("bytes", covered!))).toBe("mặt người covered");
  expect(await phone.store.get("bytes", bare)).toBeUndefined();
  expect(await phone.store.get("photos", bare)).toBeUndefined();
  expect((await phone.store.get("drafts", id))!.cover).toBeUndefined();
});

test("saving with the brush still in hand saves the covered picture, never the bare one", async () => {
  await place();
  const bare = (await takePhoto(picture("biển số")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  const note = await save();
  if (typeof note === "string") throw new Error(note);
  expect(note.fields.photos).toHaveLength(1);
  expect(text(await phone.store.get("bytes", note.fields.photos![0]!))).toBe("biển số covered");
  expect(await phone.store.keys("bytes")).toEqual(note.fields.photos);
  expect((await phone.store.keys("outbox")).sort()).toEqual([`notes/${note.id}`, `photos/${note.fields.photos![0]}`]);
});

test("a full phone: the writer is told, nothing is thrown away, and it is tried again by itself", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const id = await place();
    route.value = ["write", id, "words"];
    const makeRoom = noRoom();
    await edit({ text: "Cống tắc" });
    expect([trouble.value, kept.value, draft.value!.text]).toEqual(["full", false, "Cống tắc"]);
    makeRoom();
    await vi.advanceTimersByTimeAsync(3_000);
    await vi.waitFor(async () => expect((await phone.store.get("drafts", id))?.text).toBe("Cống tắc"));
    expect([trouble.value, kept.value]).toEqual([undefined, true]);
    expect(draft.value?.id).toBe(id);
  } finally {
    vi.useRealTimers();
  }
});

test("a full phone, and its writer goes Back: the words stay in the list, nothing takes their place, and they are kept once there is room", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const other = await place();
    await edit({ text: "Đèn tắt" });
    await leave(other);
    const id = await place();
    const makeRoom = noRoom();
    await edit({ text: "Cống tắc" });
    await leave(id);
    expect(listed().map((d) => d.text)).toEqual(["Cống tắc", "Đèn tắt"]);
    expect(trouble.value).toBe("full");
    expect(await begin()).toBeUndefined();
    expect(state.toast.value).toMatchObject({ bad: true });
    expect(await reopen(other)).toBe(false);
    expect(await reopen(id)).toBe(true);
    expect(draft.value).toMatchObject({ id, text: "Cống tắc" });
    makeRoom();
    await vi.advanceTimersByTimeAsync(3_000);
    await vi.waitFor(() => expect(draft.value).toBeUndefined());
    expect((await phone.store.get("drafts", id))?.text).toBe("Cống tắc");
    expect([trouble.value, kept.value]).toEqual([undefined, true]);
    expect(await reopen(other)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("room again just before another note is begun: the first is kept, and the second opens", async () => {
  const id = await place();
  const makeRoom = noRoom();
  await edit({ text: "Cống tắc" });
  await leave(id);
  makeRoom();
  expect((await begin())!.id).not.toBe(id);
  expect((await phone.store.get("drafts", id))?.text).toBe("Cống tắc");
});

test("a save that the disk refuses keeps the draft whole, and says why", async () => {
  const id = await place();
  await edit({ text: "Đèn hỏng" });
  const photo = await takePhoto(picture("đèn"));
  phone.store.edit = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  expect(await save()).toBe("full");
  expect(draft.value).toMatchObject({ id, text: "Đèn hỏng", photos: [photo] });
  expect(await phone.store.get("drafts", id)).toMatchObject({ text: "Đèn hỏng", photos: [photo] });
  expect(await phone.store.keys("outbox")).toEqual([]);
});

test("a draft that the disk does not let go stays on the screen", async () => {
  const id = await place();
  const end = noRoom();
  await expect(discard(draft.value!)).rejects.toThrow("full");
  expect(draft.value?.id).toBe(id);
  end();
  await discard(draft.value!);
  expect([draft.value, await phone.store.keys("drafts")]).toEqual([undefined, []]);
});

test("words written while a picture is covered are on disk at once", async () => {
  const id = await place();
  const bare = (await takePhoto(picture("mặt người")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  const made = slowPicture();
  const covered = cover();
  await edit({ text: "Ngập" });
  expect((await phone.store.get("drafts", id))?.text).toBe("Ngập");
  await strokes(bare, [{ r: 5, at: [1, 1] }, { r: 5, at: [9, 9] }]); // and one more stroke: painted again, with it
  made();
  await covered;
  expect(vi.mocked(shrink).mock.lastCall?.[1]).toHaveLength(2);
  expect(draft.value!.cover).toBeUndefined();
  expect(text(await phone.store.get("bytes", draft.value!.photos[0]!))).toBe("mặt người covered");
});

test("saved is what stands there once the rules have come", async () => {
  await place();
  await edit({ text: "Cống" });
  let come = (): void => undefined;
  vi.mocked(loadRules).mockImplementationOnce(() => new Promise((done) => { come = done; }));
  const saved = save();
  await new Promise((done) => setTimeout(done, 20));
  void edit({ text: "Cống tắc" });
  come();
  expect(await saved).toMatchObject({ fields: { text: "Cống tắc" } });
});

test("a draft ends with its notebook", async () => {
  await place();
  state.vault.value = { id: "b2" } as never;
  expect(draft.value).toBeUndefined();
  state.vault.value = undefined;
});

test("what is kept may be longer than what was typed: neither is saved beyond 280 characters", async () => {
  await place();
  await edit({ text: "x".repeat(281) });
  expect(await save()).toBe("long");
  const phones = Array.from({ length: 18 }, (_, i) => `09${12345670 + i}`).join(" và "); // each becomes [điện thoại]
  expect(phones.length).toBeLessThan(280);
  await edit({ text: phones });
  expect(await save()).toBe("long");
  expect(draft.value!.text).toBe(phones);
  expect(await phone.store.keys("outbox")).toEqual([]);
});

test("a note opened for change and left as it was leaves no draft", async () => {
  const note = await savedNote("observation", "Cống tắc");
  await beginChange(note);
  await leave(draft.value!.id);
  expect(await phone.store.keys("drafts")).toEqual([]);
  await beginChange(note);
  await edit({ text: "Cống tắc, nước tràn" });
  await leave(draft.value!.id);
  expect(await phone.store.keys("drafts")).toHaveLength(1);
});

test("an opinion that is changed later stays with its week", async () => {
  const note = await savedNote("question", "Bao giờ có nước?");
  const held = { ...note, fields: { ...note.fields, week: "2026-W20" } };
  await phone.store.write([{ shelf: "notes", key: note.id, value: held }]);
  state.notes.value = [held];
  await beginChange(held);
  await edit({ text: "Bao giờ có nước lại?" });
  expect(await save()).toMatchObject({ fields: { week: "2026-W20", text: "Bao giờ có nước lại?" } });
});
