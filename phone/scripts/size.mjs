// Fails when the built app is heavier than promised (gzip -9): a slow phone on a slow line pays for every kilobyte.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const files = readdirSync(dist, { recursive: true }).map(String).filter((f) => statSync(join(dist, f)).isFile());
const gz = (pick) => files.filter(pick).reduce((sum, f) => sum + gzipSync(readFileSync(join(dist, f)), { level: 9 }).length, 0);
const html = readFileSync(join(dist, "index.html"), "utf8");
const first = (f) => f.endsWith(".js") && html.includes(f.replaceAll("\\", "/"));
const rows = [
  ["script to open", gz(first), 60_000, 45_000],
  ["service worker", gz((f) => f === "sw.js"), 6_000],
  ["styles", gz((f) => f.endsWith(".css")), 8_000],
  ["whole first install", gz((f) => !/icon-(192|512|maskable)\.png$|(en|vi-pages)-[^/]*\.js$/.test(f)), 90_000],
  ["words, afterwards", gz((f) => /(en|vi-pages)-[^/]*\.js$/.test(f)), 12_000],
];
let bad = false;
for (const [name, bytes, limit, aim] of rows) {
  const over = bytes > limit;
  bad ||= over;
  console.log(`${over ? "TOO LARGE" : aim && bytes > aim ? "over aim " : "ok       "} ${name.padEnd(20)} ${(bytes / 1000).toFixed(1)} kB of ${limit / 1000} kB`);
}
process.exit(bad ? 1 : 0);
