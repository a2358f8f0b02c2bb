import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("no browser keeps what is typed: every field of words says so", () => {
  const here = new URL(".", import.meta.url);
  let fields = 0;
  for (const name of readdirSync(here).filter((f) => f.endsWith(".tsx")))
    for (const [tag] of readFileSync(new URL(name, here), "utf8").matchAll(/<(?:textarea|input)(?:=>|[^>])*?\/?>/gs)) {
      if (/type="(checkbox|file|date|range)"/.test(tag)) continue;
      fields++;
      // Chromium writes the state of forms into its session files, beside all encryption
      expect(tag, name).toMatch(/autocomplete="(off|one-time-code)"/);
    }
  expect(fields).toBeGreaterThanOrEqual(6);
});
