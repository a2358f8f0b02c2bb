/** A picture drawn anew at most 1600 px long: small, and without the place and camera data a file carries. */

export const LONG_SIDE = 1600;
const QUALITY = 0.72;

export function fit(width: number, height: number): { w: number; h: number } {
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  return { w: Math.max(1, Math.round(width * scale)), h: Math.max(1, Math.round(height * scale)) };
}

type Canvas = OffscreenCanvas | HTMLCanvasElement;
export type Source = ImageBitmap | HTMLImageElement;

export async function jpeg(source: Source, width: number, height: number, make: (w: number, h: number) => Canvas): Promise<ArrayBuffer> {
  const { w, h } = fit(width, height);
  const canvas = make(w, h);
  const pen = canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;
  pen.drawImage(source, 0, 0, w, h);
  const blob = "convertToBlob" in canvas
    ? await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })
    : await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (blob?.type !== "image/jpeg") throw new Error("no jpeg"); // some engines quietly answer with another format
  return blob.arrayBuffer();
}
