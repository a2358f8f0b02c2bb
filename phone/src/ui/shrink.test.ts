/** A picture is made, or is given up in good time: a worker or a codec that stands still must not hold up the draft. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { shrink } from "./shrink";

const ended = vi.fn();
let decode = async (): Promise<void> => undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("OffscreenCanvas", class {});
  vi.stubGlobal("Worker", class { postMessage = vi.fn(); terminate = ended; }); // never answers
  vi.stubGlobal("Image", class { naturalWidth = 8; naturalHeight = 8; decode = () => decode(); });
  const pen = { drawImage: vi.fn(), scale: vi.fn() };
  const canvas = { getContext: () => pen, toBlob: (done: (blob: Blob) => void) => done(new Blob(["jpeg"], { type: "image/jpeg" })) };
  vi.stubGlobal("document", { createElement: () => ({ ...canvas }) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a worker that never answers: a picture is made on the page, a frame is given up", async () => {
  const picture = shrink(new Blob(["x"]));
  const frame = expect(shrink({ width: 8, height: 8 } as ImageBitmap)).rejects.toThrow("no picture");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(new TextDecoder().decode(await picture)).toBe("jpeg");
  await frame;
  expect(ended).toHaveBeenCalledTimes(2);
});

test("a picture that is never decoded is given up", async () => {
  decode = () => new Promise(() => undefined);
  const picture = expect(shrink(new Blob(["x"]))).rejects.toThrow("no picture");
  await vi.advanceTimersByTimeAsync(40_000);
  await picture;
});
