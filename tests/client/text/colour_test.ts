import {
  BASIC_NAME_COLOURS,
  basicNameColour,
  NAME_COLOURS,
  nameColour,
} from "../../../client/text/colour.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "A name always has the same colour, and names use all colours",
  permissions: "none",
  fn() {
    const names = Array.from({ length: 200 }, (_, i) => `user${i}`);
    for (
      const [colour, colours] of [[nameColour, NAME_COLOURS], [basicNameColour, BASIC_NAME_COLOURS]] as const
    ) {
      assertEquals(colour("Ana"), colour("ana"));
      assertEquals(colour("STRASSE"), colour("straße"));
      assertEquals(new Set(names.map(colour)).size, colours.length);
    }
  },
});

Deno.test({
  name: "Every colour of names is readable on black and on white",
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

Deno.test({
  name:
    "Where there are 16 colours, names have neither black nor white nor what cannot be read on one of them",
  permissions: "none",
  fn() {
    for (const unreadable of [30, 33, 34, 37]) assert(!BASIC_NAME_COLOURS.includes(unreadable));
    for (const colour of BASIC_NAME_COLOURS) assert(colour > 30 && colour < 37, `${colour}`);
  },
});
