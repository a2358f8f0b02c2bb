/**
 * The rescue file: the sealed copies of everything unsent, one a line, under a line that says what it is. Text, so that
 * every share sheet takes it. Only the server opens it; whoever carries it learns how much there is, and of which phone.
 */

import { amiss, atWard } from "./custody";
import { bare, hand, ITEMS, waiting } from "./sealed";
import { FORMAT } from "./seal";
import { openStore } from "./store";
import type { Line } from "./tus";
import type { LocalPhoto, Vault } from "./types";

export interface RescueFile { blob: Blob; items: number; notes: number; photos: number; more: number; open: number }

/** Works on a locked notebook too. `notes`, `photos`, `more` (marks, replies): what is inside, as people count, a photo only with
 * its bytes; `open`: what waits and has no sealed copy, so it is not in it. `known`: the photos, where the notebook is open; a
 * locked one tells a draft's photo from a waiting one only while its row waits too. */
export async function rescueFile(vault: Vault, known?: readonly LocalPhoto[]): Promise<RescueFile> {
  const store = await openStore(vault.id);
  const lines: Blob[] = [];
  const notes = new Set<string>();
  const photos = new Set<string>();
  const more = new Set<string>();
  const sealed = new Set<string>();
  for (const key of await waiting(store)) {
    sealed.add(key.slice(0, key.lastIndexOf("/")));
    const item = await store.get("sealed", key);
    if (!item || item.state === "taken") continue;
    lines.push(new Blob([bare(item), "\n"])); // a Blob each: the browser may keep them on disk
    const [shelf, first = "", second = ""] = key.split("/");
    if (shelf === "bytes") photos.add(first);
    else if (first === "notes") notes.add(second);
    else if (first !== "photos") more.add(second);
  }
  const rows = await store.keys("outbox");
  const held = new Set(await store.keys("bytes"));
  const pictures = known ? known.filter((p) => p.phase !== "draft" && !atWard(p) && !amiss(p)).map((p) => p.id) : rows.filter((key) => key.startsWith("photos/")).map((key) => key.slice(7));
  const open = new Set([
    ...rows.filter((key) => !sealed.has(`outbox/${key}`)).map((key) => key.slice(key.indexOf("/") + 1)),
    ...pictures.filter((id) => held.has(id) && !sealed.has(`bytes/${id}`)),
  ]).size;
  store.close();
  const head = `${JSON.stringify({ format: FORMAT, items: lines.length })}\n`;
  return { blob: new Blob([head, ...lines], { type: "text/plain" }), items: lines.length, notes: notes.size, photos: photos.size, more: more.size, open };
}

export interface Carried { taken: number; refused: Record<string, number>;  end: "done" | "held" | "revoked" | "not_one"; up: number; down: number }
const BODY = 240_000;

/** A second phone hands a rescue file on, in pieces. The same file again changes nothing at the ward. */
export async function carry(file: Blob, token: string, line: Line, progress: (part: number) => void = () => undefined): Promise<Carried> {
  const carried: Carried = { taken: 0, refused: {}, end: "done", up: 0, down: 0 };
  let run: string[] = [];
  let size = 0;
  let read = 0;
  const send = async (): Promise<boolean> => {
    if (!run.length) return true;
    const answer = await hand(`[${run.join(",")}]`, token, line, carried);
    if (typeof answer === "string") {
      carried.end = answer;
      return false;
    }
    carried.taken += answer.taken.length;
    for (const { code } of answer.refused) carried.refused[code] = (carried.refused[code] ?? 0) + 1;
    run = [];
    size = 0;
    progress(read / file.size);
    return true;
  };
  let first = true;
  for await (const text of lines(file)) {
    read += text.length + 1;
    if (first) {
      if (!isHead(text)) return { ...carried, end: "not_one" };
      first = false;
    } else if (text.trim()) {
      if (run.length && (run.length === ITEMS || size + text.length > BODY) && !(await send())) return carried;
      run.push(text);
      size += text.length + 1;
    }
  }
  if (first) return { ...carried, end: "not_one" };
  await send();
  return carried;
}

function isHead(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: string }).format === FORMAT;
  } catch {
    return false;
  }
}

/** Line by line, however large the file. */
async function* lines(file: Blob): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for (let at = 0; at < file.size; at += 262_144) {
    const pieces = (rest + decoder.decode(await file.slice(at, at + 262_144).arrayBuffer(), { stream: true })).split("\n");
    rest = pieces.pop()!;
    yield* pieces;
  }
  if (rest) yield rest;
}
