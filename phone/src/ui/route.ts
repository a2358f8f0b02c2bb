/** Where we are, in the address's fragment: Back works, a killed browser comes back to the same screen. */
import { signal } from "@preact/signals";

const read = (): string[] => (location.hash.startsWith("#/") ? location.hash.slice(2).split("/") : [""]);
export const route = signal<string[]>([""]);

export function startRoutes(): void {
  route.value = read();
  addEventListener("hashchange", () => {
    route.value = read();
    scrollTo(0, 0);
  });
}

export function go(path: string): void {
  location.hash = `#/${path}`;
}

/** Takes the place of the present screen, so that Back does not return to it. */
export function swap(path: string): void {
  history.replaceState(null, "", `#/${path}`);
  route.value = read();
  scrollTo(0, 0);
}

export function back(): void {
  if (history.length > 1) history.back();
  else swap("");
}
