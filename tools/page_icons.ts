/**
 * Draws the icons of the page that only an installation needs, from `web/static/icon.svg`: `icon-192.png`,
 * `icon-512.png`, and `icon-maskable.png`, which fills its square so that a phone can cut it to any shape. Part of
 * `deno task picture`. Chromium draws; then each pixel gets the nearest of sixteen colours, which makes the files
 * small.
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";
import { Browser, Chromium, NO_CHROMIUM } from "../tests/helpers/browser/chromium.ts";
import type { Page } from "../tests/helpers/browser/page.ts";

const STATIC = new URL("../web/static/", import.meta.url);

/** How many steps there are from the background to white, and from nothing to the background. */
const STEPS = 8;

type Colour = [red: number, green: number, blue: number, alpha: number];

/** Draws all icons. */
async function drawIcons(): Promise<void> {
  const svg = await Deno.readTextFile(new URL("icon.svg", STATIC));
  const square = svg.replace(/ rx="\d+"/, "");
  const [, red, green, blue] = /fill="#(\w\w)(\w\w)(\w\w)"/.exec(svg)!.map((digits) => parseInt(digits, 16));
  const palette = paletteOf([red!, green!, blue!]);
  await using chromium = await Chromium.start();
  await using browser = await Browser.connect(chromium.url);
  const page = await browser.open();
  const icons = [["icon-192.png", svg, 192], ["icon-512.png", svg, 512], [
    "icon-maskable.png",
    square,
    512,
  ]] as const;
  for (const [file, source, size] of icons) {
    const pixels = await draw(page, source, size);
    await Deno.writeFile(new URL(file, STATIC), png(size, palette, pixels));
  }
}

/** Draws a picture; returns red, green, blue and alpha of each pixel. */
async function draw(page: Page, svg: string, size: number): Promise<Uint8Array> {
  const text: string = await page.evaluate(`new Promise((resolve, reject) => {
    const image = new Image(${size}, ${size});
    image.onerror = reject;
    image.onload = () => {
      const canvas = new OffscreenCanvas(${size}, ${size}).getContext("2d");
      canvas.drawImage(image, 0, 0, ${size}, ${size});
      const { data } = canvas.getImageData(0, 0, ${size}, ${size});
      resolve(new Uint8Array(data.buffer).toBase64());
    };
    image.src = "data:image/svg+xml," + encodeURIComponent(${JSON.stringify(svg)});
  })`);
  return Uint8Array.fromBase64(text);
}

function paletteOf([red, green, blue]: [number, number, number]): Colour[] {
  const palette: Colour[] = [];
  for (let step = 0; step < STEPS; step++) {
    const white = (part: number) => Math.round(part + (255 - part) * step / (STEPS - 1));
    palette.push([white(red), white(green), white(blue), 255]);
  }
  for (let step = 0; step < STEPS; step++) palette.push([red, green, blue, Math.round(255 * step / STEPS)]);
  return palette;
}

/** Encodes a square picture with sixteen colours (PNG, second edition: four bits a pixel, no filter). */
function png(size: number, palette: readonly Colour[], pixels: Uint8Array): Uint8Array {
  const stride = 1 + size / 2;
  const rows = new Uint8Array(stride * size);
  const known = new Map<number, number>();
  const view = new DataView(pixels.buffer, pixels.byteOffset);
  for (let at = 0; at < size * size; at++) {
    const pixel = view.getUint32(4 * at);
    let index = known.get(pixel);
    if (index === undefined) {
      known.set(pixel, index = nearest(palette, pixels.subarray(4 * at, 4 * at + 4)));
    }
    const byte = stride * Math.floor(at / size) + 1 + ((at % size) >> 1);
    rows[byte]! |= at % 2 === 0 ? index << 4 : index;
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, size);
  new DataView(header.buffer).setUint32(4, size);
  header.set([4, 3], 8);
  const chunks = [
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flatMap((colour) => colour.slice(0, 3)))),
    chunk("tRNS", Uint8Array.from(palette, ([, , , alpha]) => alpha)),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array(0)),
  ];
  return Uint8Array.from([
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    ...chunks.flatMap((bytes) => [...bytes]),
  ]);
}

function nearest(palette: readonly Colour[], [red = 0, green = 0, blue = 0, alpha = 0]: Uint8Array): number {
  const distance = ([r, g, b, a]: Colour) =>
    (r * a / 255 - red * alpha / 255) ** 2 + (g * a / 255 - green * alpha / 255) ** 2 +
    (b * a / 255 - blue * alpha / 255) ** 2 + (a - alpha) ** 2;
  const distances = palette.map(distance);
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

if (import.meta.main) {
  if (NO_CHROMIUM === undefined) await drawIcons();
  else throw new Error(`cannot draw the icons of the page: ${NO_CHROMIUM}`);
}
