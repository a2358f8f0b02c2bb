/**
 * Text cleaning: identifiers of persons become short markers before a note is saved.
 * The twin of `sync/mask.py` and `sync/names.py`: both only interpret the rules and words of `sync/data/` and give equal
 * results on `tests/vectors/mask.json`. It lowers the risk and does not remove it: never call a cleaned text "anonymous".
 */

import ruleset from "../../../sync/data/mask_rules.json";
import lists from "../../../sync/data/mask_words.json";

type Row = readonly string[];
type GateRow = Readonly<{ all?: string; re?: string; has?: string[]; words?: string; several?: number }>;
interface RuleFile {
  version: number; cap: number; markers: Record<string, string>; letters: string; capitals: string;
  strip: string; blanks: string; zeros: string; little: string[]; alike: Record<string, string>;
  macros: Record<string, string>; gates: Record<string, GateRow>; before: Record<string, string>;
  quick: { codes: string[]; any: string[]; re: string; words: string; several: number };
  wake: { kinds: string; capitals: string; exact: string[]; perhaps: string[]; then: string };
  structured: Row[]; names: Row[]; suspects: Row[];
}
interface WordFile { order: Record<"low" | "capital" | "plain", string>; kinds: Record<string, string>; phrases: Record<string, string>; plain: Record<string, string> }

const RULES: RuleFile = ruleset;
const WORDS: WordFile = lists;

/** Version of the rules; every note keeps the one it was cleaned with. */
export const VERSION = RULES.version;
/** Longest text looked at, in characters (code points). Callers cap. */
export const CAP = RULES.cap;
/** Class of find → the marker that replaces it. Markers are never masked again. */
export const MARKERS: Readonly<Record<string, string>> = RULES.markers;

/** `suspects`: spans of `text` (as `slice` counts) that may still name a person. */
export interface Cleaned { text: string; finds: Record<string, number>; suspects: [number, number][] }

type Span = [start: number, end: number, kind: string];
type Phrases = Map<string, Map<string, [rest: string[], kind: string][]>>;

/** Place names that look like names of persons, ready for lookup. Build it by `gazetteer`. */
export interface Gazetteer { readonly phrases: Phrases }

interface Look { text: string; words: string[]; codes: string[]; kinds: Set<string> }
interface Rule { need: string; act: string; pattern: RegExp; context: boolean; before: RegExp | undefined; only: string }

// --- rules -----------------------------------------------------------------------------------------------------------

const escaped = (text: string): string => text.replace(/[[\]]/g, "\\$&");
const MARKS = Object.values(MARKERS).map(escaped).join("|");
const MARK_CODES = new Map(Object.entries(MARKERS).map(([kind, mark]) => [mark, kind === "name" ? "Xn" : "Xx"]));
const L = RULES.letters;
const U = RULES.capitals;
const TOKEN = new RegExp(
  `[${L}]{2,}|[Đđ]/[Cc](?![${L}])|(?:[${U}]\\.)+[${U}](?![${L}])|[${L}]|[0-9][0-9${L}]*|${MARKS}|[^ ${L}0-9][^ ${L}0-9\\[]*`,
  "gu",
);

function expand(source: string): string {
  let text = source;
  while (/<[a-z]+>/.test(text)) text = text.replace(/<([a-z]+)>/g, (_, name: string) => RULES.macros[name] ?? "");
  return text;
}

const compile = (rows: Row[]): Rule[] =>
  rows.map(([need = "", act = "", source = "", before = "", only = ""]) => ({
    need, act, only,
    pattern: new RegExp(expand(source), "gu"),
    context: /^\((?!\?)/.test(source), // a first group is context: it is not masked
    before: before ? new RegExp(`[${RULES.before[before] ?? ""}]`, "u") : undefined,
  }));

const STRUCTURED = compile(RULES.structured);
const NAMES = compile(RULES.names);
const DOUBTS = compile(RULES.suspects);
const GATES = new Map(
  Object.entries(RULES.gates).map(([name, row]) => [
    name,
    {
      all: row.all, re: row.re === undefined ? undefined : new RegExp(row.re, "u"),
      has: row.has ?? [], words: (row.words ?? "").split(" "), several: row.several ?? 1,
    },
  ]),
);

/** Clean `text`; idempotent. Names in `places` are left alone. Throws RangeError above `CAP` characters. */
export function clean(text: string, places: Gazetteer = NONE): Cleaned {
  if (text.length > CAP && [...text].length > CAP) throw new RangeError(`text longer than ${CAP} characters`);
  let now = normal(text);
  const finds: Record<string, number> = {};
  let suspects: [number, number][] = [];
  for (let round = 0; round < 6; round++) {
    let look = lookAt(now, places);
    if (hasNumbers(look)) {
      const cleaned = structured(now, finds);
      if (cleaned !== now) look = lookAt(cleaned, places);
    }
    const reading = judge(look);
    suspects = reading.suspects;
    const next = cut(replaced(look.text, reading.finds, finds));
    if (next === now) break;
    now = next;
  }
  return { text: now, finds, suspects };
}

// --- characters ------------------------------------------------------------------------------------------------------

const BLANKS = new RegExp(RULES.blanks, "gu");
const STRIP = new RegExp(RULES.strip, "gu");
const DIGITS = new Map<string, string>();
for (const zero of RULES.zeros) {
  for (let value = 0; value < 10; value++) DIGITS.set(String.fromCodePoint((zero.codePointAt(0) ?? 0) + value), String(value));
}
for (let code = 0xff01; code < 0xff5f; code++) DIGITS.set(String.fromCharCode(code), String.fromCharCode(code - 0xfee0));
const LITTLE = new Map<string, string>();
for (const row of RULES.little) [...row].forEach((char, value) => LITTLE.set(char, String(value)));
const LITTLE_RUN = new RegExp(`[${[...LITTLE.keys()].join("")}]{3,}`, "gu");
const translated = (text: string, table: Map<string, string>): string => {
  let out = "";
  for (const char of text) out += table.get(char) ?? char;
  return out;
};

function normal(text: string): string {
  const plain = text.normalize("NFC").replace(/\r\n/g, "\n").replace(BLANKS, " ").replace(STRIP, "");
  return translated(plain, DIGITS).replace(LITTLE_RUN, (run) => translated(run, LITTLE)).normalize("NFC");
}

const FOLD = new Map<string, string>();
for (const [from, to] of [[0x41, 0x5b], [0xc0, 0x250], [0x1e00, 0x1f00]] as const) {
  for (let code = from; code < to; code++) {
    const base = (String.fromCharCode(code).normalize("NFD")[0] ?? "").toLowerCase();
    if (/^[a-z]$/.test(base)) FOLD.set(String.fromCharCode(code), base);
  }
}
for (const char of "đĐðÐ") FOLD.set(char, "d");
for (const [plain, others] of Object.entries(RULES.alike)) for (const char of others) FOLD.set(char, plain);

/** Lower case without marks, place for place. */
function fold(text: string): string {
  let out = "";
  for (const char of text) out += FOLD.get(char) ?? char;
  return out;
}

const foldWord = (word: string): string =>
  word.replace(/đ/g, "d").replace(/Đ/g, "D").normalize("NFD").replace(/\p{M}/gu, "");
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

// --- number-like identifiers -----------------------------------------------------------------------------------------

const FILLER = "\u0001";
const MARKER = new RegExp(MARKS, "gu");
const QUICK_RE = new RegExp(RULES.quick.re, "u");
const DIGIT_WORDS = new Set(RULES.quick.words.split(" ").flatMap((word) => [word, capital(word), word.toUpperCase()]));

function hasNumbers({ text, words, kinds }: Look): boolean {
  return RULES.quick.codes.some((code) => kinds.has(code)) || QUICK_RE.test(text)
    || RULES.quick.any.some((part) => text.includes(part))
    || new Set(words.filter((word) => DIGIT_WORDS.has(word))).size >= RULES.quick.several;
}

function gatesOf(work: string): (name: string) => boolean {
  const words = new Set(work.match(/[a-z]+/g));
  const answers = new Map<string, boolean>();
  const open = (name: string): boolean => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const gate = GATES.get(name);
    const answer = !!gate && (!gate.all || open(gate.all)) && (gate.re
      ? gate.re.test(work)
      : gate.has.some((part) => work.includes(part)) || gate.words.filter((word) => words.has(word)).length >= gate.several);
    answers.set(name, answer);
    return answer;
  };
  return open;
}

function structured(text: string, finds: Record<string, number>): string {
  let work = ` ${fold(text.replace(MARKER, (mark) => FILLER.repeat(mark.length)))} `;
  const open = gatesOf(work);
  const spans: Span[] = [];
  for (const rule of STRUCTURED) if (open(rule.need)) work = claim(rule, work, text, spans);
  return replaced(text, spans, finds);
}

/** Claimed characters are blanked so that no later rule sees them. */
function claim(rule: Rule, work: string, text: string, spans: Span[]): string {
  let out = "";
  let done = 0;
  for (const match of work.matchAll(rule.pattern)) {
    const start = match.index + (rule.context ? (match[1] ?? "").length : 0);
    const end = match.index + match[0].length;
    if (rule.before?.test(work.charAt(match.index - 1)) || !fits(rule.only, text.slice(start - 1, end - 1))) continue;
    if (rule.act !== "keep") spans.push([start - 1, end - 1, rule.act]);
    out += work.slice(done, start) + FILLER.repeat(end - start);
    done = end;
  }
  return done ? out + work.slice(done) : work;
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
const fits = (only: string, found: string): boolean =>
  only === "ascii" ? isAscii(found) : only === "upper" ? found === found.toUpperCase() : true;

function replaced(text: string, spans: Span[], finds: Record<string, number>): string {
  let out = "";
  let done = 0;
  for (const [start, end, kind] of spans.sort((a, b) => a[0] - b[0])) {
    finds[kind] = (finds[kind] ?? 0) + 1;
    out += text.slice(done, start) + (MARKERS[kind] ?? "");
    done = end;
  }
  return out + text.slice(done);
}

/** The longest start of `text` within `CAP` that ends between words and outside a marker. */
function cut(text: string): string {
  if (text.length <= CAP) return text;
  const chars = [...text];
  if (chars.length <= CAP) return text;
  const space = chars.lastIndexOf(" ", CAP);
  let end = space > 0 ? space : CAP;
  const opened = chars.lastIndexOf("[", end - 1);
  if (opened > chars.lastIndexOf("]", end - 1) && end - opened < 16) end = opened;
  return chars.slice(0, end || CAP).join("");
}

// --- names -----------------------------------------------------------------------------------------------------------

const SHAPES = ["l", "c", "u", "m", "i", "n"];
const WAKE = new Set([
  ...[...RULES.wake.kinds].flatMap((kind) => SHAPES.map((shape) => kind + shape)),
  ...[...RULES.wake.capitals].flatMap((kind) => [`${kind}c`, `${kind}u`]),
  ...RULES.wake.exact,
]);
const THEN = new RegExp(RULES.wake.then, "u");
const LETTER = new RegExp(`^[${L}]`, "u");
const [EXACT, PLAIN] = lexicon();
/** No names beyond the general ones shipped with the rules. */
export const NONE: Gazetteer = gazetteer([]);

function lexicon(): [Map<string, string>, Map<string, string>] {
  const kinds = new Map(Object.entries(WORDS.kinds).map(([kind, words]) => [kind, words.split(" ")]));
  const exact = new Map<string, string>();
  const folded = new Map<string, string>();
  const plain = new Map<string, string>();
  const add = (map: Map<string, string>, word: string, code: string): void => {
    if (!map.has(word)) map.set(word, code);
  };
  for (const kind of WORDS.order.low) for (const word of kinds.get(kind) ?? []) add(exact, word, `${kind}l`);
  for (const word of kinds.get("A") ?? []) exact.set(word, "Al");
  for (const kind of WORDS.order.capital) {
    for (const word of kinds.get(kind) ?? []) {
      add(exact, capital(word), `${word === "anh" ? "C" : kind}c`);
      if ("STMG".includes(kind)) add(folded, foldWord(capital(word)), `${kind}c`);
    }
  }
  for (const [word, code] of folded) add(exact, word, code);
  for (const kind of WORDS.order.plain) { // a folded word means many things: titles and places first
    const listed = WORDS.plain[kind];
    for (const word of listed?.split(" ") ?? []) {
      add(plain, word, `${kind}l`);
      if ("60".includes(kind)) add(plain, capital(word), `${word === "anh" ? "C" : kind}c`);
    }
    if (listed === undefined) for (const [word, code] of exact) if (code === `${kind}l`) add(plain, foldWord(word), code);
  }
  return [exact, new Map([...exact, ...plain])];
}

/** Place names (with marks; they are also found without) that must never be masked, added to the general ones. */
export function gazetteer(names: Iterable<string>): Gazetteer {
  const found = new Map<string, [words: string[], kind: string]>();
  const rows: [string, string][] = Object.entries(WORDS.phrases).flatMap(([kind, line]) =>
    line.split("|").map((phrase): [string, string] => [phrase, kind]));
  for (const [kind, words] of Object.entries(WORDS.kinds)) {
    for (const word of words.split(" ")) if (word.includes("_")) rows.push([word.replace(/_/g, " "), kind]);
  }
  for (const name of names) rows.push([name, "Z"]);
  for (const [phrase, kind] of rows) {
    const words = (phrase.normalize("NFC").match(TOKEN) ?? []).map((word) => word.toLowerCase());
    if (!words.length) continue;
    const plain = words.map(foldWord);
    if (!found.has(plain.join("\n"))) found.set(plain.join("\n"), [plain, kind]);
    found.set(words.join("\n"), [words, kind]);
  }
  const phrases: Phrases = new Map();
  for (const [words, kind] of [...found.values()].sort((a, b) => b[0].length - a[0].length)) {
    const [first = "", ...rest] = words;
    const seconds = phrases.get(first) ?? new Map<string, [string[], string][]>();
    const second = rest[0] ?? "";
    seconds.set(second, [...(seconds.get(second) ?? []), [rest, kind]]);
    phrases.set(first, seconds);
  }
  return { phrases };
}

function lookAt(text: string, places: Gazetteer): Look {
  const words: string[] = text.match(TOKEN) ?? [];
  const marked = words.filter((word) => !isAscii(word));
  const some = marked.length * 7 <= words.length || marked.filter((word) => !MARK_CODES.has(word)).length * 7 <= words.length;
  const known = some ? PLAIN : EXACT;
  let shown = words;
  let codes = words.map((word) => code(word, known));
  const capitals = codes.filter((each) => "cumi".includes(each.charAt(1))).length;
  if (words.length >= 5 && capitals * 4 >= words.length * 3) { // written in capitals: they say nothing
    shown = words.map((word) => word.toLowerCase());
    codes = shown.map((word) => code(word, known));
  }
  markPhrases(places.phrases, words, shown, codes);
  return { text, words, codes, kinds: new Set(codes) };
}

/** Kind and shape of a word. */
function code(word: string, known: Map<string, string>): string {
  const listed = known.get(word);
  if (listed) return listed;
  if (/^[0-9]/.test(word)) return "Dn";
  if (!LETTER.test(word)) return MARK_CODES.get(word) ?? (word === "." ? "Lp" : "Jp");
  const low = word.toLowerCase();
  if (word === low) return "Wl";
  if (word.length === 1 || word[1] === ".") return "Ui";
  if (word.slice(1) === low.slice(1)) return "Wc";
  if (word === word.toUpperCase()) return `${(known.get(word.charAt(0) + low.slice(1)) ?? known.get(low) ?? "Wx").charAt(0)}u`;
  return "Wm";
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((each, i) => each === b[i]);

function markPhrases(phrases: Phrases, words: string[], shown: string[], codes: string[]): void {
  const lows = words.map((word) => word.toLowerCase());
  for (let at = 0; at < words.length; at++) {
    const seconds = phrases.get(lows[at] ?? "");
    if (!seconds) continue;
    for (const [rest, kind] of [...(seconds.get(lows[at + 1] ?? "") ?? []), ...(seconds.get("") ?? [])]) {
      const end = at + 1 + rest.length;
      if (!same(lows.slice(at + 1, end), rest)) continue;
      // "anh hùng" is a hero, "anh Hùng" a person
      if ((kind === "N" || (kind === "Z" && codes[at] === "Hl")) && !same(shown.slice(at + 1, end), rest)) continue;
      for (let each = at; each < end; each++) codes[each] = kind + (codes[each] ?? "").charAt(1);
      at = end - 1;
      break;
    }
  }
}

/** Doubts are looked for only where nothing certain is left to replace. */
function judge(look: Look): { finds: Span[]; suspects: [number, number][] } {
  let codes = look.codes.join("");
  const awake = look.codes.some((each) => WAKE.has(each))
    || (RULES.wake.perhaps.some((each) => look.kinds.has(each)) && THEN.test(codes));
  if (!awake) return { finds: [], suspects: [] };
  const found: Span[] = [];
  for (const rule of NAMES) codes = claimWords(rule, codes, found);
  if (found.length) return { finds: spansOf(look, found), suspects: [] };
  for (const rule of DOUBTS) codes = claimWords(rule, codes, found);
  return { finds: [], suspects: spansOf(look, found).map(([start, end]) => [start, end]) };
}

const FILLERS = new Map([["keep", "Zz"], ["name", "Xn"]]);
const filler = (rule: Rule, start: number, end: number): string => (FILLERS.get(rule.act) ?? "Xx").repeat((end - start) / 2);

/** Note finds as (first word, word after, class) and hide those words from later rules. */
function claimWords(rule: Rule, codes: string, found: Span[]): string {
  if (rule.pattern.source.includes("Xn")) return claimAlong(rule, codes, found);
  let out = "";
  let done = 0;
  for (const match of codes.matchAll(rule.pattern)) {
    const [start, end] = note(rule, match, found);
    [out, done] = [out + codes.slice(done, start) + filler(rule, start, end), end];
  }
  return done ? out + codes.slice(done) : codes;
}

/** The same for a rule about what stands beside a find, along a whole list. It looks at most six words before its find. */
function claimAlong(rule: Rule, codes: string, found: Span[]): string {
  rule.pattern.lastIndex = 0;
  for (let match = rule.pattern.exec(codes); match; match = rule.pattern.exec(codes)) {
    const [start, end] = note(rule, match, found);
    codes = codes.slice(0, start) + filler(rule, start, end) + codes.slice(end);
    rule.pattern.lastIndex = Math.max(0, start - 12);
  }
  return codes;
}

function note(rule: Rule, match: RegExpExecArray, found: Span[]): [number, number] {
  const start = match.index + (rule.context ? (match[1] ?? "").length : 0);
  const end = match.index + match[0].length;
  if (rule.act !== "keep") found.push([start / 2, end / 2, rule.act]);
  return [start, end];
}

function spansOf(look: Look, found: Span[]): Span[] {
  const spots: [number, number][] = [];
  let at = 0;
  for (const word of look.words) {
    at = look.text.indexOf(word, at);
    spots.push([at, at + word.length]);
    at += word.length;
  }
  return found.sort((a, b) => a[0] - b[0]).map(([first, last, kind]) => [spots[first]?.[0] ?? 0, spots[last - 1]?.[1] ?? 0, kind]);
}
