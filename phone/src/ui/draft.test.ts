/** The draft as the screens use it: on disk at once, in order, through failures. Pictures are made elsewhere; the disk is real enough. */
import { beforeEach, expect, test, vi } from "vitest";

vi.mock("./clean", async (real) => {
  const clean = await real<typeof import("./clean")>();
  return { ...clean, loadRules: vi.fn(clean.loadRules) };
});
vi.mock("./live", () => ({ kickAfterSave: vi.fn(async () => undefined) }));
vi.mock("./shrink", () => ({ shrink: vi.fn(async (from: Blob, strokes: unknown[] = []) => new TextEncoder().encode(`${await from.text()}${strokes.length ? " covered" : ""}`).buffer) }));
vi.mock("./room", () => ({ askFirm: vi.fn() }));

const { openStore } = await import("../core/store");
const { loadRules } = await import("./clean");
const { route } = await import("./route");
const { shrink } = await import("./shrink");
const state = await import("./state");
const { begin, beginChange, cover, discard, draft, edit, isEmpty, kept, leave, listed, onDisk, removePhoto, reopen, save, strokes, takePhoto, toCover, trouble } = await import("./draft");

const picture = (name: string): Blob => new Blob([name], { type: "image/jpeg" });
const text = (bytes: ArrayBuffer | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
let store: Awaited<ReturnType<typeof openStore>>;
let n = 0;

beforeEach(async () => {
  vi.stubGlobal("location", { hash: "" });
  store = await openStore(`draft-${n++}`);
  state.useStore(store);
  draft.value = undefined;
  trouble.value = undefined;
  kept.value = true;
  route.value = [""];
  state.photos.value = state.notes.value = state.drafts.value = [];
  state.areas.value = new Map([
    ["W", { id: "W", code: "W", level: "ward", name: "Phường", valid_from: "2025-07-01" }],
    ["K", { id: "K", code: "K", parent: "W", level: "cluster", name: "Khu vực 1", valid_from: "2025-07-01" }],
    ["T", { id: "T", code: "T", parent: "K", level: "group", name: "Tổ 1", valid_from: "2025-07-01" }],
  ]);
  state.topics.value = new Map([["10.1", { id: "10.1", code: "10.1", name: { vi: "Ngập", en: "Floods" }, lanes: { observation: "place", question: "opinion" } }]]);
  state.session.value = { account: "a", device: "d", token: "t", role: "reporter", areas: ["T"], epoch: "e", enrolled_at: 0 };
});

async function place(): Promise<string> {
  const d = (await begin("observation"))!;
  await edit({ topic: "10.1" });
  return d.id;
}

test("every keystroke is on disk, and a burst of them is one more write", async () => {
  const id = await place();
  const write = vi.spyOn(store, "write");
  let last: Promise<void> | undefined;
  for (const letter of "Ngập") last = edit({ text: `${draft.value!.text}${letter}` });
  expect(kept.value).toBe(false);
  await last;
  expect(kept.value).toBe(true);
  expect((await store.get("drafts", id))?.text).toBe("Ngập");
  expect(write.mock.calls.length).toBeLessThanOrEqual(2);
});

test("words typed while a photo is being kept are not lost, nor is the photo", async () => {
  const id = await place();
  const real = store.write;
  store.write = async (changes) => {
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
  const held = (await store.get("drafts", id))!;
  expect(held).toMatchObject({ text: "x".repeat(30), photos: [kept] });
  expect(text(await store.get("bytes", kept!))).toBe("bờ kè");
});

test("three photos and no more; one taken away makes room", async () => {
  await place();
  const ids = [];
  for (const name of ["1", "2", "3", "4"]) ids.push(await takePhoto(picture(name)));
  expect(ids[3]).toBeUndefined();
  await removePhoto(ids[1]!);
  expect(await store.get("bytes", ids[1]!)).toBeUndefined();
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
  expect(text(await store.get("bytes", covered!))).toBe("mặt người covered");
  expect(await store.get("bytes", bare)).toBeUndefined();
  expect(await store.get("photos", bare)).toBeUndefined();
  expect((await store.get("drafts", id))!.cover).toBeUndefined();
});

test("saving with the brush still in hand saves the covered picture, never the bare one", async () => {
  await place();
  const bare = (await takePhoto(picture("biển số")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  const note = await save();
  if (typeof note === "string") throw new Error(note);
  expect(note.fields.photos).toHaveLength(1);
  expect(text(await store.get("bytes", note.fields.photos![0]!))).toBe("biển số covered");
  expect(await store.keys("bytes")).toEqual(note.fields.photos);
  expect((await store.keys("outbox")).sort()).toEqual([`notes/${note.id}`, `photos/${note.fields.photos![0]}`]);
});

/** A phone that takes nothing, until the returned function is called. */
function noRoom(): () => void {
  const real = store.write;
  store.write = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  return () => void (store.write = real);
}

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
    await vi.waitFor(async () => expect((await store.get("drafts", id))?.text).toBe("Cống tắc"));
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
    expect((await store.get("drafts", id))?.text).toBe("Cống tắc");
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
  expect((await store.get("drafts", id))?.text).toBe("Cống tắc");
});

test("a save that the disk refuses keeps the draft whole, and says why", async () => {
  const id = await place();
  await edit({ text: "Đèn hỏng" });
  const photo = await takePhoto(picture("đèn"));
  store.edit = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  expect(await save()).toBe("full");
  expect(draft.value).toMatchObject({ id, text: "Đèn hỏng", photos: [photo] });
  expect(await store.get("drafts", id)).toMatchObject({ text: "Đèn hỏng", photos: [photo] });
  expect(await store.keys("outbox")).toEqual([]);
});

test("leaving keeps what was written and clears what was not", async () => {
  const id = await place();
  await leave(id);
  expect(await store.keys("drafts")).toEqual([]);
  const other = await place();
  await edit({ text: "Rác" });
  await leave(other);
  expect(await store.keys("drafts")).toEqual([other]);
  expect(other).not.toBe(id);
  await reopen(other);
  await discard(draft.value!);
  expect(await store.keys("drafts")).toEqual([]);
});

test("a draft that the disk does not let go stays on the screen", async () => {
  const id = await place();
  const end = noRoom();
  await expect(discard(draft.value!)).rejects.toThrow("full");
  expect(draft.value?.id).toBe(id);
  end();
  await discard(draft.value!);
  expect([draft.value, await store.keys("drafts")]).toEqual([undefined, []]);
});

/** A slow phone: the next picture is made when the returned function is called. */
function slowPicture(): () => void {
  let go = (): void => undefined;
  const gate = new Promise<void>((done) => { go = done; });
  vi.mocked(shrink).mockImplementationOnce(async (from) => {
    await gate;
    return new TextEncoder().encode(await (from as Blob).text()).buffer;
  });
  return go;
}

test("who leaves, or saves, while a photo is still being made keeps the photo", async () => {
  const id = await place();
  let made = slowPicture();
  let photo = takePhoto(picture("cột điện"));
  const left = leave(id);
  made();
  const first = await photo;
  await left;
  expect(draft.value).toBeUndefined();
  expect(await store.get("drafts", id)).toMatchObject({ photos: [first] });

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
  expect(await store.keys("drafts")).toContain(fresh.id);
  expect((await store.get("drafts", id))?.cover).toBeUndefined();

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
  expect(await store.get("drafts", id)).toMatchObject({ photos: [first] });
  expect(await store.keys("bytes")).toEqual([first]);

  const shared = await place();
  await store.write([{ shelf: "drafts", key: shared, value: { ...draft.value!, text: "viết ở thẻ kia" } }]);
  await leave(shared);
  expect(await store.get("drafts", shared)).toMatchObject({ text: "viết ở thẻ kia" });
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
  expect(await store.get("drafts", id)).toMatchObject({ text: "viết tiếp" });
});

test("words written while a picture is covered are on disk at once", async () => {
  const id = await place();
  const bare = (await takePhoto(picture("mặt người")))!;
  await toCover(bare);
  await strokes(bare, [{ r: 5, at: [1, 1] }]);
  const made = slowPicture();
  const covered = cover();
  await edit({ text: "Ngập" });
  expect((await store.get("drafts", id))?.text).toBe("Ngập");
  await strokes(bare, [{ r: 5, at: [1, 1] }, { r: 5, at: [9, 9] }]); // and one more stroke: painted again, with it
  made();
  await covered;
  expect(vi.mocked(shrink).mock.lastCall?.[1]).toHaveLength(2);
  expect(draft.value!.cover).toBeUndefined();
  expect(text(await store.get("bytes", draft.value!.photos[0]!))).toBe("mặt người covered");
});

test("\"asked here too\" ends an empty note only: not one whose first photo is still being made", async () => {
  const id = await place();
  let snap = (_bitmap: Blob): void => undefined;
  const photo = takePhoto(new Promise<Blob>((done) => { snap = done; })); // the frame itself takes a moment
  const empty = isEmpty(id);
  snap(picture("hố ga"));
  expect(await empty).toBe(false);
  expect(await store.get("drafts", id)).toMatchObject({ photos: [await photo] });
  expect(await isEmpty(await place())).toBe(true);
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
  expect((await store.get("drafts", id))?.text).toBe("Sụt lún");
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
  expect(await store.keys("outbox")).toEqual([]);
});

async function savedNote(topicKind: "observation" | "question", text: string) {
  await begin(topicKind);
  await edit({ topic: "10.1", text });
  const note = await save();
  if (typeof note === "string") throw new Error(note);
  return note;
}

test("a note opened for change and left as it was leaves no draft", async () => {
  const note = await savedNote("observation", "Cống tắc");
  await beginChange(note);
  await leave(draft.value!.id);
  expect(await store.keys("drafts")).toEqual([]);
  await beginChange(note);
  await edit({ text: "Cống tắc, nước tràn" });
  await leave(draft.value!.id);
  expect(await store.keys("drafts")).toHaveLength(1);
});

test("an opinion that is changed later stays with its week", async () => {
  const note = await savedNote("question", "Bao giờ có nước?");
  const held = { ...note, fields: { ...note.fields, week: "2026-W20" } };
  await store.write([{ shelf: "notes", key: note.id, value: held }]);
  state.notes.value = [held];
  await beginChange(held);
  await edit({ text: "Bao giờ có nước lại?" });
  expect(await save()).toMatchObject({ fields: { week: "2026-W20", text: "Bao giờ có nước lại?" } });
});
