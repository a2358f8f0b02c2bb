/** The first screen's own part is asked for with the page itself: on a slow line a round trip later is half a second more. */
import type { Plugin } from "vite";

export function preload(...names: string[]): Plugin {
  return {
    name: "preload",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) =>
        Object.values(bundle ?? {}).flatMap((file) =>
          file.type === "chunk" && names.includes(file.name) ? [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/app/${file.fileName}` }, injectTo: "head" as const }] : [],
        ),
    },
  };
}
