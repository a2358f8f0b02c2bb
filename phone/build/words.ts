/**
 * The words catalogue as modules, only the phone's own keys: `virtual:words/vi` to open with, `virtual:words/vi-rest` for the
 * screens that come after (`rest.tsx`), `virtual:words/vi-pages` for the pages that are seldom read and for refusals, `virtual:words/en` the
 * English of all as a bare list in the same order: keys travel once. Before them the length of all keys: a list of another
 * version would put words in wrong places.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "vite";

const folder = resolve(import.meta.dirname, "../../sync/words");
const OURS = /^(phone|problem)\./;
/** Refusals the app itself settles; a writer never sees them. */
const UNSEEN = /^problem\.(code_|unavailable|too_many_|revoked|upload_|tus_|token_|method_|client_|too_many_rows|resync|not_found|forbidden|internal|storage_full|sealed_)/;
export const REST = /^phone\.(write|phone|camera|cover|answers?|answer_status|talk|place|kind_hint|heard|reach|stuck|photo_step|notice|note)\./;
const PAGES = /^(problem|phone\.(about|door|firm|help|install|log|rescue|script))\.(?!link|title)|^phone\.pin\.(changed|choose_new|old)$/;

type Words = Record<string, unknown>;
const read = (lang: string): Words => JSON.parse(readFileSync(resolve(folder, `${lang}.json`), "utf8")) as Words;
const pick = (all: Words, fit: (key: string) => boolean): Words => Object.fromEntries(Object.entries(all).filter(([key]) => OURS.test(key) && !UNSEEN.test(key) && fit(key)));

export function words(): Plugin {
  return {
    name: "words",
    resolveId: (id) => (id.startsWith("virtual:words/") ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith("\0virtual:words/")) return undefined;
      for (const lang of ["vi", "en"]) this.addWatchFile(resolve(folder, `${lang}.json`));
      const vi = read("vi");
      const main = pick(vi, (key) => !PAGES.test(key) && !REST.test(key));
      const rest = pick(vi, (key) => REST.test(key));
      const pages = pick(vi, (key) => PAGES.test(key));
      const en = read("en");
      const keys = [main, rest, pages].flatMap(Object.keys);
      const wanted = { vi: main, "vi-rest": rest, "vi-pages": pages, en: [keys.join().length, ...keys.map((key) => en[key])] }[id.slice("\0virtual:words/".length)];
      // a string to parse is smaller work for the phone than an object literal
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(wanted))});`;
    },
  };
}
