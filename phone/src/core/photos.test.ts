import { expect, test } from "vitest";
import { lan, write } from "../test/phone";
import { problem, Ward } from "../test/server";

const picture = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 31) % 251);

test("words go before bytes; bytes are kept until stored", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(300_000));
  const id = note.fields.photos![0]!;
  const order: string[] = [];
  ward.fault = ({ path }) => void order.push(path.split("/")[2]!) as undefined;
  expect(await phone.send()).toBe("done");
  expect(order[0]).toBe("sync");
  expect(ward.bytes.get(id)?.data).toEqual([...picture(300_000)]);
  expect((await phone.store.get("photos", id))?.state).toBe("received");
  expect(await phone.store.get("bytes", id)).toBeDefined();
  ward.put("photos", { id, state: "stored", offset: 300_000 });
  await phone.send();
  expect(await phone.store.get("bytes", id)).toBeUndefined();
  expect(await phone.store.get("photos", id)).toMatchObject({ state: "stored", bytes: false });
});

test("a cut line goes on where the server is", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(700_000));
  let patches = 0;
  ward.fault = ({ method }) => (method === "PATCH" && ++patches === 2 ? "lost" : undefined);
  expect(await phone.send()).toBe("done");
  expect(ward.bytes.get(note.fields.photos![0]!)?.data).toEqual([...picture(700_000)]);
  const carried = ward.uploads.reduce((n, u) => n + (u.size ?? 0), 0);
  expect(carried).toBe(700_000); // the lost answer's part was not sent again
});

test("when the ward asks for the bytes again they go again", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(50_000));
  const id = note.fields.photos![0]!;
  await phone.send();
  ward.bytes.get(id)!.data = [];
  ward.extra = { uploads: [{ photo_id: id, offset: 0 }] };
  await phone.send();
  expect(ward.bytes.get(id)?.data.length).toBe(50_000);
});

test("an upload nobody knows is announced anew", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(50_000));
  const id = note.fields.photos![0]!;
  ward.fault = ({ path }) => (path !== "/v1/sync" ? problem(404, "upload_unknown") : undefined);
  await phone.send();
  ward.fault = () => undefined;
  phone.at.now += 61_000;
  await phone.send();
  expect(ward.bytes.get(id)?.data.length).toBe(50_000);
});

test("a refused photo keeps its bytes until its reason was shown", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  const note = await write(phone, "ngập", picture(1_000));
  const id = note.fields.photos![0]!;
  await phone.send();
  ward.put("photos", { id, state: "rejected", offset: 1_000, reject: { code: "picture_portrait" } });
  await phone.send();
  expect(await phone.store.get("photos", id)).toMatchObject({ state: "rejected", reject: { code: "picture_portrait" }, bytes: true });
});

test("Wi-Fi only holds the photos, never the words", async () => {
  const ward = new Ward();
  const phone = await lan(ward);
  await write(phone, "ngập", picture(1_000));
  phone.world.mayUpload = async () => false;
  expect(await phone.send()).toBe("done");
  expect(ward.docs["notes"]?.size).toBe(1);
  expect(ward.uploads).toEqual([]);
});
