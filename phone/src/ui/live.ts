/** Keeps the queue moving: on save, open, focus, online, when seen again, every minute, and by Background Sync. */

import { signal } from "@preact/signals";
import { outlived } from "../core/keep";
import { fetching } from "../core/pull";
import { send } from "../core/sender";
import { keepSession } from "../core/session";
import { pack } from "../core/pack";
import type { Store } from "../core/store";
import type { Message } from "../core/types";
import { loadWords } from "../core/words";
import { CHANNEL, liveWorld } from "../core/world";
import { accountStore, hasAccount, hold, online, phoneStore, reload, sending, session, setWorld, waitingBytes, world } from "./state";

const MINUTE = 60_000;
export const updateReady = signal<ServiceWorker | undefined>(undefined);
let channel: BroadcastChannel | undefined;
let pending: ReturnType<typeof setTimeout> | undefined;
let again = false;
let forced = false;

function soon(): void {
  pending ??= setTimeout(() => {
    pending = undefined;
    void reload();
  }, 80);
}

export function joinAccount(): void {
  const now = session.value;
  if (!now || !hasAccount()) return setWorld(undefined);
  const real = liveWorld(phoneStore(), accountStore(), now);
  setWorld({ ...real, pack, fetching, changed: () => (real.changed(), soon()) });
}

/** The ward said which areas the account holds by now: the screens offer those. The last ones stay, so that a note has a home. */
async function moveAreas(): Promise<void> {
  const now = session.value;
  const held = (await accountStore().get("kv", "areas")) as string[] | undefined;
  if (!now || !held?.length || String(held) === String(now.areas)) return;
  session.value = { ...now, areas: held };
  await accountStore().write([keepSession(session.value)]);
}

const said = async (store: Store): Promise<Message[]> => (await store.all("docs", "messages/")).map((row) => row.doc as Message);

/** Sends what waits and fetches what is new. `force`: the writer pressed the button, or the network just came back. */
export async function kick(force = false): Promise<void> {
  if (!world || (!force && (!navigator.onLine || document.visibilityState === "hidden"))) return;
  if (sending.value) {
    again = true;
    forced ||= force; // the network that came back is news for the next try, not for the one that is failing
    return;
  }
  sending.value = true;
  try {
    await send(world, force);
    const { store, now } = world;
    await store.edit(async () => ({ changes: outlived(await store.all("notes"), await store.all("photos"), await said(store), now()), result: undefined }));
  } catch (error) {
    console.error(error); // the store failed: the next occasion tries again
  } finally {
    sending.value = false;
  }
  await moveAreas();
  await reload();
  if (again) {
    const now = forced;
    again = forced = false;
    void kick(now);
  }
}

/** After a save: send now; what then remains, the worker sends once the browser wakes it, should this page be gone. */
export async function kickAfterSave(): Promise<void> {
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
  setInterval(wake, MINUTE);
  wake();
}

/** The shell for use without network. A new version waits until the writer takes it. */
export async function startWorker(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const registration = await navigator.serviceWorker.register("/app/sw.js", { scope: "/app/" });
  const offer = (): void => void (updateReady.value = navigator.serviceWorker.controller ? (registration.waiting ?? undefined) : undefined);
  offer();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", offer));
  // the second language, once everything needed is here
  void navigator.serviceWorker.ready.then(() => setTimeout(() => void loadWords("en").catch(() => undefined), 10_000));
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => asked && location.reload());
  takeUpdate = () => {
    asked = true;
    updateReady.value?.postMessage("skip");
  };
  lookForUpdate = async () => {
    await registration.update();
    offer();
  };
}
export let takeUpdate = (): void => location.reload();
export let lookForUpdate = async (): Promise<void> => undefined;
