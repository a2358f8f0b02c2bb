/** The words of the app, from the one catalogue `sync/words`. Vietnamese is in the bundle (apart: what later screens and seldom-read pages say), English comes when asked for. */

import vi from "virtual:words/vi";
import type { Lang } from "./types";

export type Entry = string | { one?: string; other: string };
type Words = Record<string, Entry>;
const shelves: Partial<Record<Lang, Words>> = { vi };
const first = Object.keys(vi);
const marks = { vi: "vi-VN", en: "en-GB" } as const;

/** Loads a language; afterwards `t` can speak it. Rejects without network while the part has not come yet (soon after the first visit). */
export async function loadWords(lang: Lang): Promise<void> {
  if (shelves[lang]) return;
  const [list, rest, pages] = await Promise.all([import("virtual:words/en"), import("virtual:words/vi-rest"), import("virtual:words/vi-pages")]);
  learn(rest.default);
  learn(pages.default);
  const keys = [...first, ...Object.keys(rest.default), ...Object.keys(pages.default)];
  const [length, ...texts] = list.default;
  if (length !== keys.join().length) throw new Error("English of another version");
  shelves.en = Object.fromEntries(keys.map((key, i) => [key, texts[i]!]));
}

/** More Vietnamese, with the screens that speak it. */
export const learn = (more: Words): void => void Object.assign(vi, more);

/** What the seldom read pages say, and why the ward refuses something. */
export async function loadPages(): Promise<void> {
  learn((await import("virtual:words/vi-pages")).default);
}

export function number(lang: Lang, n: number, digits = 0): string {
  return n.toLocaleString(marks[lang], { maximumFractionDigits: digits });
}

/** The sentence of a key with its placeholders filled; `n` picks the plural. An unknown key shows itself. */
export function say(lang: Lang, key: string, values: Record<string, string | number> = {}): string {
  const entry = (shelves[lang] ?? vi)[key] ?? vi[key] ?? key;
  const text = typeof entry === "string" ? entry : ((values["n"] === 1 ? entry.one : undefined) ?? entry.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number(lang, value) : value;
  });
}
