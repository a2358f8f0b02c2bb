/** Keeps the queue moving: on save, open, focus, online, when seen again, every minute, and by Background Sync. */

import { signal } from "@preact/signals";
import { keepLog, keepTally } from "../core/log";
import { fetching } from "../core/pull";
import { send } from "../core/sender";
import { currentSession, keepSession } from "../core/session";
import { pack } from "../core/pack";
import { isFull, sealedOf, type Store } from "../core/store";
import type { Hold, LastSync } from "../core/types";
import { HEAD } from "../core/sealed";
import { CHANNEL, connection, liveWorld } from "../core/world";
import { accountStore, full, hasAccount, hold, online, phoneStore, reload, sending, session, setWorld, vault, waitingBytes, world } from "./state";

const MINUTE = 60_000;
export const updateReady = signal<ServiceWorker | undefined>(undefined);
let channel: BroadcastChannel | undefined;
let pending: ReturnType<typeof setTimeout> | undefined;
/** Asked for while a try was running: the next one. */
let next: { force: boolean; photos: boolean } | undefined;

function soon(): void {
  pending ??= setTimeout(() => {
    pending = undefined;
    void reload();
  }, 80);
}

/** Bytes this page has put on the line and taken from it; what the browser does not tell counts as nothing. */
const meter = { up: 0, down: 0 };

const counted: typeof fetch = (input, init) => {
  const body = init?.body as string | { byteLength?: number } | undefined;
  meter.up += HEAD + ((typeof body === "string" ? body.length : body?.byteLength) ?? 0);
  return fetch(input, init);
};

function startMeter(): void {
  if (typeof PerformanceObserver === "undefined") return;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries() as PerformanceResourceTiming[]) if (one.name.includes("/v1/")) meter.down += one.transferSize || 0;
  }).observe({ type: "resource", buffered: true });
}

/** The writer said "send the photos now", whatever the network costs. */
let photosNow = false;

export function joinAccount(): void {
  const now = session.value;
  if (!now || !hasAccount()) return setWorld(undefined);
  const real = liveWorld(phoneStore(), accountStore(), now);
  setWorld({ ...real, fetch: counted, mayUpload: async () => photosNow || real.mayUpload(), pack, fetching, changed: () => (real.changed(), soon()) });
}

/** Another tab may have enrolled again since this one looked: its token is everybody's. */
async function followSession(): Promise<void> {
  const now = await currentSession(accountStore());
  if (!now || now.token === session.value?.token) return;
  session.value = now;
  joinAccount();
}

/** The ward said which areas the account holds by now: the screens offer those. The last ones stay, so that a note has a home. */
async function moveAreas(): Promise<void> {
  const now = session.value;
  const held = (await accountStore().get("kv", "areas")) as string[] | undefined;
  if (!now || !held?.length || String(held) === String(now.areas)) return;
  session.value = { ...now, areas: held };
  await accountStore().write([keepSession(session.value)]);
}

/** Sealed copies of what waits, so that it can go while the notebook is locked. */
export const sealUp = async (): Promise<void> => (await import("./sealing")).sealUp();

/** What the writer asked for while the worker, or another tab, was sending: soon once more, as it was asked. */
let waiting: ReturnType<typeof setTimeout> | undefined;
function later(bytes: boolean): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => void kick(true, bytes), 2_000);
}

/** Sends what waits and fetches what is new. `force`: the writer pressed the button, or the network just came back. */
export async function kick(force = false, withPhotos = false): Promise<void> {
  if (!force && (!navigator.onLine || document.visibilityState === "hidden")) return;
  if (!world) return (await import("./sealing")).deliverSealed();
  photosNow ||= withPhotos;
  if (sending.value) {
    // the network that came back is news for the next try, not for the one that is failing
    next = { force: force || !!next?.force, photos: withPhotos || !!next?.photos };
    return;
  }
  sending.value = true;
  let done = false;
  try {
    await followSession();
    const { store, now } = world;
    const before = await standing(store);
    const result = await send(world, force);
    done = result === "done";
    if (result !== "busy") await noteExchange(store, before);
    else if (force) later(photosNow);
    await (await import("./sealing")).tidy(store, now());
    if (result !== "busy") full.value = false;
  } catch (error) {
    console.error(error); // the store failed: the next occasion tries again
    full.value = isFull(error);
  } finally {
    sending.value = photosNow = false;
  }
  await moveAreas();
  await reload();
  await (await import("./sealing")).settle();
  if (done) await (await import("./sealing")).deliverSealed(); // what waits in other notebooks of this phone
  if (next) {
    const { force: now, photos: bytes } = next;
    next = undefined;
    void kick(now, bytes);
  }
}

interface Standing { arrived: Set<string>; rows: string[]; cps: string; up: number; down: number; lastTry: number }

async function standing(store: Store): Promise<Standing> {
  const slept = await keepTally(phoneStore(), store, vault.value?.id ?? "");
  const [queue, held, cps, tried] = await Promise.all([store.keys("outbox"), store.all("photos"), store.get("kv", "cps"), store.get("kv", "lastTry")]);
  // what went as a sealed copy stands in the log already
  const carried = async (key: string): Promise<boolean> => slept && (await store.get("sealed", key))?.state === "taken";
  const rows: string[] = [];
  for (const key of queue) if (!(await carried(`${sealedOf("outbox", key)}row`))) rows.push(key);
  const arrived = new Set<string>();
  for (const p of held) if (p.received || (await carried(`${sealedOf("bytes", p.id)}000000000`))) arrived.add(p.id);
  return { arrived, rows, cps: JSON.stringify(cps ?? {}), lastTry: (tried as LastSync | undefined)?.at ?? 0, ...meter };
}

/** One line in the phone's log; none for a try that was not made because an earlier one must be waited for. */
async function noteExchange(store: Store, before: Standing): Promise<void> {
  const [after, arrived, cps, held, tried] = await Promise.all([
    store.keys("outbox"), store.all("photos"), store.get("kv", "cps"), store.get("kv", "hold"), store.get("kv", "lastTry"),
  ]);
  const failed = held && (tried as LastSync | undefined)?.at !== before.lastTry ? (held as Hold) : undefined;
  if (held && !failed) return;
  await keepLog(store, {
    at: Date.now(), rows: before.rows.filter((key) => !after.includes(key)).length, photos: arrived.filter((p) => p.received && !before.arrived.has(p.id)).length,
    up: meter.up - before.up, down: meter.down - before.down,
    ...(JSON.stringify(cps ?? {}) === before.cps ? {} : { news: true as const }), ...(failed ? { reason: failed.reason, until: failed.until } : {}),
  });
}

/** After a save: send now; what then remains, the worker sends once the browser wakes it, should this page be gone. */
export async function kickAfterSave(): Promise<void> {
  await sealUp(); // first: whatever becomes of this page, or of the line, all of it can go by other ways
  await kick(hold.value?.reason === "offline" && navigator.onLine);
  if (!hasAccount() || !((await accountStore().keys("outbox")).length || waitingBytes.value)) return;
  const worker = (await navigator.serviceWorker?.ready) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
  await worker?.sync?.register("send").catch(() => undefined); // a bonus: not every browser has it, and it may be switched off
}

export function startLoop(): void {
  const wake = (): void => void kick();
  channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(CHANNEL);
  channel?.addEventListener("message", soon);
  addEventListener("online", () => {
    online.value = true;
    void kick(true);
  });
  addEventListener("offline", () => (online.value = false));
  addEventListener("focus", wake);
  addEventListener("pageshow", wake);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wake());
  connection()?.addEventListener?.("change", wake); // photos may have waited for Wi-Fi
  setInterval(wake, MINUTE);
  startMeter();
  wake();
}

/** What can come later, once everything needed is here. */
export function fetchRest(): void {
  void navigator.serviceWorker?.ready.then((ready) => ready.active?.postMessage("rest"));
}

/** The shell for use without network. A new version waits until the writer takes it, and then is every tab's (`renew`). */
export async function startWorker(renew: () => void): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" });
  const offer = (): void => void (updateReady.value = navigator.serviceWorker.controller ? (registration.waiting ?? undefined) : undefined);
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  setTimeout(fetchRest, 10_000);
  let had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had) renew();
    had = true; // the first worker brings what this page is made of
  });
  takeUpdate = () => updateReady.value?.postMessage("skip");
  lookForUpdate = async () => {
    await registration.update();
    offer();
  };
}
export let takeUpdate = (): unknown => location.reload();
export let lookForUpdate = async (): Promise<void> => undefined;
