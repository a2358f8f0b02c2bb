/** Photo → JPEG of at most 1600 px and 350 kB. In a worker where the browser can, else on the page. Throws when it is no picture. */
import type { Stroke } from "../core/types";
import { jpeg, type Make } from "./scale";
import type { Job } from "./shrink.worker";

/** `strokes` are painted into the pixels. A bitmap is used up. */
export async function shrink(from: Blob | ImageBitmap, strokes: Stroke[] = []): Promise<ArrayBuffer> {
  if (typeof OffscreenCanvas === "undefined") return here(from, strokes);
  const bytes = await beside({ from, strokes });
  if (bytes) return bytes;
  if (from instanceof Blob) return here(from, strokes);
  throw new Error("no picture"); // the worker has the bitmap, and did not manage
}

async function beside(job: Job): Promise<ArrayBuffer | undefined> {
  const worker = new Worker(new URL("./shrink.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ArrayBuffer | undefined>((done) => {
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
