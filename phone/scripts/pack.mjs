// Writes each file of the build once more, packed as small as it gets (Brotli 11): the server hands those out as they are.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
for (const name of readdirSync(dist, { recursive: true }).map(String)) {
  const file = join(dist, name);
  if (!statSync(file).isFile() || /\.(png|br)$/.test(name)) continue;
  const data = readFileSync(file);
  const packed = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } });
  if (packed.length < data.length) writeFileSync(`${file}.br`, packed);
}
