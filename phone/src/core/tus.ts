/**
 * Photo bytes by tus 1.0.0 over fetch: HEAD asks how far the server is, PATCH goes on from there. Works in a service
 * worker too. Any 409, 423 or 5xx means "HEAD, then go on", never "fail": the connection itself may have sent a part twice.
 */

import { request, retryAfter } from "./http";
import { base64, sha256 } from "./ids";

export interface Upload {
  url: string; size: number; headers: Record<string, string>;
  /** Bytes [from, to). */
  part(from: number, to: number): Promise<ArrayBuffer>;
  progress(offset: number): void | Promise<void>;
}
export interface Line { fetch: typeof fetch; sleep(ms: number): Promise<void>; now(): number; random(): number }

/** `unknown`: the server does not know this upload (announce the photo again). `later`: try on the next occasion. */
export type Ended = { end: "sent" } | { end: "unknown" } | { end: "denied"; status: number } | { end: "later"; after?: number };

const KB = 1024;
export const SMALLEST = 16 * KB;
export const LARGEST = 256 * KB;
const FIRST = 128 * KB;
const TRIES = 5;

export async function upload(job: Upload, line: Line): Promise<Ended> {
  let chunk = FIRST;
  let misses = 0;
  let offset: number | undefined;
  let after: number | undefined;
  for (;;) {
    if (misses >= TRIES) return { end: "later", ...(after === undefined ? {} : { after }) };
    if (misses) await line.sleep(after ?? Math.round((0.5 + line.random() / 2) * 500 * 2 ** misses));
    after = undefined;
    if (offset === undefined) {
      const head = await ask(job, line, "HEAD", {});
      const known = head?.headers.get("Upload-Offset");
      if (head?.status === 200 && known !== null && known !== undefined && /^\d+$/.test(known)) {
        offset = Number(known);
        await job.progress(offset);
      } else {
        const end = hopeless(head);
        if (end) return end;
        after = wait(head, line);
        misses++;
        continue;
      }
    }
    if (offset >= job.size) return { end: "sent" };
    const bytes = await job.part(offset, Math.min(offset + chunk, job.size));
    const began = line.now();
    const answer = await ask(job, line, "PATCH", {
      "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset),
      "Upload-Checksum": `sha256 ${base64(await sha256(bytes))}`,
    }, bytes);
    const next = Number(answer?.headers.get("Upload-Offset") ?? Number.NaN);
    if (answer?.status === 204 && next > offset && next <= job.size) {
      chunk = adapt(chunk, line.now() - began);
      offset = next;
      misses = 0;
      await job.progress(offset);
      continue;
    }
    const end = hopeless(answer);
    if (end) return end;
    after = wait(answer, line);
    chunk = Math.max(SMALLEST, chunk / 2);
    offset = undefined;
    misses++;
  }
}

/** A part should take about four seconds: long enough to be worth its round trip, short enough to lose. */
export function adapt(chunk: number, ms: number): number {
  if (ms < 2_000) return Math.min(LARGEST, chunk * 2);
  return ms > 8_000 ? Math.max(SMALLEST, chunk / 2) : chunk;
}

function hopeless(answer: Response | undefined): Ended | undefined {
  if (answer?.status === 404 || answer?.status === 410) return { end: "unknown" };
  if (answer?.status === 401 || answer?.status === 403) return { end: "denied", status: answer.status };
  return undefined;
}

function wait(answer: Response | undefined, line: Line): number | undefined {
  const ms = retryAfter(answer?.headers.get("Retry-After"), line.now());
  return ms === undefined ? undefined : Math.min(ms, 30_000);
}

const ask = (job: Upload, line: Line, method: string, headers: Record<string, string>, body?: ArrayBuffer): Promise<Response | undefined> =>
  request(line, job.url, { method, headers: { "Tus-Resumable": "1.0.0", ...job.headers, ...headers }, ...(body ? { body } : {}) }, (answer) => answer);
