/**
 * On a full phone the database takes no new row. The few facts without which a notebook could not be unlocked (which one is
 * current, wrong tries) then go beside it, into the browser's small storage, which no quota covers. What stands here is newer
 * than what stands there; it goes with the next write that succeeds.
 */

import { isFull } from "./store";

const small = (): Storage | undefined => (typeof localStorage === "undefined" ? undefined : localStorage);

/** Makes the write; on a full phone `value` is kept beside instead. Where even that is refused nothing is kept: opening
 * one's own notebook goes before counting tries. */
export async function keepBeside(name: string, value: unknown, write: () => Promise<void>): Promise<void> {
  try {
    await write();
    small()?.removeItem(name);
  } catch (error) {
    if (!isFull(error)) throw error;
    try {
      small()?.setItem(name, JSON.stringify(value));
    } catch {
      // not a byte left
    }
  }
}

export function beside<T>(name: string): T | undefined {
  const text = small()?.getItem(name);
  return text ? (JSON.parse(text) as T) : undefined;
}
