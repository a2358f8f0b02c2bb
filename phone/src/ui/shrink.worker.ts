/** Scales photos beside the page, so that the screen never stands still. */
import type { Stroke } from "../core/types";
import { jpeg } from "./scale";

declare const self: DedicatedWorkerGlobalScope;
export interface Job { from: Blob | ImageBitmap; strokes: Stroke[] }

self.onmessage = async (event: MessageEvent<Job>) => {
  try {
    const { from, strokes } = event.data;
    const picture = from instanceof Blob ? await createImageBitmap(from) : from;
    const bytes = await jpeg(picture, picture.width, picture.height, (w, h) => new OffscreenCanvas(w, h), strokes);
    picture.close();
    self.postMessage(bytes, [bytes]);
  } catch {
    self.postMessage(undefined);
  }
};
