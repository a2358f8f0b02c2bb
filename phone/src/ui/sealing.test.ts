/** Sealed copies: made before anything is tried, and delivered for every notebook of the phone that is not open. */
import { beforeEach, expect, test, vi } from "vitest";

vi.mock("./lock", () => ({ hasPin: () => true, lock: vi.fn() }));

const { newVault, addVault } = await import("../core/pin");
const { keepSession } = await import("../core/session");
const { ifFree } = await import("../core/store");
const { openVault } = await import("../core/vault");
const { saveNote, newDraft, keepDraft } = await import("../core/notes");
const { take } = await import("../test/phone");
const live = await import("./live");
const state = await import("./state");
import { readFileSync } from "node:fs";
import type { Lan } from "../test/phone";
import type { Session, Vault } from "../core/types";

const { recipient } = JSON.parse(readFileSync(new URL("../../../tests/vectors/sealed.json", import.meta.url), "utf8")) as { recipient: { public: string } };
const asked: { path: string; token: string | null; items: number }[] = [];
let online = true;

async function book(account: string): Promise<Vault> {
  const session: Session = { account, device: account, token: `all-${account}`, push_token: `push-${account}`, seal_key: recipient.public, role: "reporter", areas: [], epoch: "e", enrolled_at: 1 };
  const { vault, key } = await newVault(session, undefined);
  const store = await openVault(vault, key);
  await store.write([keepSession(session)]);
  store.close();
  return addVault(state.phoneStore(), vault, true);
}

async function writeHere(text: string): Promise<string> {
  const store = state.accountStore();
  let draft = { ...newDraft(1), kind: "observation" as const, topic: "10.1", area: "T", text };
  await keepDraft(store, draft);
  draft = (await take({ store, at: { now: 1 } } as Lan, draft, new Uint8Array(1000))) as typeof draft;
  return (await saveNote(store, draft, { kind: "observation", topic: "10.1", area: "T", text, day: "2026-11-22", photos: draft.photos }, "place", 1)).id;
}

beforeEach(async () => {
  vi.stubGlobal("document", { visibilityState: "visible", documentElement: {} });
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (!online) throw new TypeError("network");
    const body = path === "/v1/sealed" ? (JSON.parse(init.body as string) as { number: number }[]) : [];
    asked.push({ path, token: new Headers(init.headers).get("Authorization"), items: body.length });
    return Response.json(path === "/v1/sealed" ? { taken: body.map((one) => one.number), refused: [] } : { auth: "ok", push: {}, pull: {} });
  });
  await state.openPhone();
  asked.length = 0;
});

test("a photo is sealed before the exchange is tried; another notebook's work goes while this one is open", async () => {
  await book("an");
  await state.openAccount();
  live.joinAccount();
  online = false;
  await writeHere("của An");
  await live.kickAfterSave();
  const sealed = (await state.accountStore().keys("sealed")).map((key) => key.split("/")[0]);
  expect(sealed.sort()).toEqual(["bytes", "outbox", "outbox"]);

  await book("binh");
  await state.openAccount();
  live.joinAccount();
  online = true;
  await live.kick(true);
  expect(asked.map((a) => [a.path, a.token])).toEqual([["/v1/sync", "Bearer all-binh"], ["/v1/sealed", "Bearer push-an"]]);
  expect(asked[1]!.items).toBe(3);
  await live.kick(true);
  expect(asked.map((a) => a.path)).toEqual(["/v1/sync", "/v1/sealed", "/v1/sync"]); // an empty one asks nothing
});

test("what was asked for while the worker was sending is tried again by itself", async () => {
  await book("dung");
  await state.openAccount();
  live.joinAccount();
  const synced = (): number => asked.filter((a) => a.path === "/v1/sync").length;
  let free = (): void => undefined;
  void ifFree(`send-${state.accountStore().name}`, () => new Promise<void>((done) => (free = done)));
  await live.kick(true);
  expect(synced()).toBe(0);
  free();
  await vi.waitFor(() => expect(synced()).toBe(1), 4_000);
});

test("sealing comes first even where the exchange never ends", async () => {
  await book("chi");
  await state.openAccount();
  live.joinAccount();
  await writeHere("kẹt");
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  void live.kickAfterSave();
  await vi.waitFor(async () => expect((await state.accountStore().keys("sealed")).some((key) => key.startsWith("bytes/"))).toBe(true), 3000);
});
