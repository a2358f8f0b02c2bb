/** The app opens whatever a part that is not here yet would have said. */
import { expect, test, vi } from "vitest";

vi.mock("virtual:words/en", () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});
vi.mock("./live", () => ({ kickAfterSave: vi.fn() }));

const { openStore } = await import("../core/store");
const state = await import("./state");

test("without network and without English the phone opens in Vietnamese, and says why it cannot change", async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await (await openStore()).write([{ shelf: "kv", key: "lang", value: "en" }]);
  await state.openPhone();
  expect(state.lang.value).toBe("vi");
  await state.choose("en");
  expect([state.lang.value, state.toast.value]).toEqual(["vi", { text: state.t("phone.enrol.fault.offline"), bad: true }]);
});

test("another notebook does not begin with what was looked for in the one before", async () => {
  const { chosen, place, query } = await import("./answers");
  state.vault.value = { id: "a" } as never;
  query.value = "ngập";
  chosen.value = "10";
  place.value = "T";
  state.vault.value = { id: "a", n: 2 } as never;
  expect(query.value).toBe("ngập");
  state.vault.value = { id: "b" } as never;
  expect([query.value, chosen.value, place.value]).toEqual(["", "all", ""]);
});
