/** Builds `sw.js` after the app, with the list of the shell's files and a revision for each. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "vite";

/** Not needed to be ready for use without network: asked for soon after a first install, with an enrolment and at each start
 * until all of it is here; a screen that needs one of them earlier fetches it, or says that it cannot. An update brings all of
 * it. `scripts/size.mjs` reads this line. */
export const LATER = /^parts\/(en|pages|vi-pages|move|argon)\./;
const TARGET = ["chrome100", "safari15"];

export function serviceWorker(version: string): Plugin {
  let out = "";
  return {
    name: "service-worker",
    apply: "build",
    configResolved: (config) => void (out = join(config.root, config.build.outDir)),
    async closeBundle() {
      const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
      const shell = files
        .map((f) => join(f.parentPath, f.name))
        .filter((path) => !path.endsWith("sw.js") && !path.endsWith(".png")) // the browser itself fetches the icons when it installs
        .map((path) => {
          const name = relative(out, path).replaceAll("\\", "/");
          const revision = createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 8);
          return [name === "index.html" ? "/app/" : `/app/${name}`, revision, LATER.test(name)];
        })
        .sort();
      await build({
        configFile: false, logLevel: "warn", publicDir: false, define: { __SHELL__: JSON.stringify(shell), __VERSION__: JSON.stringify(version) },
        build: {
          target: TARGET, outDir: out, emptyOutDir: false, copyPublicDir: false,
          rolldownOptions: { input: "src/sw.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}
