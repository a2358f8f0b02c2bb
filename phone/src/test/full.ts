/** A phone without room: what puts a row is refused, as browsers do it; what only drops rows goes through. */
import { vi } from "vitest";

/** `frees`: a shelf whose rows take the room; once one of them is dropped there is some. What it returns ends it by hand. */
export function fill(frees?: string): () => void {
  const refuse = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("no room", "QuotaExceededError");
  });
  const drop = IDBObjectStore.prototype.delete;
  const watch = vi.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(function (this: IDBObjectStore, key) {
    const one = drop.call(this, key);
    if (this.name === frees) this.transaction.addEventListener("complete", () => refuse.mockRestore());
    return one;
  });
  return () => {
    refuse.mockRestore();
    watch.mockRestore();
  };
}

/** The browser's small storage. */
export function smallStorage(): Map<string, string> {
  const held = new Map<string, string>();
  vi.stubGlobal("localStorage", { getItem: (k: string) => held.get(k) ?? null, setItem: (k: string, v: string) => void held.set(k, v), removeItem: (k: string) => void held.delete(k) });
  return held;
}
