/** Finding a place in the ward's list by any of its names, with or without marks. */

import { fold, matches } from "./fold";
import type { Place } from "./types";

/** `by`: the other or older name that fits where the present one does not. */
export interface Found { place: Place; by?: string }

/**
 * Nothing asked for: those lately used stand first, then the list as it is. Else all whose names hold every word of the
 * query; names that begin with it lead.
 */
export function found(places: readonly Place[], query: string, used: readonly string[] = []): Found[] {
  const asked = fold(query).trim();
  if (!asked) {
    const rank = (p: Place): number => (used.includes(p.id) ? used.indexOf(p.id) : used.length);
    return [...places].sort((a, b) => rank(a) - rank(b)).map((place) => ({ place }));
  }
  const heads = (text: string): boolean => fold(text).split(/[\s,]+/).some((_, i, words) => words.slice(i).join(" ").startsWith(asked));
  return places
    .flatMap((place): (Found & { score: number })[] => {
      if (matches(asked, place.name)) return [{ place, score: fold(place.name).startsWith(asked) ? 0 : heads(place.name) ? 1 : 2 }];
      const by = place.aliases?.find((name) => matches(asked, name)) ?? (matches(asked, place.name, ...(place.aliases ?? [])) ? place.aliases?.[0] : undefined);
      return by === undefined ? [] : [{ place, by, score: heads(by) ? 1 : 3 }];
    })
    .sort((a, b) => a.score - b.score)
    .map(({ place, by }) => (by === undefined ? { place } : { place, by }));
}
