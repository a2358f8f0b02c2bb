import { expect, test } from "vitest";
import { logged, used, whileAsleep } from "./log";
import type { Exchange, LocalNote, LocalPhoto } from "./types";

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

test("what was sent with no page open is read off the receipts", () => {
  const notes = [{ receipts: { taken: at + 5 } }, { receipts: { taken: at - 5 } }, { receipts: {} }] as unknown as LocalNote[];
  const photos = [{ received: at + 6, size: 7 }, { size: 8 }] as unknown as LocalPhoto[];
  expect(whileAsleep([line()], { at: at + 9, ok: true }, notes, photos)).toEqual({ at: at + 9, rows: 1, photos: 1, up: 7, down: 0, asleep: true });
  expect(whileAsleep([line()], { at, ok: true }, notes, photos)).toBeUndefined();
  expect(whileAsleep([], { at: at + 9, ok: true }, notes, photos)).toBeUndefined();
  expect(whileAsleep([line()], { at: at + 9, ok: true }, [], [])).toBeUndefined();
});
