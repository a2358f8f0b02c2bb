/** Finds in a text what cleaning will hide, so that it can be shown in place: cleaning itself tells only the result. */

export type Span = [start: number, end: number];
export interface Aligned {
  /** What becomes a marker, in places of the text as typed. */
  hidden: Span[];
  /** A place in the cleaned text as a place in the typed one. */
  back(place: number): number;
}

/** Tries enough for a note; text that is mostly markers may not be worth more. */
const TRIES = 2_000;

/** Undefined when the two do not fit together (other characters were changed too): then nothing is shown in place. */
export function align(typed: string, cleaned: string, markers: readonly string[]): Aligned | undefined {
  const parts = split(cleaned, markers);
  const starts: number[] = [];
  let tries = TRIES;
  const fit = (i: number, from: number): boolean => {
    const part = parts[i]!.text;
    const final = i === parts.length - 1;
    if (i === 0) {
      if (!typed.startsWith(part)) return false;
      starts[0] = 0;
      return final ? typed.length === part.length : fit(1, part.length);
    }
    if (final) { // whatever lies between is hidden
      starts[i] = typed.length - part.length;
      return typed.endsWith(part) && starts[i]! > from;
    }
    for (let at = typed.indexOf(part, from + 1); at >= 0 && tries-- > 0; at = typed.indexOf(part, at + 1)) {
      starts[i] = at;
      if (fit(i + 1, at + part.length)) return true;
      if (!part) break; // two markers side by side
    }
    return false;
  };
  if (!fit(0, 0)) return undefined;
  const hidden: Span[] = [];
  for (let i = 1; i < parts.length; i++) {
    const span: Span = [starts[i - 1]! + parts[i - 1]!.text.length, starts[i]!];
    if (!markers.includes(typed.slice(...span))) hidden.push(span); // a marker that stood there already
  }
  return {
    hidden,
    back(place) {
      let i = parts.length - 1;
      while (i > 0 && parts[i]!.at > place) i--;
      return Math.min(typed.length, starts[i]! + Math.min(place - parts[i]!.at, parts[i]!.text.length));
    },
  };
}

/** What stands between the markers, with its place. */
function split(text: string, markers: readonly string[]): { at: number; text: string }[] {
  const found: { at: number; text: string }[] = [];
  let from = 0;
  for (let at = text.indexOf("["); at >= 0; at = text.indexOf("[", at + 1)) {
    const mark = markers.find((each) => text.startsWith(each, at));
    if (!mark) continue;
    found.push({ at: from, text: text.slice(from, at) });
    from = at + mark.length;
  }
  return [...found, { at: from, text: text.slice(from) }];
}
