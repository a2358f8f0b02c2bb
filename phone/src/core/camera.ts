/** The viewfinder as a machine: what it shows, and what may happen to it. No browser in here. */

/** `idle`: not asked for yet; `asking`: the browser asks the person; `taking`: a frame is on its way to the disk. */
export type Finder = "idle" | "asking" | "live" | "taking" | "denied" | "missing" | "busy";
export type Happening = "open" | "granted" | "shoot" | "kept" | "hidden" | "lost" | { failed: string };

const WHY: Record<string, Finder> = {
  NotAllowedError: "denied", SecurityError: "denied", PermissionDeniedError: "denied",
  NotFoundError: "missing", OverconstrainedError: "missing", DevicesNotFoundError: "missing", TypeError: "missing",
};

/** What cannot happen in a state leaves it as it is: a second tap on the shutter takes no second photo. */
export function after(state: Finder, what: Happening): Finder {
  if (typeof what === "object") return state === "idle" ? state : (WHY[what.failed] ?? "busy");
  switch (what) {
    case "open": return state === "live" || state === "taking" ? state : "asking";
    case "granted": return state === "asking" ? "live" : state;
    case "shoot": return state === "live" ? "taking" : state;
    case "kept": return state === "taking" ? "live" : state;
    case "hidden": return state === "live" || state === "asking" ? "idle" : state;
    case "lost": return state === "live" ? "busy" : state;
  }
}

/**
 * How a photo is taken here: in the page where it can, since a small Android phone may end the browser while the
 * phone's own camera is open. iPhones hold on to the page and have the better camera application.
 */
export function wayOf(phone: { ios: boolean; finder: boolean }): "finder" | "input" {
  return phone.finder && !phone.ios ? "finder" : "input";
}
