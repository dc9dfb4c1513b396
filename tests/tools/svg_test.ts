/** The SVG of a screen. */
import { svgOf } from "../../tools/svg.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { Emulator } from "../helpers/terminal/emulator.ts";

function pure(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Draws a terminal of 30 columns; returns the text elements below the title bar. */
async function drawn(written: string): Promise<string[]> {
  const emulator = new Emulator(30, 2);
  await emulator.write(written);
  const { cells: rows, cursor } = emulator;
  emulator.close();
  const svg = svgOf({ rows, cursor, columns: 30, title: "<title>", description: "a & b" });
  assert(svg.includes("<title>a &amp; b</title>") && svg.includes(">&lt;title&gt;</text>"), svg);
  return svg.match(/<text .*<\/text>/g)!.slice(1);
}

pure("Each run of cells with one style is an element at its column, as wide as its cells", async () => {
  assertEquals(await drawn("\x1b[2m14:03\x1b[m \x1b[1;38;5;133mana\x1b[m  a <b>\r\nc"), [
    '<text x="14" textLength="42" y="62.5" fill="#9aa2ad">14:03</text>',
    '<text x="64.4" textLength="25.2" y="62.5" fill="#af5faf" font-weight="bold">ana</text>',
    '<text x="106.4" textLength="42" y="62.5">a &lt;b&gt;</text>',
    '<text x="14" textLength="8.4" y="82.5">c</text>',
  ]);
});

pure("Each wide character begins at the first of its two columns, whatever the font", async () => {
  assertEquals(await drawn("a漢字b"), [
    '<text x="14" textLength="8.4" y="62.5">a</text>',
    '<text x="22.4" y="62.5">漢</text>',
    '<text x="39.2" y="62.5">字</text>',
    '<text x="56" textLength="8.4" y="62.5">b</text>',
  ]);
});

pure("Colours are those of the terminal: the three parts of the palette, and RGB colours", async () => {
  const colours = await drawn(
    "\x1b[31mr\x1b[92mg\x1b[38;5;244my\x1b[38;5;214mo\x1b[38;2;1;2;255mb\x1b[3;4mi",
  );
  assertEquals(colours.map((element) => /fill=".*?(?=>)/.exec(element)?.[0]), [
    'fill="#cd0000"',
    'fill="#00ff00"',
    'fill="#808080"',
    'fill="#ffaf00"',
    'fill="#0102ff"',
    'fill="#0102ff" font-style="italic" text-decoration="underline"',
  ]);
});
