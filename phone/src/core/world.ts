/** The real world for the sender: this browser's network, clock and chance. Works in a page and in a worker. */

import type { Post, Tally } from "./sealed";
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

/** Lies in the phone's own database: the account's is locked when it is written. */
export const tallyOf = (vault: string): string => `tally/${vault}`;

/** As much of it as sealed copies need. */
export function postFrom(phone: Store): Post {
  return {
    fetch: (input, init) => fetch(input, init),
    sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
    now: () => Date.now(),
    random: () => Math.random(),
    mayUpload: async () => !photosWait((await phone.get("kv", "wifiOnly")) === true),
    tell: (vault, more) => phone.edit(async () => {
      const key = tallyOf(vault);
      const held = (await phone.get("kv", key)) as Tally | undefined;
      const value: Tally = held ? { at: more.at, rows: held.rows + more.rows, photos: held.photos + more.photos, up: held.up + more.up, down: held.down + more.down } : more;
      return { changes: [{ shelf: "kv", key, value }], result: undefined };
    }),
  };
}

export function liveWorld(phone: Store, store: Store, session: Session): World {
  const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(CHANNEL);
  return {
    ...postFrom(phone), phone, store, session,
    changed: () => channel?.postMessage("changed"),
  };
}
