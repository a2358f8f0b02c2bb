import { describe, expect, test } from "vitest";
import { amiss, asked, mood, stages, stuck } from "./custody";
import type { LocalNote, LocalPhoto, NoteMaster } from "./types";

const note = (more: Partial<LocalNote> = {}): LocalNote => ({
  id: "n", claim: "c", fields: { kind: "observation", topic: "10.1", area: "11455-T07", text: "Ngập" }, lane: "place", seq: 1,
  phase: "taken", receipts: { saved: 1, taken: 2 }, ...more,
});
const photo = (more: Partial<LocalPhoto> = {}): LocalPhoto => ({
  id: "p", note: "n", claim: "c", sha256: "", size: 9, type: "image/jpeg", phase: "sending", offset: 0, bytes: true, at: 1, ...more,
});
const master = (status: NoteMaster["status"], more: Partial<NoteMaster> = {}): NoteMaster => ({ id: "n", ...(status ? { status } : {}), ...more });
const sound = { online: true, photosWait: false };

describe("sent", () => {
  test.each([
    ["text only", note(), [], "sent"],
    ["text not taken", note({ phase: "waiting" }), [], "waiting"],
    ["a photo still to go", note(), [photo({ state: "expected" })], "waiting"],
    ["all bytes gone out, nothing confirmed", note(), [photo({ phase: "done", offset: 9 })], "waiting"],
    ["one of two confirmed", note(), [photo({ state: "received" }), photo({ id: "q" })], "waiting"],
    ["both confirmed", note(), [photo({ state: "received" }), photo({ id: "q", state: "stored", bytes: false })], "sent"],
    ["bytes lost before the ward had them", note(), [photo({ state: "expected", bytes: false, phase: "done" })], "refused"],
    ["a photo refused", note(), [photo({ state: "rejected" })], "refused"],
  ] as const)("%s: %s", (_name, one, some, said) => expect(mood(one, some)).toBe(said));

  test("the line of photos is done with the time of the last one's receipt", () => {
    const step = (some: LocalPhoto[]) => stages(note(), some, [], {}).find((s) => s.step === "photos");
    expect(step([photo({ state: "received", received: 5 }), photo()])).toEqual({ step: "photos", done: false, n: 1, m: 2 });
    expect(step([photo({ state: "received", received: 5 }), photo({ state: "stored", received: 8 })])).toMatchObject({ done: true, at: 8, n: 2, m: 2 });
  });
});

describe("a question of the office", () => {
  const question = note({ master: master("needs_detail", { ask: "Ở đoạn nào?" }) });
  test("waits until it is answered, by an edit or a message", () => {
    expect(mood(question, [])).toBe("ask");
    expect(asked({ ...question, replied: "Ở đoạn nào?" })).toBe(false);
    expect(mood({ ...question, replied: "Ở đoạn nào?" }, [])).toBe("sent");
    expect(mood({ ...question, replied: "Hôm nào?" }, [])).toBe("ask");
    expect(mood({ ...question, phase: "waiting" }, [])).toBe("waiting");
  });
});

describe("stuck", () => {
  test.each([
    ["nothing", note(), [], sound, undefined],
    ["on its way", note({ phase: "waiting" }), [], sound, undefined],
    ["refused", note({ phase: "refused" }), [], { ...sound, hold: "captive" }, "refused"],
    ["no network", note({ phase: "waiting" }), [], { ...sound, online: false }, "offline"],
    ["dead server", note({ phase: "waiting" }), [], { ...sound, hold: "offline" }, "offline"],
    ["captive portal", note({ phase: "waiting" }), [], { ...sound, hold: "captive" }, "captive"],
    ["busy", note({ phase: "waiting" }), [], { ...sound, hold: "trouble" }, "busy"],
    ["token expired", note({ phase: "waiting" }), [], { ...sound, hold: "enrol", online: false }, "enrol"],
    ["told to come later", note({ phase: "waiting" }), [], { ...sound, later: true }, "later"],
    ["photo waits for Wi-Fi", note(), [photo()], { ...sound, photosWait: true }, "wifi"],
    ["words never wait for Wi-Fi", note({ phase: "waiting" }), [photo()], { ...sound, photosWait: true }, undefined],
    ["photo refused", note(), [photo({ state: "rejected" })], sound, "photo_refused"],
    ["photo gone from the phone", note(), [photo({ bytes: false })], sound, "photo_lost"],
    ["sent: the network does not matter", note(), [photo({ state: "stored", bytes: false })], { ...sound, online: false }, undefined],
  ] as const)("%s", (_name, one, some, line, why) => expect(stuck(one, some, line)).toBe(why));

  test("a stored photo without bytes is in order", () => expect(amiss(photo({ state: "stored", bytes: false }))).toBe(false));
});
