/** Painting over what a photo must not show: faces, plates, house numbers. Strokes first, pixels when the brush is put down. */

import type { Stroke } from "./types";

/** Opaque: nothing of what lies under it is in the picture that is kept. */
export const PAINT = "#20302d";
/** Radius of the two brushes as a part of the picture's long side: a fingertip, and a plate far away. */
export const BRUSHES = { big: 1 / 20, small: 1 / 45 } as const;

type Pen = Pick<
  OffscreenCanvasRenderingContext2D,
  "beginPath" | "moveTo" | "lineTo" | "stroke" | "strokeStyle" | "lineWidth" | "lineCap" | "lineJoin"
>;

export function press(strokes: readonly Stroke[], x: number, y: number, r: number): Stroke[] {
  return [...strokes, { r: Math.round(r), at: [Math.round(x), Math.round(y)] }];
}

/** Goes on with the last stroke; steps far smaller than the brush change nothing that one could see. */
export function drag(strokes: readonly Stroke[], x: number, y: number): Stroke[] {
  const last = strokes.at(-1);
  if (!last) return [...strokes];
  const [px = 0, py = 0] = last.at.slice(-2);
  if (Math.hypot(x - px, y - py) < last.r / 4) return [...strokes];
  return [...strokes.slice(0, -1), { ...last, at: [...last.at, Math.round(x), Math.round(y)] }];
}

export const undo = (strokes: readonly Stroke[]): Stroke[] => strokes.slice(0, -1);

/** A stroke as an SVG path: what is shown is what will be painted. */
export function path({ at }: Stroke): string {
  const [x = 0, y = 0, ...rest] = at;
  let line = `M${x} ${y}l0 0`;
  for (let i = 0; i < rest.length; i += 2) line += `L${rest[i]} ${rest[i + 1]}`;
  return line;
}

export function paint(pen: Pen, strokes: readonly Stroke[]): void {
  pen.strokeStyle = PAINT;
  pen.lineCap = pen.lineJoin = "round";
  for (const { r, at } of strokes) {
    pen.lineWidth = 2 * r;
    pen.beginPath();
    pen.moveTo(at[0] ?? 0, at[1] ?? 0);
    if (at.length === 2) pen.lineTo((at[0] ?? 0) + 0.1, at[1] ?? 0); // a tap is a dot; a line of no length would be none
    for (let i = 2; i < at.length; i += 2) pen.lineTo(at[i] ?? 0, at[i + 1] ?? 0);
    pen.stroke();
  }
}
