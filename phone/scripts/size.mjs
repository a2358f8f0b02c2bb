// Fails when the built app is heavier than promised: a slow phone on a slow line pays for every kilobyte. By gzip -9; the
// whole install and updates as they go over the line (Brotli, see pack.mjs).
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const files = readdirSync(dist, { recursive: true }).map(String).filter((f) => statSync(join(dist, f)).isFile());
const gz = (pick) => files.filter(pick).reduce((sum, f) => sum + gzipSync(readFileSync(join(dist, f)), { level: 9 }).length, 0);
const wire = (pick) => files.filter((f) => !f.endsWith(".br") && pick(f)).reduce((sum, f) => sum + statSync(join(dist, files.includes(`${f}.br`) ? `${f}.br` : f)).size, 0);
const icons = readFileSync(fileURLToPath(new URL("../src/ui/icons.tsx", import.meta.url)), "utf8").match(/"[Mm][-\d .,A-Za-z]+"/g).join("").length;
const html = readFileSync(join(dist, "index.html"), "utf8");
const first = (f) => f.endsWith(".js") && html.includes(f.replaceAll("\\", "/"));
const assets = ["built", "assets"].map((folder) => fileURLToPath(new URL(`../../admin/${folder}`, import.meta.url))).filter((folder) => existsSync(folder));
const panel = (kind) => assets.flatMap((folder) => readdirSync(folder).filter((f) => f.endsWith(kind)).map((f) => join(folder, f))).reduce((sum, f) => sum + gzipSync(readFileSync(f), { level: 9 }).length, 0);
// up to a notebook under its PIN: the PIN's own part is fetched out of turn, but before that. Icons are the browser's affair.
const LATER = new RegExp(readFileSync(fileURLToPath(new URL("../build/worker.ts", import.meta.url)), "utf8").match(/LATER = \/(.+)\/;/)[1]);
const late = (f) => /\.png$/.test(f) || (LATER.test(f.replaceAll("\\", "/")) && !/argon/.test(f));
// whatever changes, the page and the worker name the new file
const shell = (f) => f === "index.html" || f === "sw.js";
const rows = [
  ["script to open", gz(first), 60_000, 45_000],
  ["service worker", gz((f) => f === "sw.js"), 6_000],
  ["styles", gz((f) => f.endsWith(".css")), 8_000],
  ["pictograms, inline", icons, 12_000],
  ["panel: script", panel(".js"), 30_000],
  ["panel: styles", panel(".css"), 10_000],
  ["whole first install", wire((f) => !late(f)), 90_000],
  ["what comes afterwards", wire((f) => late(f)), 30_000],
  ["update of one file", Math.max(...files.filter((f) => !f.endsWith(".br")).map((f) => wire((g) => g === f || shell(g)))), 50_000],
];
let bad = false;
for (const [name, bytes, limit, aim] of rows) {
  const over = bytes > limit;
  bad ||= over;
  console.log(`${over ? "TOO LARGE" : aim && bytes > aim ? "over aim " : "ok       "} ${name.padEnd(20)} ${(bytes / 1000).toFixed(1)} kB of ${limit / 1000} kB`);
}
process.exit(bad ? 1 : 0);
