import { expect, test } from "vitest";
import { align } from "./align";
import { clean, MARKERS } from "./mask";

const MARKS = Object.values(MARKERS);
const shown = (typed: string): string[] | undefined => align(typed, clean(typed).text, MARKS)?.hidden.map(([a, b]) => typed.slice(a, b));

test("what will be masked is found in the text as typed", () => {
  expect(shown("Ngập ở đầu ngõ")).toEqual([]);
  expect(shown("Hỏi chị Lan, số 0912 345 678, ngập đầu gối")).toEqual(["Lan", "0912 345 678"]);
  expect(shown("0912345678")).toEqual(["0912345678"]);
});

test("a marker that stands there already is not shown again", () => {
  expect(shown("Hỏi chị [tên], số 0912 345 678")).toEqual(["0912 345 678"]);
});

test("a place in the cleaned text leads back to the typed one", () => {
  const typed = "Số 0912 345 678, hỏi bác Tư nhé";
  const cleaned = "Số [điện thoại], hỏi bác Tư nhé";
  const found = align(typed, cleaned, MARKS)!;
  for (const word of ["hỏi", "Tư", "nhé"]) expect(found.back(cleaned.indexOf(word))).toBe(typed.indexOf(word));
  expect(found.back(cleaned.length)).toBe(typed.length);
});

test("two texts that do not fit are not aligned, and it does not take long to say so", () => {
  expect(align("abc", "abd", MARKS)).toBeUndefined();
  const before = Date.now();
  expect(align("a ".repeat(140), `${"[tên] ".repeat(46)}b`, MARKS)).toBeUndefined();
  expect(Date.now() - before).toBeLessThan(200);
});

test("whatever is typed, all that is not hidden is what is kept", () => {
  const words = ["anh", "Nam", "chị", "Trần", "Văn", "Mẫu", "0912 345 678", "ngập", "cống", ",", "15A-123.45", "số nhà 12", "[tên]", "ông", "Tư"];
  let seed = 7;
  const next = (n: number): number => ((seed = (seed * 48271) % 2147483647) % n);
  let aligned = 0;
  for (let i = 0; i < 400; i++) {
    const typed = Array.from({ length: 1 + next(9) }, () => words[next(words.length)]).join(" ");
    const cleaned = clean(typed).text;
    const found = align(typed, cleaned, MARKS);
    if (!found) continue;
    aligned++;
    const rest = found.hidden.reduceRight((text, [a, b]) => text.slice(0, a) + "\0" + text.slice(b), typed);
    const want = MARKS.reduce((text, mark) => text.split(mark).join("\0"), cleaned);
    expect(MARKS.reduce((text, mark) => text.split(mark).join("\0"), rest)).toBe(want);
  }
  expect(aligned).toBeGreaterThan(380);
});
