import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { REST } from "../../build/words";
import { loadWords, number, say, type Entry } from "./words";

type Words = Record<string, Entry>;
const read = (lang: string): Words => JSON.parse(readFileSync(join(import.meta.dirname, `../../../sync/words/${lang}.json`), "utf8")) as Words;
const ours = (words: Words) => Object.entries(words).filter(([key]) => /^(phone|problem)\./.test(key));
const texts = (entry: Entry): string[] => (typeof entry === "string" ? [entry] : Object.values(entry) as string[]);
const holes = (entry: Entry): string[] => [...new Set(texts(entry).flatMap((s) => s.match(/\{\w+\}/g) ?? []))].sort();

test("both languages have the same keys and placeholders, in NFC", () => {
  const [vi, en] = [read("vi"), read("en")];
  expect(ours(vi).map(([k]) => k)).toEqual(ours(en).map(([k]) => k));
  for (const [key, entry] of ours(vi)) {
    expect(holes(en[key]!), key).toEqual(holes(entry));
    for (const text of [...texts(entry), ...texts(en[key]!)]) expect(text, key).toBe(text.normalize("NFC"));
  }
});

const root = join(import.meta.dirname, "..");

test("every key the screens name exists", () => {
  const vi = read("vi");
  const files = readdirSync(root, { recursive: true }).map(String).filter((f) => /\.tsx?$/.test(f) && !f.includes(".test."));
  const source = files.map((f) => readFileSync(join(root, f), "utf8")).join("\n");
  const named = [...source.matchAll(/["`](phone\.[a-z_]+(?:\.[a-z_]+)+)["`]/g)].map((m) => m[1]!);
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((key) => !(key in vi))).toEqual([]);
  const begun = [...source.matchAll(/`(phone\.[a-z_.]+)\$\{/g)].map((m) => m[1]!);
  for (const prefix of begun) expect(Object.keys(vi).some((key) => key.startsWith(prefix)), prefix).toBe(true);
});

/** What opens the app: all that `main.tsx` imports without waiting. */
function opening(file = "main", seen = new Set<string>()): Set<string> {
  const path = ["ts", "tsx"].map((end) => join(root, `${file}.${end}`)).find(existsSync)!;
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const [, from] of readFileSync(path, "utf8").matchAll(/^(?:import|export) (?!type)[^;]*?from "(\.[^"]+)";/gms)) opening(relative(root, join(path, "..", from!)), seen);
  return seen;
}

test("what opens the app says nothing that comes with the later screens", () => {
  const files = [...opening()];
  expect(files.length).toBeGreaterThan(20);
  const lent = files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/["`](phone\.[a-z_]+\.)/g)].map((m) => m[1]!).filter((key) => REST.test(key)).map((key) => `${relative(root, file)}: ${key}`));
  expect(lent).toEqual([]);
});

test("say: placeholders, plural, numbers, and a missing key shows itself", async () => {
  await loadWords("en");
  expect(say("vi", "phone.home.where", { here: 3, ward: 1234 })).toBe("3 ghi chú còn trên máy này, 1.234 đã tới phường");
  expect(say("en", "phone.photos.count", { n: 1 })).toBe("1 photo");
  expect(say("en", "phone.photos.count", { n: 2 })).toBe("2 photos");
  expect(say("vi", "phone.nothing")).toBe("phone.nothing");
  expect(number("vi", 1234.5, 1)).toBe("1.234,5");
  const en = read("en");
  for (const key of ["phone.again", "phone.write.yesterday", "phone.help.keep", "phone.about.what", "phone.log.nothing", "problem.bad_value.remedy"]) expect(say("en", key)).toBe(en[key]);
});
