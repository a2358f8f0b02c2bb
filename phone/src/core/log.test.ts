import { expect, test } from "vitest";
import { keepTally, logged, used } from "./log";
import { openStore } from "./store";
import type { Exchange } from "./types";
import { postFrom } from "./world";

const at = Date.parse("2026-11-22T05:00:00Z");
const line = (more: Partial<Exchange> = {}): Exchange => ({ at, rows: 0, photos: 0, up: 10, down: 20, ...more });

test("quiet exchanges are one line, what happened has a line of its own", () => {
  let log = logged([], line({ rows: 2 }));
  log = logged(log, line({ at: at + 1 }));
  log = logged(log, line({ at: at + 2 }));
  expect(log).toEqual([line({ at: at + 2, up: 20, down: 40 }), line({ rows: 2 })]);
  log = logged(log, line({ reason: "offline", at: at + 3 }));
  log = logged(log, line({ reason: "offline", at: at + 4, until: 9 }));
  expect(log.map((one) => one.reason)).toEqual(["offline", undefined, undefined]);
  expect(log[0]).toMatchObject({ at: at + 4, until: 9, up: 20 });
  expect(logged(log, line({ reason: "captive" }))).toHaveLength(4);
});

test("the log ends after fifty lines, bytes begin anew with the month", () => {
  let log: Exchange[] = [];
  for (let i = 1; i < 80; i++) log = logged(log, line({ rows: i }));
  expect(log).toHaveLength(50);
  const november = used(used(undefined, line()), line());
  expect(november).toEqual({ month: "2026-11", up: 20, down: 40 });
  expect(used(november, line({ at: Date.parse("2026-11-30T17:00:00Z") }))).toEqual({ month: "2026-12", up: 10, down: 20 });
});

test("what went while the notebook was closed is one line once it is open, and counts for the month", async () => {
  const [phone, store] = [await openStore("log-phone"), await openStore("log-vault")];
  const { tell } = postFrom(phone);
  await tell!("v", { at, rows: 2, photos: 0, up: 500, down: 60 });
  await tell!("v", { at: at + 5, rows: 1, photos: 1, up: 900_000, down: 40 });
  expect(await keepTally(phone, store, "other")).toBe(false);
  expect(await keepTally(phone, store, "v")).toBe(true);
  expect(await keepTally(phone, store, "v")).toBe(false);
  expect(await store.get("kv", "log")).toEqual([{ at: at + 5, rows: 3, photos: 1, up: 900_500, down: 100, asleep: true }]);
  expect(await store.get("kv", "used")).toEqual({ month: "2026-11", up: 900_500, down: 100 });
});
