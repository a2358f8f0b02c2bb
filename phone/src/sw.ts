/**
 * The service worker: keeps the shell for use without network and drains the queue when the browser wakes it.
 * Scope /app/ only; it never touches /v1 or the panel, and never takes over by itself while a page is open.
 */

import { send } from "./core/sender";
import { currentSession } from "./core/session";
import { openStore } from "./core/store";
import { liveWorld } from "./core/world";

declare const self: ServiceWorkerGlobalScope;

const CACHE = "sotay-shell";
const shell = new Map(__SHELL__.map(([url, revision]) => [url, `${url}?r=${revision}`]));

/** Only changed files are fetched: a revision already kept is copied by standing where it is. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    [...shell].map(async ([url, key]) => {
      if (await cache.match(key)) return;
      const answer = await fetch(url, { cache: "reload", credentials: "omit", redirect: "error" });
      if (!answer.ok) throw new Error(`${url} ${answer.status}`);
      await cache.put(key, answer);
    }),
  );
}

async function clean(): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = new Set([...shell.values()].map((key) => new URL(key, self.location.origin).href));
  for (const request of await cache.keys()) if (!kept.has(request.url)) await cache.delete(request);
  await self.clients.claim();
}

async function fromShell(key: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(key)) ?? fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(clean()));
self.addEventListener("message", (event) => {
  if (event.data === "skip") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith("/app/")) return;
  const key = shell.get(request.mode === "navigate" ? "/app/" : url.pathname);
  if (key) event.respondWith(fromShell(key, request));
});

/** Background Sync, where there is one. A rejection asks the browser to wake us again. */
async function drain(): Promise<void> {
  const phone = await openStore();
  const session = await currentSession(phone);
  if (!session) return;
  const store = await openStore(session.account);
  try {
    if ((await send(liveWorld(phone, store, session), true)) !== "done") throw new Error("not sent yet");
  } finally {
    store.close();
    phone.close();
  }
}

self.addEventListener("sync", (event) => {
  const wake = event as ExtendableEvent & { tag: string };
  if (wake.tag === "send") wake.waitUntil(drain());
});
