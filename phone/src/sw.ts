/**
 * The service worker: keeps the shell for use without network and, when the browser wakes it, delivers what is sealed: it
 * never holds a key, so it works the same whether the notebook is locked or not.
 * Scope /app/ only; it never touches /v1 or the panel, and never takes over by itself while a page is open.
 */

import { sha256hex } from "./core/ids";
import { deliver } from "./core/sealed";
import { openStore } from "./core/store";
import { postFrom } from "./core/world";
import type { Vault } from "./core/types";

declare const self: ServiceWorkerGlobalScope;

const CACHE = "sotay-shell";
const shell = new Map(__SHELL__.map(([url, revision]) => [url, `${url}?r=${revision}`]));

/** Only changed files are fetched: a revision already kept is copied by standing where it is. The very first time what can
 * come later does (`rest`). */
async function install(rest = false): Promise<void> {
  const cache = await caches.open(CACHE);
  const first = !rest && (await cache.keys()).length === 0;
  await Promise.all(
    __SHELL__.map(async ([url, revision, later]) => {
      const key = shell.get(url)!;
      if ((first && later) || (await cache.match(key))) return;
      // the page has just fetched most of it: the server is asked whether it still is so, nothing goes twice over a slow line
      await cache.put(key, await ours(key, revision, await fetch(url, { cache: "no-cache", credentials: "omit", redirect: "error" })));
    }),
  );
}

/** A file of this version, and of no other: a server may hand out the next one by now. */
async function ours(key: string, revision: string, answer: Response): Promise<Response> {
  const copy = answer.clone();
  if (!answer.ok || !(await sha256hex(await answer.arrayBuffer())).startsWith(revision)) throw new Error(`${key} ${answer.status}`);
  return copy;
}

async function clean(): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = new Set([...shell.values()].map((key) => new URL(key, self.location.origin).href));
  for (const request of await cache.keys()) if (!kept.has(request.url)) await cache.delete(request);
  await self.clients.claim();
}

async function fromShell(key: string, revision: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(key);
  if (kept) return kept;
  const answer = await fetch(request);
  if (!answer.ok || request.mode === "navigate") return answer;
  const found = await ours(key, revision, answer); // what was to come later came now
  await cache.put(key, found.clone()).catch(() => undefined); // a full phone has it for now
  return found;
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("message", (event) => {
  if (event.data === "skip") void self.skipWaiting();
  if (event.data === "rest") event.waitUntil(install(true).catch(() => undefined)); // tried again at the next start
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith("/app/")) return;
  const key = shell.get(request.mode === "navigate" ? "/app/" : url.pathname);
  if (key) event.respondWith(fromShell(key, key.slice(-8), request));
});

/** Background Sync, where there is one. A rejection asks the browser to wake us again. */
async function drain(): Promise<void> {
  const phone = await openStore();
  const vaults = (await phone.all("kv", "vault/")) as Vault[];
  const ends = await Promise.all(vaults.filter((v) => v.push_token && !v.revoked).map((v) => deliver(v, postFrom(phone))));
  phone.close();
  if (ends.includes("held")) throw new Error("not sent yet");
}

self.addEventListener("sync", (event) => {
  const wake = event as ExtendableEvent & { tag: string };
  if (wake.tag === "send") wake.waitUntil(drain());
});
