import { defineConfig } from "vite";

/** The panel's one script and one sheet, from `admin/assets` to `admin/built`, under fixed names. */
export default defineConfig({
  root: "../admin/assets",
  base: "./",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../built", emptyOutDir: true, manifest: "manifest.json", target: ["chrome100", "safari15"], cssCodeSplit: false,
    modulePreload: false, reportCompressedSize: false,
    rolldownOptions: {
      input: "../admin/assets/panel.ts",
      output: { entryFileNames: "panel.js", chunkFileNames: "[name].js", assetFileNames: (asset) => (asset.names[0]?.endsWith(".css") ? "panel.css" : "[name][extname]") },
    },
  },
});
