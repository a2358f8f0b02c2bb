/** Photo → JPEG of at most 1600 px and 350 kB. In a worker where the browser can, else on the page. Throws when it is no picture. */
import type { Stroke } from "../core/types";
import { jpeg, type Make } from "./scale";
import type { Job } from "./shrink.worker";

/** Longer than any phone needs. A script that hangs on a bad line, or a codec that stands still, must not hold up the draft. */
const LIMIT = 20_000;
const limit = (): Promise<undefined> => new Promise((end) => setTimeout(end, LIMIT));

/** `strokes` are painted into the pixels. A bitmap is used up. */
export async function shrink(from: Blob | ImageBitmap, strokes: Stroke[] = []): Promise<ArrayBuffer> {
  const apart = typeof OffscreenCanvas !== "undefined";
  const bytes = (apart && (await beside({ from, strokes })))
    || (apart && !(from instanceof Blob) ? undefined : await Promise.race([here(from, strokes), limit()])); // a bitmap is the worker's by now
  if (!bytes) throw new Error("no picture");
  return bytes;
}

async function beside(job: Job): Promise<ArrayBuffer | undefined> {
  const worker = new Worker(new URL("./shrink.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ArrayBuffer | undefined>((done) => {
      void limit().then(done);
      worker.onmessage = (event: MessageEvent<ArrayBuffer | undefined>) => done(event.data);
      worker.onerror = () => done(undefined);
      worker.postMessage(job, job.from instanceof Blob ? [] : [job.from]);
    });
  } finally {
    worker.terminate();
  }
}

const make: Make = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

async function here(from: Blob | ImageBitmap, strokes: Stroke[]): Promise<ArrayBuffer> {
  if (!(from instanceof Blob)) return jpeg(from, from.width, from.height, make, strokes);
  const url = URL.createObjectURL(from);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    return await jpeg(picture, picture.naturalWidth, picture.naturalHeight, make, strokes);
  } finally {
    URL.revokeObjectURL(url);
  }
}
