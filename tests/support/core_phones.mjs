// Many phones with the app's real core (phone/src/core) in one process, driven in lock-step over a pipe by real_core.py:
// a line in, exactly one line out. Line in: {phone, at, do, …}. Line out: {changes: [[shelf, key, value|null]…], …} and one of
// {ask}, {pause}, {end}, {id} or nothing. Network, sleep, clock and chance are the other side's.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = process.argv[2];
const { buildSync } = createRequire(join(root, "tests/foreign/"))("esbuild");
const folder = mkdtempSync(join(tmpdir(), "sotay-core-"));
const bundle = join(folder, "core.mjs");
const names = {
  ids: "newClaim", notes: "addPhoto, again, draftOf, keepDraft, newDraft, saveNote, withdraw", pack: "pack", pull: "fetching",
  sender: "send", session: "renumbered, sessionOf", store: "openStore",
};
buildSync({
  stdin: {
    contents: `import "fake-indexeddb/auto"; ${Object.entries(names).map(([file, some]) => `export { ${some} } from "./${file}";`).join(" ")}`,
    resolveDir: join(root, "phone/src/core"), loader: "ts",
  },
  bundle: true, format: "esm", platform: "node", outfile: bundle, logLevel: "error", nodePaths: [join(root, "phone/node_modules")],
});
const core = await import(pathToFileURL(bundle).href);
rmSync(folder, { recursive: true });

// ---- chance from a seed ----
let state = 1;
function chance() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
crypto.getRandomValues = (array) => {
  for (let i = 0; i < array.length; i++) array[i] = Math.floor(chance() * 2 ** (8 * array.BYTES_PER_ELEMENT));
  return array;
};
crypto.randomUUID = () => {
  const hex = Array.from({ length: 32 }, () => Math.floor(chance() * 16).toString(16));
  hex[12] = "4";
  hex[16] = "89ab"[Math.floor(chance() * 4)];
  return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

// ---- Web Locks, whose holders may die ----
const queues = new Map();
async function request(name, options, work) {
  if (typeof options === "function") [options, work] = [{}, options];
  const queue = queues.get(name) ?? [];
  if (queue.length && options.ifAvailable) return work(null);
  queues.set(name, queue);
  let mine;
  const before = queue.at(-1);
  queue.push(new Promise((free) => (mine = free)));
  await before;
  try {
    return await work({ name });
  } finally {
    if (queues.get(name) === queue) {
      queue.shift();
      if (!queue.length) queues.delete(name);
    }
    mine();
  }
}
Object.defineProperty(globalThis, "navigator", { value: { locks: { request } }, configurable: true });
const forgetLocks = (store) => [...queues.keys()].filter((name) => name.endsWith(`-${store}`)).forEach((name) => queues.delete(name));

// ---- phones ----
const phones = new Map();
const never = new Promise(() => undefined);

/** One life of the app: after `dead` nothing it still does reaches its disk or the line. */
async function life(phone) {
  const store = await core.openStore(phone.name);
  const self = { dead: false };
  const kept = { ...store };
  for (const name of ["get", "all", "keys"]) kept[name] = (...args) => (self.dead ? never : store[name](...args));
  kept.write = async (changes) => {
    if (self.dead) return never;
    await store.write(changes);
    for (const c of changes) phone.changes.push([c.shelf, c.key, "drop" in c ? null : c.shelf === "bytes" ? true : c.value]);
  };
  kept.edit = (decide) =>
    request(`edit-${store.name}`, async () => {
      const { changes, result } = await decide();
      await kept.write(changes);
      return result;
    });
  kept.name = store.name;
  const outside = (what) =>
    self.dead ? never : new Promise((good, bad) => {
      phone.waiting = { good, bad };
      phone.tell(what);
    });
  self.close = () => store.close();
  self.world = {
    phone: kept, store: kept, session: phone.session, now: () => phone.at, random: chance, mayUpload: async () => true, changed: () => undefined,
    pack: core.pack, fetching: core.fetching,
    sleep: (ms) => outside({ pause: ms }),
    fetch: async (path, init) => {
      const body = typeof init.body === "string" ? Buffer.from(init.body) : Buffer.from(init.body ?? new ArrayBuffer(0));
      return outside({ ask: { method: init.method, path, headers: init.headers, body: body.toString("base64") } });
    },
  };
  return self;
}

const deeds = {
  async open({ seed }) {
    state = seed;
    phones.set(this.name, this);
    this.life = await life(this);
  },
  async enrolled({ answer }) {
    const store = this.life.world.store;
    this.session = this.life.world.session = core.sessionOf(answer, this.at);
    await store.edit(async () => ({ changes: core.renumbered(await store.all("notes"), await store.all("outbox")), result: undefined }));
  },
  async save({ fields, pictures }) {
    const store = this.life.world.store;
    let draft = { ...core.newDraft(this.at), text: fields.text };
    await core.keepDraft(store, draft);
    for (const picture of pictures) {
      const data = Buffer.from(picture, "base64");
      const photo = {
        id: crypto.randomUUID(), note: draft.id, claim: draft.claim, sha256: createHash("sha256").update(data).digest("hex"), size: data.length,
        type: "image/jpeg", phase: "draft", offset: 0, bytes: true, at: this.at,
      };
      draft = await core.addPhoto(store, draft, photo, new Uint8Array(data).buffer);
    }
    const all = { ...fields, ...(draft.photos.length ? { photos: draft.photos } : {}) };
    const note = await core.saveNote(store, draft, all, fields.week ? "opinion" : "place", this.at);
    return { id: note.id };
  },
  async edit({ id, text }) {
    const store = this.life.world.store;
    const note = await store.get("notes", id);
    await core.saveNote(store, core.draftOf(note, (area) => area, this.at), { ...note.fields, text }, note.lane, this.at);
  },
  async withdraw({ id }) {
    await core.withdraw(this.life.world.store, id);
  },
  async again({ id }) {
    await core.again(this.life.world.store, id);
  },
  async send({ force }) {
    const mine = this.life;
    core.send(mine.world, force).then(
      (end) => mine.dead || this.tell({ end }),
      (error) => mine.dead || this.tell({ end: `broken: ${error.stack}` }),
    );
    return later;
  },
  heard({ heard }) {
    const { good, bad } = this.waiting;
    this.waiting = undefined;
    if (heard === null) bad(new TypeError("network"));
    else if (heard === true) good(undefined); // a pause is over
    else good(new Response(heard.status === 204 ? null : Buffer.from(heard.body, "base64"), { status: heard.status, headers: heard.headers }));
    return later;
  },
  async kill() {
    this.life.dead = true;
    this.life.close();
    forgetLocks(this.life.world.store.name);
    this.life = await life(this);
  },
};
const later = Symbol("the answer comes when the app waits or has ended");

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  const phone = phones.get(told.phone) ?? { name: told.phone, changes: [] };
  phone.at = told.at;
  const answer = await new Promise((tell) => {
    phone.tell = tell;
    Promise.resolve(deeds[told.do].call(phone, told)).then((result) => result === later || tell(result ?? {}), (error) => tell({ error: error.stack }));
  });
  process.stdout.write(`${JSON.stringify({ changes: phone.changes.splice(0), ...answer })}\n`);
}
