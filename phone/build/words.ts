/** The words catalogue as modules: `virtual:words/vi` and `/en`, only the phone's own keys. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const folder = resolve(import.meta.dirname, "../../sync/words");
const OURS = /^(phone|problem)\./;

export function words(): Plugin {
  return {
    name: "words",
    resolveId: (id) => (id.startsWith("virtual:words/") ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith("\0virtual:words/")) return undefined;
      const file = resolve(folder, `${id.slice(-2)}.json`);
      this.addWatchFile(file);
      const all = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      const ours = Object.fromEntries(Object.entries(all).filter(([key]) => OURS.test(key)));
      // a string to parse is smaller work for the phone than an object literal
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(ours))});`;
    },
  };
}
