/** What an HTTP answer means for the queue. The status speaks of the request, never of one row. */

import type { HoldReason, Retry } from "./types";

export interface Problem {
  code: string; detail?: string; retry?: Retry;
  sentence?: { vi: string; en: string }; remedy?: { vi: string; en: string };
}

export function isProblem(body: unknown): body is Problem {
  return typeof (body as Problem | undefined)?.code === "string";
}

/** What happened to a request, before anybody thinks about it. */
export interface Heard { status: number; type: string; retryAfter?: string | null; body: unknown }

export type Verdict =
  | { do: "take" }
  | { do: "halve"; code: string }
  | { do: "resync" }
  | { do: "hold"; reason: HoldReason; code: string; after?: number };

/** Seconds or an HTTP date → ms from now; undefined when it says nothing. Capped at an hour. */
export function retryAfter(value: string | null | undefined, now: number): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_TOLD) : undefined;
}

/** `undefined` = no answer came at all. Only JSON from our own server counts: a captive portal answers 200 with a page. */
export function judge(heard: Heard | undefined, good: (body: unknown) => boolean, now: number): Verdict {
  if (!heard) return { do: "hold", reason: "offline", code: "offline" };
  const json = /^application\/(problem\+)?json\b/i.test(heard.type);
  const problem = json && isProblem(heard.body) ? heard.body : undefined;
  const code = problem?.code ?? `http_${heard.status}`;
  const after = retryAfter(heard.retryAfter, now);
  const hold = (reason: HoldReason): Verdict => ({ do: "hold", reason, code, ...(after !== undefined ? { after } : {}) });
  if (heard.status === 200) return json && good(heard.body) ? { do: "take" } : { do: "hold", reason: "captive", code: "captive" };
  if (heard.status === 401 && problem) return hold("enrol");
  if (heard.status === 403 && problem) return hold("revoked");
  if (heard.status === 426) return hold("update");
  if (heard.status === 413 || (heard.status === 400 && problem)) return { do: "halve", code };
  if (heard.status === 410 && problem) return { do: "resync" };
  if (heard.status === 429 || heard.status === 503 || heard.status === 507) return hold("busy");
  if (heard.status >= 500) return hold("trouble");
  return problem ? hold("trouble") : { do: "hold", reason: "captive", code: "captive" };
}

const FIRST = 2_000;
const LONGEST = 15 * 60_000;
const LONGEST_TOLD = 3_600_000;

/** No pause is ever longer; one that seems to be was written under a clock that was wrong. */
export const LONGEST_HOLD = LONGEST_TOLD + LONGEST;

/** Full jitter: any moment up to the doubled limit, so that phones do not come back in step. `random` in [0, 1). */
export function backoff(tries: number, random: number): number {
  return Math.round(random * Math.min(LONGEST, FIRST * 2 ** Math.min(tries, 20)));
}

const TIMEOUT = 60_000;

/** One request of this app: no cookies, no cache, no detours, a minute at most (a half-open line would hang for ever).
 * Undefined when no answer came, or not all of what `read` wants of it. */
export async function request<T>(line: { fetch: typeof fetch }, url: string, init: RequestInit, read: (answer: Response) => T | Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT);
  try {
    return await read(await line.fetch(url, { signal: stop.signal, redirect: "error", credentials: "omit", cache: "no-store", ...init }));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
