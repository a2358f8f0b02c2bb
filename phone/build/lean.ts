/** Two things of others that weigh more than they must. */
import type { Plugin } from "vite";

/** Library bytes written as base64 pack badly: as letters of their own value they are a third of it. */
const BYTES = /(["'`])(AGFzb[A-Za-z0-9+/=]+)\1/g;
/** Control characters lie 256 higher: written as they are they would take four letters each. */
const letters = (base64: string): string => JSON.stringify(String.fromCharCode(...[...Buffer.from(base64, "base64")].map((b) => (b < 32 || b === 127 ? b + 256 : b))));
const PURE = "/*#__PURE__*/ ";

export function lean(): Plugin {
  return {
    name: "lean",
    enforce: "pre",
    apply: "build",
    load(id) {
      // Vite's way to load a part also fetches its styles and what it needs: ours have none, and need nothing of their own
      return id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined;
    },
    transform(code, id) {
      // the one place that reads them undoes base64; `btoa` on the way in keeps the library as it is
      return id.includes("/hash-wasm/") ? { code: code.replace(BYTES, (_, _q, text: string) => `${PURE}btoa(${PURE}${letters(text)}.replace(/[\\u0100-\\u017f]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 256)))`), map: null } : undefined;
    },
  };
}
