/** Room on this phone, and whether the browser promises to keep what is here. */

import { signal } from "@preact/signals";
import { isFull } from "../core/store";
import { accountStore, phoneStore } from "./state";

export interface Room { free?: number; persisted?: boolean }
export const space = signal<Room>({});

/** Below this a photo or two more may not fit (bytes). */
export const LOW = 50_000_000;
/** Chromium tells every site of 10 GiB, whatever the phone has: there a row of this size (a dozen photos) is tried. */
const TOLD = 10 * 2 ** 30;
const TRIED = 4_000_000;
let tried: Promise<boolean> | undefined;

/** Whether so much fits, tried once a start and dropped again at once. */
async function fits(): Promise<boolean> {
  await new Promise((wake) => setTimeout(wake, 2_000)); // the list stands first
  const at = { shelf: "kv", key: "room" } as const;
  const bytes = new Uint8Array(TRIED);
  for (let from = 0; from < TRIED; from += 65_536) crypto.getRandomValues(bytes.subarray(from, from + 65_536)); // browsers pack what repeats
  try {
    await phoneStore().write([{ ...at, value: bytes.buffer }]);
    await phoneStore().write([{ ...at, drop: true }]);
  } catch (error) {
    return !isFull(error);
  }
  return true;
}

export async function lookForRoom(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  const [estimate, persisted] = await Promise.all([storage?.estimate?.(), storage?.persisted?.()]).catch(() => []);
  const told = estimate?.quota === undefined ? undefined : Math.max(0, estimate.quota - (estimate.usage ?? 0));
  const free = told !== undefined && told >= TOLD && !(await (tried ??= fits())) ? TRIED : told;
  space.value = { ...(free === undefined ? {} : { free }), ...(persisted === undefined ? {} : { persisted }) };
}

/** Asked at the first save, when there is something to lose; the answer is kept, and asked for again on the "Phone" page. */
export function askFirm(): void {
  void (async () => {
    const storage = navigator.storage as StorageManager | undefined;
    if (storage?.persist && (await accountStore().get("kv", "firm")) === undefined) {
      const firm = await storage.persist();
      await accountStore().write([{ shelf: "kv", key: "firm", value: firm }]);
      firmAsked.value = firm;
    }
    await lookForRoom();
  })().catch((error: unknown) => console.error(error));
}

/** The browser's answer just given; undefined when it was not asked now. */
export const firmAsked = signal<boolean | undefined>(undefined);

type Offer = Event & { prompt(): Promise<unknown> };
/** The browser's own way to the home screen, where it has one. */
export const offer = signal<Offer | undefined>(undefined);

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer.value = event as Offer;
  });
  addEventListener("appinstalled", () => (offer.value = undefined));
}
