import { expect, test } from "vitest";
import { drag, paint, PAINT, path, press, undo } from "./cover";

test("press, drag, lift; undo takes whole strokes", () => {
  const one = drag(press([], 10, 10, 8), 20, 10);
  const two = drag(press(one, 50, 50, 4), 60, 60);
  expect(two).toEqual([{ r: 8, at: [10, 10, 20, 10] }, { r: 4, at: [50, 50, 60, 60] }]);
  expect(undo(two)).toEqual(one);
  expect(undo(undo(undo(two)))).toEqual([]);
});

test("a trembling finger leaves few points, and no step is wider than the brush", () => {
  let strokes = press([], 0, 0, 40);
  for (let i = 1; i <= 1_000; i++) strokes = drag(strokes, i, Math.sin(i));
  const at = strokes[0]!.at;
  expect(at.length / 2).toBeLessThan(120);
  for (let i = 2; i < at.length; i += 2) expect(Math.abs(at[i]! - at[i - 2]!)).toBeLessThanOrEqual(40);
});

test("a drag that never began paints nothing", () => expect(drag([], 5, 5)).toEqual([]));

test("what the screen shows is what is painted: the same points, a tap is a dot", () => {
  const strokes = [...press([], 3, 4, 5), { r: 2, at: [1, 1, 9, 9] }];
  expect(strokes.map(path)).toEqual(["M3 4l0 0", "M1 1l0 0L9 9"]);
  const calls: string[] = [];
  const pen = {
    strokeStyle: "", lineWidth: 0, lineCap: "butt" as CanvasLineCap, lineJoin: "miter" as CanvasLineJoin, beginPath: () => calls.push("begin"),
    moveTo: (x: number, y: number) => calls.push(`M${x},${y}`), lineTo: (x: number, y: number) => calls.push(`L${x},${y}`), stroke() { calls.push(`w${this.lineWidth}`); },
  };
  paint(pen, strokes);
  expect(calls).toEqual(["begin", "M3,4", "L3.1,4", "w10", "begin", "M1,1", "L9,9", "w4"]);
  expect([pen.strokeStyle, pen.lineCap, pen.lineJoin]).toEqual([PAINT, "round", "round"]);
});
