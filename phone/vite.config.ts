import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { icons } from "./build/icons.ts";
import { lean } from "./build/lean.ts";
import { words } from "./build/words.ts";
import { serviceWorker } from "./build/worker.ts";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

/** Packed together, what is needed together is a good deal smaller: what opens the app up to the PIN, then every screen of each day. */
const PARTS = [
  { name: "app", test: /src\/(main|ui\/(enrol|choose))\.tsx$/, priority: 2 },
  { name: "rest", test: /src\/ui\/(rest\.tsx|sealing\.ts)$/, priority: 1 },
];

/** Without hashes: a changed part would change the name, and with it every part that calls it. The worker knows each by its
 * content (`build/worker.ts`), the server by its ETag. */
const NAMES = { entryFileNames: "parts/[name].js", chunkFileNames: "parts/[name].js" };

export default defineConfig({
  base: "/app/",
  define: { __VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [words(), icons(), lean(), serviceWorker(version)],
  worker: { format: "es", rolldownOptions: { output: NAMES } },
  build: { target: ["chrome100", "safari15"], modulePreload: false, assetsInlineLimit: 0, reportCompressedSize: false,
    rolldownOptions: { preserveEntrySignatures: false, output: { codeSplitting: { groups: PARTS }, ...NAMES, assetFileNames: "parts/[name][extname]" } } },
});
