/** Photo → JPEG of at most 1600 px. In a worker where the browser can, else on the page. Throws when it is no picture. */
import { jpeg } from "./scale";

export async function shrink(file: Blob): Promise<ArrayBuffer> {
  return (await beside(file)) ?? (await here(file));
}

async function beside(file: Blob): Promise<ArrayBuffer | undefined> {
  if (typeof OffscreenCanvas === "undefined") return undefined;
  const worker = new Worker(new URL("./shrink.worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise<ArrayBuffer | undefined>((done) => {
      worker.onmessage = (event: MessageEvent<ArrayBuffer | undefined>) => done(event.data);
      worker.onerror = () => done(undefined);
      worker.postMessage(file);
    });
  } finally {
    worker.terminate();
  }
}

async function here(file: Blob): Promise<ArrayBuffer> {
  const url = URL.createObjectURL(file);
  try {
    const picture = new Image();
    picture.src = url;
    await picture.decode();
    const make = (w: number, h: number): HTMLCanvasElement => Object.assign(document.createElement("canvas"), { width: w, height: h });
    return await jpeg(picture, picture.naturalWidth, picture.naturalHeight, make);
  } finally {
    URL.revokeObjectURL(url);
  }
}
