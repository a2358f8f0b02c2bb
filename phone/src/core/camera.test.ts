import { expect, test } from "vitest";
import { after, wayOf, type Finder, type Happening } from "./camera";

const run = (...happened: Happening[]): Finder => happened.reduce<Finder>(after, "idle");

test("opens, shoots, is ready again", () => {
  expect(run("open")).toBe("asking");
  expect(run("open", "granted")).toBe("live");
  expect(run("open", "granted", "shoot")).toBe("taking");
  expect(run("open", "granted", "shoot", "kept")).toBe("live");
});

test("a second tap on the shutter changes nothing", () => {
  expect(run("open", "granted", "shoot", "shoot")).toBe("taking");
  expect(run("shoot")).toBe("idle");
});

test.each([
  ["NotAllowedError", "denied"], ["NotFoundError", "missing"], ["OverconstrainedError", "missing"], ["NotReadableError", "busy"], ["AbortError", "busy"],
] as const)("%s: %s, and can be tried again", (failed, state) => {
  expect(run("open", { failed })).toBe(state);
  expect(run("open", { failed }, "open", "granted")).toBe("live");
});

test("put away, the camera is off and stays off until asked for; a late failure does not accuse anybody", () => {
  expect(run("open", "granted", "hidden")).toBe("idle");
  expect(run("open", "hidden", { failed: "AbortError" })).toBe("idle");
  expect(run("open", "hidden", "granted")).toBe("idle");
  expect(run("open", "granted", "shoot", "hidden")).toBe("taking"); // the frame is already ours
});

test("another application that takes the camera is told from a refusal", () => {
  expect(run("open", "granted", "lost")).toBe("busy");
});

test("in the page where it can be; iPhones and pages without a camera use the phone's own", () => {
  expect(wayOf({ ios: false, finder: true })).toBe("finder");
  expect(wayOf({ ios: true, finder: true })).toBe("input");
  expect(wayOf({ ios: false, finder: false })).toBe("input");
});
