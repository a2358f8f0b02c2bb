// The phone app's own sender in Node, over a real network: `node phone.mjs ROOT < job.json`. It says what every request weighed.
// job: {url, token, device, account, area, epoch, visits: [{texts: […], photos, size, url}]}; one visit is one send().
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = process.argv[2];
const job = JSON.parse(readFileSync(0, "utf-8"));
const { buildSync } = createRequire(join(root, "tests/foreign/"))("esbuild");
const folder = mkdtempSync(join(tmpdir(), "sotay-phone-"));
const bundle = join(folder, "phone.mjs");
buildSync({
  stdin: { contents: 'import "fake-indexeddb/auto"; export { lan, write } from "./test/phone";', resolveDir: join(root, "phone/src"), loader: "ts" },
  bundle: true, format: "esm", platform: "node", outfile: bundle, logLevel: "error",
});
const { lan, write } = await import(pathToFileURL(bundle).href);
rmSync(folder, { recursive: true });

let url = job.url;
const requests = [];
const ward = {
  fetch: async (path, init) => {
    const headers = Object.entries(init.headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    const body = typeof init.body === "string" ? Buffer.byteLength(init.body) : (init.body?.byteLength ?? 0);
    const answer = await fetch(url + path, init);
    requests.push({ path, method: init.method, headers, body, status: answer.status });
    return answer;
  },
};
const phone = await lan(ward);
Object.assign(phone.world.session, { token: job.token, device: job.device, account: job.account, areas: [job.area], epoch: job.epoch });
phone.world.now = () => Date.now();
phone.world.sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

const visits = [];
for (const { texts, photos = 0, size = 0, url: over = job.url } of job.visits) {
  url = over;
  for (const [i, text] of texts.entries()) {
    phone.at.now = Date.now();
    await write(phone, text, i < photos ? randomBytes(size) : undefined);
  }
  requests.length = 0;
  const began = performance.now();
  const result = await phone.send(true);
  visits.push({ result, seconds: (performance.now() - began) / 1000, requests: [...requests] });
}
const states = (await phone.store.all("photos")).map((photo) => photo.state);
const phases = (await phone.store.all("notes")).map((note) => note.phase);
console.log(JSON.stringify({ visits, states, phases }));
process.exit(0);
