/** The real world for the sender: this browser's network, clock and chance. Works in a page and in a worker. */

import type { World } from "./sender";
import type { Store } from "./store";
import type { Session } from "./types";

export const CHANNEL = "sotay";

/** Metered by what the browser tells us; browsers that say nothing count as Wi-Fi. */
export function onCellular(): boolean {
  return (navigator as { connection?: { type?: string } }).connection?.type === "cellular";
}

export function liveWorld(phone: Store, store: Store, session: Session): World {
  const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(CHANNEL);
  return {
    phone, store, session,
    fetch: (input, init) => fetch(input, init),
    sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    now: () => Date.now(),
    random: () => Math.random(),
    mayUpload: async () => !(onCellular() && (await phone.get("kv", "wifiOnly")) === true),
    changed: () => channel?.postMessage("changed"),
  };
}
