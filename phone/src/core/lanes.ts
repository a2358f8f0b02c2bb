/** The lane of a note (kind × topic, from the shipped table in the topics) and what the lane lets it hold. */

import { weekOf } from "./days";
import type { Area, Door, Draft, Kind, Lane, NoteFields, Topic } from "./types";

/** A rumour is always an opinion matter, unless its topic belongs to a formal door. */
export function laneOf(topic: Topic, kind: Kind): Lane | undefined {
  const lane = topic.lanes[kind];
  return kind === "rumour" && lane === "place" ? "opinion" : lane;
}

/** What was seen on the spot is mostly a place matter: those topics stand first. */
const likely = (topic: Topic, kind: Kind): boolean => kind === "observation" && topic.lanes[kind] === "place";

/** Topics to offer for a kind below `parent` (none = the top of the tree): the likely ones, then by their codes. */
export function topicsFor(topics: readonly Topic[], kind: Kind, parent = ""): Topic[] {
  const open = topics.filter((t) => !t.retired);
  const usable = (t: Topic): boolean => open.some((c) => c.parent === t.code && usable(c)) || t.lanes[kind] !== undefined;
  const order = (t: Topic): string => (t.code.startsWith("D") ? "~" : t.code === "99" ? "}" : t.code);
  return open
    .filter((t) => (t.parent ?? "") === parent && usable(t))
    .sort((a, b) => Number(likely(b, kind)) - Number(likely(a, kind)) || (a.position ?? 0) - (b.position ?? 0) || (order(a) < order(b) ? -1 : 1));
}

/** The area at `level` that holds `code` (itself included). */
export function above(areas: ReadonlyMap<string, Area>, code: string, level: Area["level"]): Area | undefined {
  let area = areas.get(code);
  for (let i = 0; area && area.level !== level && i < 6; i++) area = areas.get(area.parent ?? "");
  return area?.level === level ? area : undefined;
}

/** Residential groups a reporter may write for: those held, or those below an area held. */
export function groupsOf(areas: ReadonlyMap<string, Area>, held: readonly string[]): Area[] {
  const inside = (area: Area | undefined): boolean =>
    area !== undefined && (held.includes(area.code) || inside(areas.get(area.parent ?? "")));
  return [...areas.values()]
    .filter((a) => a.level === "group" && !a.valid_to && inside(a))
    .sort((a, b) => a.name.localeCompare(b.name, "vi", { numeric: true }));
}

/** The doors for a topic; those that can be called at once come first. */
export function doorsFor(doors: readonly Door[], topic: string): Door[] {
  const fit = doors.filter((d) => d.for.includes(topic));
  return (fit.length ? fit : [...doors]).sort((a, b) => Number(!a.phone) - Number(!b.phone));
}

/**
 * The row's fields for the lane. The opinion lane gets the cluster and the ISO week here, on the phone: group, day,
 * place and photos never leave it. Returns undefined when the area cannot be resolved.
 */
export function fieldsOf(
  draft: Draft, lane: Lane, areas: ReadonlyMap<string, Area>, today: string, now: number,
): NoteFields | undefined {
  if (!draft.kind || !draft.topic || !draft.area || lane === "door") return undefined;
  const text = draft.text.normalize("NFC").trim();
  const base = { kind: draft.kind, topic: draft.topic };
  const words = { ...(text ? { text } : {}), ...(draft.reach ? { reach: draft.reach } : {}) };
  if (lane === "opinion") {
    const cluster = above(areas, draft.area, "cluster");
    if (!cluster) return undefined;
    return {
      ...base, area: cluster.code, ...words, week: draft.week ?? weekOf(draft.day ?? today),
      ...(draft.kind === "rumour" && draft.heard_via ? { heard_via: draft.heard_via } : {}),
    };
  }
  return {
    ...base, area: draft.area, ...words, day: draft.day ?? today, captured_at: now,
    ...(draft.place ? { place: draft.place } : {}),
    ...(draft.photos.length ? { photos: draft.photos } : {}),
    ...(draft.urgent ? { urgent: true as const } : {}),
  };
}
