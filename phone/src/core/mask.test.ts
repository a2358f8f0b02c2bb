import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CAP, MARKERS, NONE, VERSION, clean, gazetteer } from "./mask";

interface Case { in: string; out: string; finds: Record<string, number>; suspects: [number, number][] }
const file = JSON.parse(readFileSync(new URL("../../../tests/vectors/mask.json", import.meta.url), "utf8")) as {
  version: number; places: string[]; cases: Case[];
};
const places = gazetteer(file.places);
/** The vectors count characters; a string counts UTF-16 units. */
const points = (text: string, at: number): number => [...text.slice(0, at)].length;

describe("text cleaning", () => {
  it("has vectors for these rules", () => {
    expect(file.version).toBe(VERSION);
    expect(file.cases.length).toBeGreaterThanOrEqual(120);
  });

  it.each(file.cases)("gives what the server gives: $in", (row) => {
    const cleaned = clean(row.in, places);
    expect(cleaned.text).toBe(row.out);
    expect(cleaned.finds).toEqual(row.finds);
    expect(cleaned.suspects.map(([a, b]) => [points(cleaned.text, a), points(cleaned.text, b)])).toEqual(row.suspects);
  });

  it.each(file.cases)("changes nothing the second time: $in", (row) => {
    const again = clean(row.out, places);
    expect(again.text).toBe(row.out);
    expect(again.finds).toEqual({});
  });

  it("refuses what is longer than the cap, counted in characters", () => {
    expect(clean("😀".repeat(CAP)).text).toBe("😀".repeat(CAP));
    expect(() => clean("a".repeat(CAP + 1))).toThrow(RangeError);
  });

  it("drops halves of characters", () => {
    expect(clean("a\ud800b\udc00c").text).toBe("abc");
  });

  it("keeps spans that slice the text", () => {
    const { text, suspects } = clean("😀 ông đằm ở chợ", NONE);
    expect(suspects.map(([a, b]) => text.slice(a, b))).toEqual(["đằm"]);
  });

  it("leaves its own markers alone", () => {
    const text = Object.values(MARKERS).join(" ông ");
    expect(clean(text).text).toBe(text);
  });
});
