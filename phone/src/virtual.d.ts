declare module "virtual:words/vi" {
  const words: Record<string, import("./core/words").Entry>;
  export default words;
}
declare module "virtual:words/vi-rest" {
  const words: Record<string, import("./core/words").Entry>;
  export default words;
}
declare module "virtual:words/vi-pages" {
  const words: Record<string, import("./core/words").Entry>;
  export default words;
}
declare module "virtual:words/en" {
  const words: [length: number, ...import("./core/words").Entry[]];
  export default words;
}
/** Version of this build, and the shell's files with their revisions (service worker only). */
declare const __VERSION__: string;
declare const __SHELL__: [url: string, revision: string, later: boolean][];
