/** Enrolment by code: typed, or carried by the link `/app/#enrol=CODE`. */

import type { Enrolled } from "./session";
import { isProblem, type Problem } from "./http";

export interface Refused { code: string; problem?: Problem }

/** The code in a link's fragment, if there is one. */
export function codeFromHash(hash: string): string | undefined {
  const match = /[#&]enrol=([^&]+)/.exec(hash);
  return match?.[1] ? decodeURIComponent(match[1]) : undefined;
}

export function platform(agent: string): "android" | "ios" | "other" {
  return /android/i.test(agent) ? "android" : /iphone|ipad|ipod/i.test(agent) ? "ios" : "other";
}

/** Trades the code for a token. A refusal carries the code of its problem, or `offline` / `captive`. */
export async function enrol(code: string, os: string, word: string, fetcher: typeof fetch = fetch): Promise<Enrolled | Refused> {
  let answer: Response;
  try {
    answer = await fetcher("/v1/enrol", {
      method: "POST", redirect: "error", credentials: "omit", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code: code.trim(), platform: os, ...(word ? { word } : {}) }),
    });
  } catch {
    return { code: "offline" };
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok && isEnrolled(body)) return body;
  if (isProblem(body)) return { code: body.code, problem: body };
  return { code: answer.status === 429 ? "too_many_requests" : answer.status >= 500 ? "unavailable" : "captive" };
}

export function isEnrolled(body: unknown): body is Enrolled {
  const b = body as Partial<Enrolled> | undefined;
  return typeof b?.token === "string" && typeof b.device_id === "string" && typeof b.account?.id === "string" && Array.isArray(b.areas);
}
