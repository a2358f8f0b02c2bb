import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { icons } from "./build/icons.ts";
import { preload } from "./build/preload.ts";
import { words } from "./build/words.ts";
import { serviceWorker } from "./build/worker.ts";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

export default defineConfig({
  base: "/app/",
  define: { __VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [words(), icons(), preload("enrol"), serviceWorker(version)],
  worker: { format: "es" },
  build: { target: ["chrome100", "safari15"], modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false,
    // the worker carries every name: short ones
    rolldownOptions: { output: { entryFileNames: "assets/[name]-[hash:6].js", chunkFileNames: "assets/[name]-[hash:6].js", assetFileNames: "assets/[name]-[hash:6][extname]" } } },
});
