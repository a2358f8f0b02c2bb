import { describe, expect, test } from "vitest";
import { adapt, LARGEST, SMALLEST, upload, type Ended, type Line } from "./tus";

const KB = 1024;

/** Answers from a script, then like a good server. */
function server(size: number, script: (Response | "cut" | undefined)[] = []) {
  const data = new Uint8Array(size);
  let offset = 0;
  const calls: { method: string; offset: number; size: number; headers: Headers }[] = [];
  const sleeps: number[] = [];
  const line: Line = {
    now: () => 0, random: () => 0, sleep: async (ms) => void sleeps.push(ms),
    fetch: async (_url, init) => {
      const headers = new Headers(init!.headers);
      const part = init!.body ? new Uint8Array(init!.body as ArrayBuffer) : new Uint8Array();
      calls.push({ method: init!.method!, offset: Number(headers.get("Upload-Offset")), size: part.length, headers });
      const scripted = script.shift();
      if (scripted === "cut") throw new TypeError("cut");
      if (scripted) return scripted;
      if (init!.method === "HEAD") return new Response(null, { headers: { "Upload-Offset": String(offset) } });
      if (Number(headers.get("Upload-Offset")) !== offset) return new Response(null, { status: 409 });
      data.set(part, offset);
      offset += part.length;
      return new Response(null, { status: 204, headers: { "Upload-Offset": String(offset) } });
    },
  };
  const source = Uint8Array.from({ length: size }, (_, i) => i % 253);
  const seen: number[] = [];
  const run = (): Promise<Ended> =>
    upload({ url: "/v1/uploads/p", size, headers: { Authorization: "Bearer t" }, part: async (a, b) => source.slice(a, b).buffer, progress: (n) => void seen.push(n) }, line);
  return { run, calls, sleeps, seen, same: () => data.every((byte, i) => byte === source[i]) && offset === size };
}

const status = (code: number, headers: Record<string, string> = {}): Response => new Response(null, { status: code, headers });

describe("tus", () => {
  test("asks first, then sends growing parts with their checksums", async () => {
    const s = server(1_000 * KB);
    expect(await s.run()).toEqual({ end: "sent" });
    expect(s.same()).toBe(true);
    expect(s.calls.map((c) => c.method)).toEqual(["HEAD", "PATCH", "PATCH", "PATCH", "PATCH", "PATCH"]);
    expect(s.calls.slice(1).map((c) => c.size / KB)).toEqual([128, 256, 256, 256, 104]);
    expect(s.calls[0]?.headers.get("Tus-Resumable")).toBe("1.0.0");
    expect(s.calls[1]?.headers.get("Upload-Checksum")).toMatch(/^sha256 [A-Za-z0-9+/]{43}=$/);
    expect(s.calls[1]?.headers.get("Content-Type")).toBe("application/offset+octet-stream");
    expect(s.seen.at(-1)).toBe(1_000 * KB);
  });

  test.each([[409], [423], [460], [500], [503]])("%i on a part means: ask, then go on", async (code) => {
    const s = server(300 * KB, [undefined, status(code)]);
    expect(await s.run()).toEqual({ end: "sent" });
    expect(s.same()).toBe(true);
    expect(s.calls.map((c) => c.method).slice(0, 4)).toEqual(["HEAD", "PATCH", "HEAD", "PATCH"]);
    expect(s.calls[3]!.size).toBe(64 * KB); // a smaller part after a failure
  });

  test("423 on HEAD waits as told and asks again", async () => {
    const s = server(10 * KB, [status(423, { "Retry-After": "3" })]);
    expect(await s.run()).toEqual({ end: "sent" });
    expect(s.sleeps).toEqual([3_000]);
  });

  test("a cut line is asked again; five times without progress is enough for now", async () => {
    const s = server(10 * KB, ["cut", "cut", "cut", "cut", "cut"]);
    expect(await s.run()).toEqual({ end: "later" });
    expect(s.calls).toHaveLength(5);
    expect(s.sleeps).toEqual([...s.sleeps].sort((a, b) => a - b));
  });

  test.each([[404, "unknown"], [410, "unknown"], [401, "denied"], [403, "denied"]])("%i ends as %s at once", async (code, end) => {
    const s = server(10 * KB, [status(code)]);
    expect((await s.run()).end).toBe(end);
    expect(s.calls).toHaveLength(1);
  });

  test("a 200 page from a captive portal is no HEAD of ours", async () => {
    const s = server(10 * KB, [status(200)]);
    expect(await s.run()).toEqual({ end: "sent" });
    expect(s.calls.map((c) => c.method)).toEqual(["HEAD", "HEAD", "PATCH"]);
  });

  test("parts stay between 16 and 256 kB", () => {
    expect(adapt(LARGEST, 100)).toBe(LARGEST);
    expect(adapt(SMALLEST, 60_000)).toBe(SMALLEST);
    expect(adapt(64 * KB, 4_000)).toBe(64 * KB);
  });
});
