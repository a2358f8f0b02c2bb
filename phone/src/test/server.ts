/** A small server in memory that speaks the wire, with faults to order. It holds what it took, so tests can count. */
import { gunzipSync } from "node:zlib";
import type { Batch, PushRow } from "../core/batch";

type Doc = Record<string, unknown> & { id: string };
type Fault = (request: { path: string; method: string; body: unknown }) => Response | "lost" | "unreached" | undefined;

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": status < 300 ? "application/json" : "application/problem+json", ...headers } });
export const problem = (status: number, code: string, headers: Record<string, string> = {}): Response => json({ code, detail: code, retry: "later" }, status, headers);

export class Ward {
  epoch = "e1";
  n = 0;
  docs: Record<string, Map<string, { n: number; doc: Doc }>> = {};
  bytes = new Map<string, { size: number; data: number[] }>();
  seqs: number[] = [];
  batches: Batch[] = [];
  /** Whether each of them came by gzip. */
  packed: boolean[] = [];
  uploads: { method: string; offset?: number; size?: number }[] = [];
  /** Extra fields for the next answer. */
  extra: Record<string, unknown> = {};
  refuse: (row: Doc, collection: string) => Doc | undefined = () => undefined;
  fault: Fault = () => undefined;
  taken = 0;

  put(collection: string, doc: Doc): void {
    (this.docs[collection] ??= new Map()).set(doc.id, { n: ++this.n, doc });
  }

  fetch: typeof fetch = async (input, init) => {
    const path = String(input);
    const method = init?.method ?? "GET";
    const zipped = new Headers(init?.headers).get("Content-Encoding") === "gzip";
    const text = zipped ? gunzipSync(init!.body as Uint8Array).toString() : init?.body;
    const body = typeof text === "string" ? (JSON.parse(text) as unknown) : text;
    if (path === "/v1/sync") this.packed.push(zipped);
    const wrong = this.fault({ path, method, body });
    if (wrong === "unreached") throw new TypeError("network");
    if (wrong instanceof Response) return wrong;
    const answer = path === "/v1/sync" ? this.sync(body as Batch) : this.tus(path, method, init!);
    if (wrong === "lost") throw new TypeError("the answer was lost");
    return answer;
  };

  private sync(batch: Batch): Response {
    this.batches.push(batch);
    const push: Record<string, Doc[]> = {};
    for (const [name, rows] of Object.entries(batch.push))
      for (const row of rows as PushRow[]) {
        if (row.seq) this.seqs.push(row.seq);
        const doc = row.newDocumentState as Doc;
        const no = this.refuse(doc, name);
        if (no) (push[name] ??= []).push(no);
        else this.take(name, doc);
      }
    const pull: Record<string, unknown> = {};
    for (const [name, ask] of Object.entries(batch.pull)) {
      const since = (ask.cp as { c: { v: { g: number } } } | undefined)?.c.v.g ?? 0;
      const found = [...(this.docs[name]?.values() ?? [])].filter((d) => d.n > since).sort((a, b) => a.n - b.n);
      const page = found.slice(0, ask.limit);
      if (page.length) pull[name] = { documents: page.map((d) => d.doc), checkpoint: { c: { e: this.epoch, v: { g: page.at(-1)!.n } } }, more: found.length > page.length };
    }
    const extra = this.extra;
    this.extra = {};
    return json({ auth: "ok", push, pull, server_time: "2026-11-22T00:00:00Z", ...extra });
  }

  private take(name: string, doc: Doc): void {
    const { claim: _c, ...own } = doc;
    if (this.docs[name]?.has(doc.id)) return; // a replay
    this.taken++;
    if (name === "photos") {
      this.bytes.set(doc.id, { size: doc["size"] as number, data: [] });
      this.put(name, { ...own, id: doc.id, state: "expected", offset: 0 });
    } else this.put(name, { ...own, id: doc.id, ...(name === "notes" ? { status: doc["_deleted"] ? "withdrawn" : "received" } : {}) });
  }

  private tus(path: string, method: string, init: RequestInit): Response {
    const held = this.bytes.get(path.split("/").at(-1)!);
    const headers = new Headers(init.headers);
    if (!held) return problem(404, "upload_unknown");
    if (method === "HEAD") {
      this.uploads.push({ method });
      return new Response(null, { status: 200, headers: { "Upload-Offset": String(held.data.length), "Upload-Length": String(held.size) } });
    }
    const offset = Number(headers.get("Upload-Offset"));
    const part = new Uint8Array(init.body as ArrayBuffer);
    this.uploads.push({ method, offset, size: part.length });
    if (offset !== held.data.length) return problem(409, "upload_offset");
    for (const byte of part) held.data.push(byte);
    return new Response(null, { status: 204, headers: { "Upload-Offset": String(held.data.length) } });
  }
}
