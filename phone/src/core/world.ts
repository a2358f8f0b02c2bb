/** The real world for the sender: this browser's network, clock and chance. Works in a page and in a worker. */

import type { Post } from "./sealed";
import type { World } from "./sender";
import type { Store } from "./store";
import type { Session } from "./types";

export const CHANNEL = "sotay";

interface Connection extends EventTarget { type?: string; saveData?: boolean }
/** What the browser tells of the network; many tell nothing. */
export const connection = (): Connection | undefined => (navigator as { connection?: Connection }).connection;

/** Photos wait for a network that costs nothing: if the writer wishes so, or has the whole phone save data. Words never do. */
export function photosWait(wifiOnly: boolean): boolean {
  const { type, saveData } = connection() ?? {};
  return type !== "wifi" && type !== "ethernet" && (saveData === true || (wifiOnly && type === "cellular"));
}

/** As much of it as sealed copies need. */
export function postFrom(phone: Store): Post {
  return {
    fetch: (input, init) => fetch(input, init),
    sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    now: () => Date.now(),
    random: () => Math.random(),
    mayUpload: async () => !photosWait((await phone.get("kv", "wifiOnly")) === true),
  };
}

export function liveWorld(phone: Store, store: Store, session: Session): World {
  const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(CHANNEL);
  return {
    ...postFrom(phone), phone, store, session,
    changed: () => channel?.postMessage("changed"),
  };
}
