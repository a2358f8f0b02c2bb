/**
 * The service worker: keeps the shell for use without network and drains the queue when the browser wakes it.
 * Scope /app/ only; it never touches /v1 or the panel, and never takes over by itself while a page is open.
 */

export {}; // a module, so that `self` is its own
declare const self: ServiceWorkerGlobalScope;

const CACHE = "sotay-shell";
const shell = new Map(__SHELL__.map(([url, revision]) => [url, `${url}?r=${revision}`]));

/** Only changed files are fetched: a revision already kept is copied by standing where it is. The second language comes
 * with the install only if it was here before. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  const later = new Set(__SHELL__.filter((file) => file[2]).map(([url]) => url));
  const both = (await cache.keys()).some((request) => request.url.includes("/assets/en-"));
  await Promise.all(
    [...shell].map(async ([url, key]) => {
      if ((later.has(url) && !both) || (await cache.match(key))) return;
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
  const kept = await cache.match(key);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && request.mode !== "navigate") await cache.put(key, answer.clone());
  return answer;
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
