/** A picture drawn anew at most 1600 px long: small, and without the place and camera data a file carries. */

import { paint } from "../core/cover";
import type { Stroke } from "../core/types";

export const LONG_SIDE = 1600;
/** What a photo may weigh on the way to the ward. */
export const BYTES_MAX = 350_000;
/** Tried in turn until it is light enough: a picture full of leaves weighs twice one of a wall. */
const TRIES: readonly [side: number, quality: number][] = [[LONG_SIDE, 0.72], [LONG_SIDE, 0.58], [1280, 0.6], [1024, 0.55]];

export function fit(width: number, height: number, long = LONG_SIDE): { w: number; h: number } {
  const scale = Math.min(1, long / Math.max(width, height));
  return { w: Math.max(1, Math.round(width * scale)), h: Math.max(1, Math.round(height * scale)) };
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;
export type Source = ImageBitmap | HTMLImageElement;
export type Make = (w: number, h: number) => Canvas;

/** Strokes are in pixels of a source that is 1600 px or shorter already, as every kept photo is. Throws where no JPEG comes out. */
export async function jpeg(source: Source, width: number, height: number, make: Make, strokes: readonly Stroke[] = []): Promise<ArrayBuffer> {
  let bytes = new ArrayBuffer(0);
  for (const [side, quality] of TRIES) {
    const { w, h } = fit(width, height, side);
    const canvas = make(w, h);
    const pen = canvas.getContext("2d", { alpha: false }) as OffscreenCanvasRenderingContext2D;
    pen.drawImage(source, 0, 0, w, h);
    pen.scale(w / width, h / height);
    paint(pen, strokes);
    bytes = await encoded(canvas, quality);
    canvas.width = canvas.height = 1; // gives the pixels back before the next are asked for
    if (bytes.byteLength <= BYTES_MAX) break;
  }
  return bytes;
}

async function encoded(canvas: Canvas, quality: number): Promise<ArrayBuffer> {
  const blob = "convertToBlob" in canvas
    ? await canvas.convertToBlob({ type: "image/jpeg", quality })
    : await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
  if (blob?.type !== "image/jpeg") throw new Error("no jpeg"); // some engines quietly answer with another format
  return blob.arrayBuffer();
}
