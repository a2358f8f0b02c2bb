/** Words go out by gzip where the browser has it (Safari from 16.4): a batch of notes shrinks to a third or less. */

export interface Packed { body: string | Uint8Array<ArrayBuffer>; headers: Record<string, string> }

/** Below this gzip's own 18 bytes and the header that names it eat what it saves. */
const WORTH = 256;

export async function pack(text: string): Promise<Packed> {
  if (text.length < WORTH || typeof CompressionStream === "undefined") return { body: text, headers: {} };
  const packed = new Response(text).body!.pipeThrough(new CompressionStream("gzip"));
  return { body: new Uint8Array(await new Response(packed).arrayBuffer()), headers: { "Content-Encoding": "gzip" } };
}
