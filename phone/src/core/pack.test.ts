import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { lan, write } from "../test/phone";
import { Ward } from "../test/server";
import { pack } from "./pack";

const LONG = "Ngõ ngập sau mưa lớn, nước rút rất chậm, bà con đi lại khó khăn. ".repeat(8);

afterEach(() => vi.unstubAllGlobals());

describe("a packed body", () => {
  test("is gzip of the same bytes, and smaller", async () => {
    const { body, headers } = await pack(LONG);
    expect(headers).toEqual({ "Content-Encoding": "gzip" });
    expect(gunzipSync(body as Uint8Array).toString()).toBe(LONG);
    expect(body.length).toBeLessThan(new TextEncoder().encode(LONG).length / 3);
  });

  test("stays as it is when short, or when the browser cannot pack", async () => {
    expect(await pack("{}")).toEqual({ body: "{}", headers: {} });
    vi.stubGlobal("CompressionStream", undefined);
    expect(await pack(LONG)).toEqual({ body: LONG, headers: {} });
  });
});

describe("a batch", () => {
  test("goes out packed and is taken", async () => {
    const ward = new Ward();
    const phone = await lan(ward);
    const note = await write(phone);
    expect(await phone.send()).toBe("done");
    expect(ward.packed[0]).toBe(true);
    expect((await phone.store.get("notes", note.id))?.phase).toBe("taken");
  });

  test("goes out plain from an old browser and is taken too", async () => {
    vi.stubGlobal("CompressionStream", undefined);
    const ward = new Ward();
    const phone = await lan(ward);
    await write(phone);
    expect(await phone.send()).toBe("done");
    expect(ward.packed).not.toContain(true);
  });
});
