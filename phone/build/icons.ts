/** The app's icons, drawn here: one description in shapes, written as SVG and as PNG (own small rasteriser, no library). */
import { deflateSync } from "node:zlib";
import type { Plugin } from "vite";

interface Box { x: number; y: number; w: number; h: number; r: number; fill: string }

/** On a square of 100. A notebook with its spine, three lines of writing and a ribbon. */
const BOOK: Box[] = [
  { x: 24, y: 18, w: 54, h: 64, r: 7, fill: "#fffdf7" },
  { x: 24, y: 18, w: 11, h: 64, r: 5, fill: "#e8b04a" },
  { x: 42, y: 33, w: 28, h: 5, r: 2.5, fill: "#0b4f4a" },
  { x: 42, y: 45, w: 28, h: 5, r: 2.5, fill: "#0b4f4a" },
  { x: 42, y: 57, w: 17, h: 5, r: 2.5, fill: "#0b4f4a" },
  { x: 63, y: 62, w: 8, h: 26, r: 1.5, fill: "#b3361b" },
];
const GROUND = "#0b4f4a";
/** `round`: corners of the ground; maskable icons fill the square and keep the book inside the safe circle. */
const LOOKS = { "icon-192.png": { size: 192, round: 22, zoom: 1 }, "icon-512.png": { size: 512, round: 22, zoom: 1 }, "icon-maskable.png": { size: 512, round: 0, zoom: 0.78 }, "apple-touch-icon.png": { size: 180, round: 0, zoom: 0.9 } };

const shapes = (round: number, zoom: number): Box[] => [
  { x: 0, y: 0, w: 100, h: 100, r: round, fill: GROUND },
  ...BOOK.map((b) => ({ x: 50 + (b.x - 50) * zoom, y: 50 + (b.y - 50) * zoom, w: b.w * zoom, h: b.h * zoom, r: b.r * zoom, fill: b.fill })),
];

export function svg(): string {
  const rects = shapes(22, 1).map((b) => `<rect x="${b.x}" y="${b.y}" width="${b.w}" height="${b.h}" rx="${b.r}" fill="${b.fill}"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">${rects.join("")}</svg>\n`;
}

function inside(b: Box, x: number, y: number): boolean {
  const dx = Math.max(b.x + b.r - x, 0, x - (b.x + b.w - b.r));
  const dy = Math.max(b.y + b.r - y, 0, y - (b.y + b.h - b.r));
  return dx * dx + dy * dy <= b.r * b.r && x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h;
}

export function png(size: number, round: number, zoom: number): Buffer {
  const boxes = shapes(round, zoom).map((b) => ({ ...b, rgb: [1, 3, 5].map((i) => parseInt(b.fill.slice(i, i + 2), 16)) }));
  const raw = Buffer.alloc(size * (size * 4 + 1));
  const SUB = 2;
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      const sum = [0, 0, 0, 0];
      for (let s = 0; s < SUB * SUB; s++) {
        const x = ((px + ((s % SUB) + 0.5) / SUB) * 100) / size;
        const y = ((py + (Math.floor(s / SUB) + 0.5) / SUB) * 100) / size;
        const top = boxes.findLast((b) => inside(b, x, y));
        if (top) [...top.rgb, 255].forEach((v, i) => (sum[i]! += v));
      }
      const alpha = sum[3]! / 255;
      const at = py * (size * 4 + 1) + 1 + px * 4;
      for (let i = 0; i < 3; i++) raw[at + i] = alpha ? Math.round(sum[i]! / alpha) : 0;
      raw[at + 3] = Math.round(sum[3]! / (SUB * SUB));
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(raw, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const crc = body.reduce((c, byte) => TABLE[(c ^ byte) & 255]! ^ (c >>> 8), 0xffffffff) ^ 0xffffffff;
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc >>> 0, body.length + 4);
  return frame;
}

export function icons(): Plugin {
  return {
    name: "icons",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "icon.svg", source: svg() });
      for (const [fileName, look] of Object.entries(LOOKS)) this.emitFile({ type: "asset", fileName, source: png(look.size, look.round, look.zoom) });
    },
  };
}
