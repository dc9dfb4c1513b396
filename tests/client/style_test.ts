import { NAME_COLOURS, nameColour, paint, type StyledLine, wantsColour } from "../../client/style.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

const LINE: StyledLine = [
  { text: "14:03", style: "time" },
  { text: " ", style: "plain" },
  { text: "ana", style: "name" },
  { text: "  hello", style: "plain" },
];

Deno.test({
  name: "Without colours nothing but the text comes out",
  permissions: "none",
  fn() {
    assertEquals(paint(LINE, false), "14:03 ana  hello");
  },
});

Deno.test({
  name: "With colours every span that is not plain is set off and ends its own style",
  permissions: "none",
  fn() {
    const colour = nameColour("ana");
    assertEquals(paint(LINE, true), `\x1b[2m14:03\x1b[0m \x1b[1;38;5;${colour}mana\x1b[0m  hello`);
    for (const style of ["faint", "notice", "error"] as const) {
      // deno-lint-ignore no-control-regex
      assert(/^\x1b\[[\d;]+mx\x1b\[0m$/.test(paint([{ text: "x", style }], true)), style);
    }
  },
});

Deno.test({
  name: "Colours are for terminals that can have them, where NO_COLOR does not say otherwise",
  permissions: "none",
  fn() {
    const wants = (isTerminal: boolean, environment: Record<string, string>) =>
      wantsColour(isTerminal, (name) => environment[name]);
    assertEquals(wants(true, { TERM: "xterm" }), true);
    assertEquals(wants(true, {}), true);
    assertEquals(wants(true, { NO_COLOR: "" }), true);
    assertEquals(wants(true, { NO_COLOR: "1" }), false);
    assertEquals(wants(true, { TERM: "dumb" }), false);
    assertEquals(wants(false, { TERM: "xterm" }), false);
  },
});

Deno.test({
  name: "A name has always the same colour, and names have many",
  permissions: "none",
  fn() {
    assertEquals(nameColour("Ana"), nameColour("ana"));
    const colours = new Set(Array.from({ length: 200 }, (_, i) => nameColour(`user${i}`)));
    assertEquals(colours.size, NAME_COLOURS.length);
  },
});

Deno.test({
  name: "Every colour of a name can be read on black and on white",
  permissions: "none",
  fn() {
    for (const colour of NAME_COLOURS) {
      const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step) / 255;
      const linear = (value: number) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      const [red, green, blue] = [36, 6, 1].map((unit) =>
        linear(level(Math.floor((colour - 16) / unit) % 6))
      ) as [number, number, number];
      const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      assert((luminance + 0.05) / 0.05 >= 3.6, `${colour} on black`);
      assert(1.05 / (luminance + 0.05) >= 3.6, `${colour} on white`);
    }
  },
});
