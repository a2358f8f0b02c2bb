/** Scales photos beside the page, so that the screen never stands still. */
import { jpeg } from "./scale";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = async (event: MessageEvent<Blob>) => {
  try {
    const picture = await createImageBitmap(event.data);
    const bytes = await jpeg(picture, picture.width, picture.height, (w, h) => new OffscreenCanvas(w, h));
    picture.close();
    self.postMessage(bytes, [bytes]);
  } catch {
    self.postMessage(undefined);
  }
};
