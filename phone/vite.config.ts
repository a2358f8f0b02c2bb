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

export default defineConfig({
  base: "/app/",
  define: { __VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [words(), icons(), lean(), serviceWorker(version)],
  worker: { format: "es" },
  build: { target: ["chrome100", "safari15"], modulePreload: false, assetsInlineLimit: 0, reportCompressedSize: false,
    // the worker carries every name: short ones
    rolldownOptions: { preserveEntrySignatures: false, output: { codeSplitting: { groups: PARTS }, entryFileNames: "assets/[name]-[hash:6].js", chunkFileNames: "assets/[name]-[hash:6].js", assetFileNames: "assets/[name]-[hash:6][extname]" } } },
});
