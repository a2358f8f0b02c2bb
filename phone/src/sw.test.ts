/** The worker's answers from the shell. */
import { beforeEach, expect, test, vi } from "vitest";
import { sha256hex } from "./core/ids";

const FILE = "export const page = 1;";
type Answered = { request: Request; respondWith: (answer: Promise<Response>) => void };
const on: Record<string, (event: Answered) => void> = {};
const put = vi.fn(async () => undefined);

beforeEach(async () => {
  const revision = (await sha256hex(new TextEncoder().encode(FILE).buffer)).slice(0, 8);
  vi.resetModules();
  vi.stubGlobal("__SHELL__", [["/app/parts/pages.js", revision, true]]);
  vi.stubGlobal("self", { location: new URL("https://ward.example/app/sw.js"), addEventListener: (name: string, hear: never) => (on[name] = hear) });
  vi.stubGlobal("caches", { open: async () => ({ match: async () => undefined, put }) });
  await import("./sw");
});

async function ask(body: string): Promise<Response> {
  vi.stubGlobal("fetch", async () => new Response(body));
  return new Promise((done) => on["fetch"]!({ request: new Request("https://ward.example/app/parts/pages.js"), respondWith: done as never }));
}

test("a part that arrived well is answered, kept or not", async () => {
  expect(await (await ask(FILE)).text()).toBe(FILE);
  expect(put).toHaveBeenCalledTimes(1);
  put.mockRejectedValueOnce(new DOMException("no room", "QuotaExceededError"));
  expect(await (await ask(FILE)).text()).toBe(FILE);
});

test("a part of another version is none", async () => {
  await expect(ask("export const other = 2;")).rejects.toThrow("pages.js");
});
