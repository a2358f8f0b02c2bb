/** The phone's own log of its exchanges with the ward, and how many bytes they took. For the writer's eyes only: it is never sent. */

import { dayOf } from "./days";
import type { Store } from "./store";
import type { Exchange, Used } from "./types";
import type { Tally } from "./sealed";
import { tallyOf } from "./world";

const KEPT = 50;

/** Nothing went out and nothing came back: one such line after another is one line. */
export const idle = (entry: Exchange): boolean => !entry.rows && !entry.photos && !entry.news && !entry.reason;
const same = (a: Exchange, b: Exchange): boolean => (idle(a) && idle(b) && !a.asleep) || (!!a.reason && a.reason === b.reason && !a.rows && !a.photos);

/** Puts a line on top of the log (newest first); a repetition only renews the line that stands there. */
export function logged(log: readonly Exchange[], entry: Exchange): Exchange[] {
  const [top, ...rest] = log;
  if (!top || !same(entry, top)) return [entry, ...log].slice(0, KEPT);
  return [{ ...entry, up: top.up + entry.up, down: top.down + entry.down }, ...rest];
}

/** Bytes of this month (the ward's), begun anew with each. */
export function used(before: Used | undefined, entry: Exchange): Used {
  const month = dayOf(entry.at).slice(0, 7);
  const start = before?.month === month ? before : { month, up: 0, down: 0 };
  return { month, up: start.up + entry.up, down: start.down + entry.down };
}

/** What sealed copies took to the ward while this notebook was closed becomes a line of its log; true if there was any. */
export async function keepTally(phone: Store, store: Store, vault: string): Promise<boolean> {
  const tally = (await phone.get("kv", tallyOf(vault))) as Tally | undefined;
  if (!tally) return false;
  await keepLog(store, { ...tally, ...(tally.rows || tally.photos ? { asleep: true as const } : {}) });
  await phone.write([{ shelf: "kv", key: tallyOf(vault), drop: true }]);
  return true;
}

export async function keepLog(store: Store, entry: Exchange): Promise<void> {
  await store.edit(async () => {
    const [log, before] = await Promise.all([store.get("kv", "log"), store.get("kv", "used")]);
    return {
      changes: [
        { shelf: "kv", key: "log", value: logged((log as Exchange[] | undefined) ?? [], entry) },
        { shelf: "kv", key: "used", value: used(before as Used | undefined, entry) },
      ],
      result: undefined,
    };
  });
}
