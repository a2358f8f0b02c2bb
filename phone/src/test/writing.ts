/** The notebook of someone who writes, and what can go wrong meanwhile. Its tests make the pictures elsewhere (`vi.mock("./shrink")`). */
import { beforeEach, vi } from "vitest";
import { openStore, type Store } from "../core/store";
import { begin, draft, edit, kept, save, trouble } from "../ui/draft";
import { route } from "../ui/route";
import { shrink } from "../ui/shrink";
import * as state from "../ui/state";

export const picture = (name: string): Blob => new Blob([name], { type: "image/jpeg" });
export const text = (bytes: ArrayBuffer | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);
export let store: Store;
let n = 0;

beforeEach(async () => {
  vi.stubGlobal("location", { hash: "" });
  store = await openStore(`draft-${n++}`);
  state.useStore(store);
  await state.reload(); // the first time it reads the ward's lists, and finds none
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

export async function place(): Promise<string> {
  const d = (await begin("observation"))!;
  await edit({ topic: "10.1" });
  return d.id;
}

/** A phone that takes nothing, until the returned function is called. */
export function noRoom(): () => void {
  const real = store.write;
  store.write = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  return () => void (store.write = real);
}

/** A slow phone: the next picture is made when the returned function is called. */
export function slowPicture(): () => void {
  let go = (): void => undefined;
  const gate = new Promise<void>((done) => { go = done; });
  vi.mocked(shrink).mockImplementationOnce(async (from) => {
    await gate;
    return new TextEncoder().encode(await (from as Blob).text()).buffer;
  });
  return go;
}

export async function savedNote(topicKind: "observation" | "question", text: string) {
  await begin(topicKind);
  await edit({ topic: "10.1", text });
  const note = await save();
  if (typeof note === "string") throw new Error(note);
  return note;
}
