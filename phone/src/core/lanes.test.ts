import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dayOf, daysBefore, showDay, weekOf } from "./days";
import { fold, matches } from "./fold";
import { newClaim, uuid } from "./ids";
import { above, doorsFor, fieldsOf, groupsOf, laneOf, topicsFor } from "./lanes";
import { newDraft } from "./notes";
import { KINDS, type Area, type Kind, type Lane, type Topic } from "./types";

const topic = (code: string, lane: Lane, parent = ""): Topic => ({
  id: code, code, ...(parent ? { parent } : {}), name: { vi: code, en: code },
  lanes: Object.fromEntries(KINDS.map((k) => [k, k === "rumour" && lane === "place" ? "opinion" : lane])),
});
const areas = new Map<string, Area>(
  [["31", "", "city"], ["11455", "31", "ward"], ["11455-K2", "11455", "cluster"], ["11455-T07", "11455-K2", "group"], ["11455-T10", "11455-K2", "group"]].map(
    ([code, parent, level]) => [code!, { id: code!, code: code!, parent: parent!, level: level as Area["level"], name: code!, valid_from: "2025-07-01" }],
  ),
);
const draft = { ...newDraft(0), kind: "observation" as Kind, topic: "09.1", area: "11455-T07", text: " Ổ gà ", day: "2026-11-20", place: "p1", photos: ["f1"], urgent: true as const };

describe("lanes", () => {
  test("the shipped table never makes a rumour a place matter", () => {
    const [head, ...lines] = readFileSync(join(import.meta.dirname, "../../../sync/data/topics.csv"), "utf8").trim().split("\n");
    const column = head!.trim().split(",").indexOf("rumour") - head!.trim().split(",").length;
    expect(lines.length).toBeGreaterThan(80);
    for (const line of lines) expect(line.trim().split(",").at(column)).not.toBe("place");
  });

  test("a rumour is an opinion even in a table that says place", () => {
    const odd = { ...topic("09.1", "place"), lanes: { rumour: "place" as Lane } };
    expect(laneOf(odd, "rumour")).toBe("opinion");
    expect(laneOf(topic("D.1", "door"), "rumour")).toBe("door");
  });

  test("place: group, day, place, photos", () => {
    expect(fieldsOf(draft, "place", areas, "2026-11-22", 5)).toEqual({
      kind: "observation", topic: "09.1", area: "11455-T07", text: "Ổ gà", day: "2026-11-20", captured_at: 5, place: "p1", photos: ["f1"], urgent: true,
    });
  });

  test("opinion: cluster and week, nothing finer leaves the phone", () => {
    const fields = fieldsOf({ ...draft, heard_via: "market" }, "opinion", areas, "2026-11-22", 5);
    expect(fields).toEqual({ kind: "observation", topic: "09.1", area: "11455-K2", text: "Ổ gà", week: "2026-W47" });
    expect(fieldsOf({ ...draft, kind: "rumour", heard_via: "market" }, "opinion", areas, "2026-11-22", 5)?.heard_via).toBe("market");
  });

  test("door: nothing at all", () => expect(fieldsOf(draft, "door", areas, "2026-11-22", 5)).toBeUndefined());

  test("an area without a cluster gives no opinion row instead of a finer one", () => {
    expect(fieldsOf({ ...draft, area: "11455-T99" }, "opinion", areas, "2026-11-22", 5)).toBeUndefined();
  });

  test("text is NFC", () => {
    expect(fieldsOf({ ...draft, text: "Ổ gà".normalize("NFD") }, "place", areas, "2026-11-22", 5)?.text).toBe("Ổ gà".normalize("NFC"));
  });

  test("areas: above, groups held or below what is held", () => {
    expect(above(areas, "11455-T07", "ward")?.code).toBe("11455");
    expect(groupsOf(areas, ["11455-T10"]).map((a) => a.code)).toEqual(["11455-T10"]);
    expect(groupsOf(areas, ["11455"]).map((a) => a.code)).toEqual(["11455-T07", "11455-T10"]);
  });

  test("topics: the doors come last, 99 before them; retired ones are not offered", () => {
    const tree = [topic("D", "door"), topic("99", "opinion"), topic("02", "opinion"), topic("01", "opinion"), { ...topic("03", "opinion"), retired: true }];
    expect(topicsFor(tree, "question").map((t) => t.code)).toEqual(["01", "02", "99", "D"]);
  });

  test("doors of a topic, or all when none is named", () => {
    const doors = [{ id: "a", name: "113", for: ["D.3"], how: { vi: "", en: "" } }, { id: "b", name: "115", for: ["D.5"], how: { vi: "", en: "" } }];
    expect(doorsFor(doors, "D.5").map((d) => d.id)).toEqual(["b"]);
    expect(doorsFor(doors, "D.9")).toHaveLength(2);
  });
});

describe("days", () => {
  test.each([
    ["2026-11-22", "2026-W47"], ["2026-11-23", "2026-W48"], ["2026-01-01", "2026-W01"], ["2027-01-01", "2026-W53"],
    ["2024-12-30", "2025-W01"], ["2021-01-03", "2020-W53"], ["2021-01-04", "2021-W01"],
  ])("%s lies in %s", (day, week) => expect(weekOf(day)).toBe(week));

  test("the ward's day, whatever the phone's zone", () => {
    expect(dayOf(Date.parse("2026-11-22T17:30:00Z"))).toBe("2026-11-23");
    expect(dayOf(Date.parse("2026-11-22T16:59:00Z"))).toBe("2026-11-22");
    expect(daysBefore("2026-03-01", 1)).toBe("2026-02-28");
    expect(showDay("2026-11-22")).toBe("22/11/2026");
  });
});

test("search ignores marks", () => {
  expect(fold("Đường Lý Thánh Tông")).toBe("duong ly thanh tong");
  expect(matches("ngap", "Ngập ở bãi")).toBe(true);
  expect(matches("ly  thanh", "Đường Lý Thánh Tông")).toBe(true);
  expect(matches("thanh x", "Đường Lý Thánh Tông")).toBe(false);
});

test("ids are v4, claims 128 bits", () => {
  expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newClaim()).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(newClaim()).not.toBe(newClaim());
});
