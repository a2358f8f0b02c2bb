/** Text cleaning on the screen. The rules come as a part of their own, so that opening the app does not wait for them. */

import { computed, signal } from "@preact/signals";
import type { Cleaned } from "../core/mask";
import { places, settings } from "./state";

const rules = signal<typeof import("../core/mask") | undefined>(undefined);
/** The ward's own place names that look like persons' (streets, temples), as its administrator keeps them. */
const own = computed(() => settings.value.flatMap((s) => (s.names as string[] | undefined) ?? []));
const gazetteer = computed(() => rules.value?.gazetteer([...places.value.flatMap((p) => [p.name, ...(p.aliases ?? [])]), ...own.value]));

export async function loadRules(): Promise<void> {
  rules.value ??= await import("../core/mask").catch(() => undefined);
}

/** What would be kept of a text; undefined while the rules are not here (the ward cleans every text again anyway). */
export function cleaned(text: string): Cleaned | undefined {
  return text.trim() && rules.value ? rules.value.clean(text, gazetteer.value) : undefined;
}

/** What a text is kept as, and its length as typed or as kept: a mark may be longer than what it hides. */
export function weigh(text: string): { text: string; size: number } {
  const typed = text.normalize("NFC").trim();
  const kept = cleaned(typed)?.text ?? typed;
  return { text: kept, size: Math.max([...typed].length, [...kept].length) };
}

export const markers = (): string[] => (rules.value ? Object.values(rules.value.MARKERS) : []);
/** What stands for a name. */
export const nameMark = (): string => rules.value?.MARKERS["name"] ?? "[…]";
