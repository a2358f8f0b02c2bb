/** Room on this phone, and whether the browser promises to keep what is here. */

import { signal } from "@preact/signals";
import { accountStore } from "./state";

export interface Room { free?: number; persisted?: boolean }
export const space = signal<Room>({});

/** Below this a photo or two more may not fit (bytes). */
export const LOW = 50_000_000;

export async function lookForRoom(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  const [estimate, persisted] = await Promise.all([storage?.estimate?.(), storage?.persisted?.()]).catch(() => []);
  const free = estimate?.quota === undefined ? undefined : Math.max(0, estimate.quota - (estimate.usage ?? 0));
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
