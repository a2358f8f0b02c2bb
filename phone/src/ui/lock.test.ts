/** Locking: nothing is seen any more at once, and what is on its way to the disk gets there before the page begins anew. */
import { expect, test, vi } from "vitest";

vi.mock("./live", () => ({ kickAfterSave: vi.fn() }));
vi.mock("./room", () => ({ askFirm: vi.fn() }));

const { openStore } = await import("../core/store");
const { begin, edit } = await import("./draft");
const { joining, lock, renew } = await import("./lock");
const state = await import("./state");

test("what a code has just brought is not thrown away", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const reload = vi.fn();
  vi.stubGlobal("location", { hash: "", reload });
  joining.value = { session: {} as never, rule: "required" };
  renew();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(reload).not.toHaveBeenCalled();
  joining.value = undefined;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(reload).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

test("the last keystroke is on disk before the page begins anew, and a disk that does not answer holds it up no longer than 5 s", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const store = await openStore("lock-1");
  state.useStore(store);
  const reload = vi.fn();
  const screen = { hidden: false };
  vi.stubGlobal("location", { hash: "", reload });
  vi.stubGlobal("document", { documentElement: screen });
  const d = (await begin("observation"))!;
  void edit({ text: "Sụt lún" });
  lock();
  expect([screen.hidden, reload.mock.calls.length]).toEqual([true, 0]);
  await vi.waitFor(() => expect(reload).toHaveBeenCalledTimes(1));
  expect((await store.get("drafts", d.id))?.text).toBe("Sụt lún");

  store.write = () => new Promise(() => undefined);
  void edit({ text: "không tới" });
  lock();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(reload).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(reload).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
