/**
 * Delivers sealed copies with the push-only token: from the worker, and from a page whose notebook is locked. It opens
 * nothing and changes nothing but its own notes of what was taken; once the notebook is open its own sync settles the rest.
 */

import { request } from "./http";
import { ifFree, openStore, type Store } from "./store";
import type { Line } from "./tus";
import type { Retry, SealedItem, Vault } from "./types";

/** What went while the notebook was closed, for its own log: items the ward took, and bytes. */
export interface Tally { at: number; rows: number; photos: number; up: number; down: number }
export interface Post extends Line {
  mayUpload(): Promise<boolean>;
  /** Keeps a tally until that notebook is opened. */
  tell?(vault: string, tally: Tally): Promise<void>;
}
export type Delivered = "done" | "held" | "revoked";
interface Answer { taken: number[]; refused: { number: number; code: string; retry: Retry }[] }

const BODY = 240_000;
const ROUNDS = 400;
/** What a request holds at most; also for a rescue file that is handed on in pieces. */
export const ITEMS = 100;

/** Of a request or an answer, beside its body: about. */
export const HEAD = 150;

/** The line of an item as it is sent and as it stands in a rescue file. */
export const bare = ({ device, number, enc, ct }: SealedItem): string => JSON.stringify({ device, number, enc, ct });

export async function deliver(vault: Vault, post: Post): Promise<Delivered> {
  const store = await openStore(vault.id);
  const tally: Tally = { at: post.now(), rows: 0, photos: 0, up: 0, down: 0 };
  try {
    return (await ifFree(`send-${store.name}`, () => rounds(store, vault.push_token, post, tally))) ?? "held";
  } finally {
    store.close();
    if (tally.up) await post.tell?.(vault.id, tally).catch(() => undefined); // no room: the log knows less
  }
}

async function rounds(store: Store, token: string, post: Post, tally: Tally): Promise<Delivered> {
  const later = new Set<string>();
  const settled = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = await post.mayUpload();
    const run = new Map<number, string>();
    let body = "";
    for (const key of await waiting(store, bytes)) {
      if (later.has(key) || settled.has(key)) continue;
      const item = await store.get("sealed", key);
      if (!item || item.state) {
        settled.add(key);
        continue;
      }
      const line = bare(item);
      if (run.size && (run.size === ITEMS || body.length + line.length > BODY)) break;
      run.set(item.number, key);
      body += `${body && ","}${line}`;
    }
    if (!run.size) return later.size ? "held" : "done";
    const answer = await hand(`[${body}]`, token, post, tally);
    if (typeof answer === "string") return answer;
    const settle = async (number: number, fields: Partial<SealedItem>): Promise<void> => {
      const key = run.get(number);
      const item = key === undefined ? undefined : await store.get("sealed", key);
      if (key !== undefined && item?.number === number) await store.write([{ shelf: "sealed", key, value: { ...item, ...fields } }]);
    };
    for (const number of answer.taken) {
      await settle(number, { state: "taken", ct: "" });
      const key = run.get(number);
      if (key?.startsWith("outbox/")) tally.rows++;
      else if (key?.endsWith("/000000000")) tally.photos++; // its first part
    }
    for (const { number, code, retry } of answer.refused) {
      if (retry === "later") later.add(run.get(number) ?? "");
      else await settle(number, { state: "refused", code });
    }
  }
  return "held";
}

/** Keys of the copies, rows before bytes, the parts of a photo in their order. */
export async function waiting(store: Store, bytes = true): Promise<string[]> {
  const keys = await store.keys("sealed");
  const parts = keys.filter((key) => key.startsWith("bytes/"));
  return [...keys.filter((key) => !key.startsWith("bytes/")), ...(bytes ? parts : [])];
}

/** One request of items; what came of it, or why nothing did. */
export async function hand(body: string, token: string, post: Line, meter: { up: number; down: number }): Promise<Answer | "held" | "revoked"> {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const heard = await request(post, "/v1/sealed", { method: "POST", headers, body }, async (answer) => {
    const text = await answer.text();
    meter.up += HEAD + body.length;
    meter.down += HEAD + text.length;
    return { status: answer.status, body: JSON.parse(text) as Partial<Answer & { code: string }> };
  });
  if (heard?.status === 200 && Array.isArray(heard.body.taken) && Array.isArray(heard.body.refused)) return heard.body as Answer;
  return heard?.status === 403 && heard.body.code === "revoked" ? "revoked" : "held";
}
