import { basicNameColour, nameColour } from "../../../client/text/colour.ts";
import {
  isolate,
  paint,
  type Style,
  type StyledLine,
  textOf,
  wantsColour,
} from "../../../client/text/style.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const LINE: StyledLine = [
  { text: "14:03", style: "time" },
  { text: " ", style: "plain" },
  { text: "ana", style: "name" },
  { text: "  hello", style: "plain" },
];

Deno.test({
  name: "Without colours only the text is written",
  permissions: "none",
  fn() {
    assertEquals(paint(LINE, "none"), "14:03 ana  hello");
  },
});

Deno.test({
  name: "With colours every span that is not plain sets and resets its style",
  permissions: "none",
  fn() {
    const colour = nameColour("ana");
    assertEquals(paint(LINE, 256), `\x1b[2m14:03\x1b[0m \x1b[1;38;5;${colour}mana\x1b[0m  hello`);
    for (const style of ["faint", "notice", "error"] as const) {
      // deno-lint-ignore no-control-regex
      assert(/^\x1b\[[\d;]+mx\x1b\[0m$/.test(paint([{ text: "x", style }], 256)), style);
    }
  },
});

Deno.test({
  name: "Colours are for capable terminals without NO_COLOR",
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

/** Every style there is, and whether it is seen where there are no colours. */
const STYLES: Record<Style, boolean> = {
  plain: false,
  time: true,
  name: true,
  self: true,
  mention: true,
  cell: false,
  faint: true,
  direct: true,
  mark: true,
  heading: true,
  notice: true,
  error: true,
};

Deno.test({
  name: "With NO_COLOR bold, dim and reversed stay, without colours",
  permissions: "none",
  fn() {
    for (const [style, seen] of Object.entries(STYLES) as [Style, boolean][]) {
      const painted = paint([{ text: "x", style }], "mono");
      assertEquals(painted !== "x", seen, style);
      assert(!/[;[](3\d|4\d|9\d)[;m]/.test(painted), painted);
    }
  },
});

Deno.test({
  name: "A terminal with 16 colours gets only those",
  permissions: "none",
  fn() {
    for (const style of Object.keys(STYLES) as Style[]) {
      assert(!paint([{ text: "x", style }], 16).includes(";5;"), style);
    }
    assertEquals(paint([{ text: "ana", style: "name" }], 16), `\x1b[${basicNameColour("ana")}mana\x1b[0m`);
  },
});

Deno.test({
  name:
    "A part of a name has the colour of the whole, and one's own name and mentions of it look like no other",
  permissions: "none",
  fn() {
    const part = paint([{ text: "an", style: "name", name: "ana" }], 256);
    assertEquals(part, `\x1b[1;38;5;${nameColour("ana")}man\x1b[0m`);
    for (const colours of ["mono", 16, 256] as const) {
      const looks = (["plain", "name", "self", "mention"] as const).map((style) =>
        paint([{ text: "ana", style }], colours)
      );
      assertEquals(new Set(looks).size, 4, `${colours}`);
    }
  },
});

Deno.test({
  name: "An empty span writes nothing, and a line returns its text",
  permissions: "none",
  fn() {
    assertEquals(paint([{ text: "", style: "time" }], 256), "");
    assertEquals(textOf(LINE), "14:03 ana  hello");
    assertEquals(textOf([]), "");
  },
});

function line(...spans: [string, Style][]): StyledLine {
  return spans.map(([text, style]) => ({ text, style }));
}

const M = "\u200e";

for (
  const [what, given, shown] of [
    [
      "nothing to a left-to-right line",
      line(["14:03 ", "time"], ["ana", "name"], ["  hi", "plain"]),
      "14:03 ana  hi",
    ],
    [
      "marks to a name and a text apart",
      line(["14:03 ", "time"], ["דניאל", "name"], ["  ", "plain"], ["שלום 12", "plain"]),
      `14:03 ${M}דניאל${M}${M}  שלום 12${M}`,
    ],
    [
      "marks to a name before a number",
      line(["דניאל", "name"], [" 5 here", "faint"]),
      `${M}דניאל${M} 5 here`,
    ],
    [
      "marks to each name in a status line",
      line(["דני, محمد 2 joined", "faint"]),
      `${M}דני,${M} ${M}محمد${M} 2 joined`,
    ],
    [
      "no marks inside a sentence that mentions a name",
      line(["  שלום ", "plain"], ["דניאל", "mention"], [" מה", "plain"]),
      `${M}  שלום דניאל מה${M}`,
    ],
    [
      "marks to each name in a list, and to what a room is called before its figures",
      line(["דניאל", "name"], ["  #חדר #עוד  here 5m", "cell"]),
      `${M}דניאל${M}  ${M}#חדר${M} ${M}#עוד${M}  here 5m`,
    ],
    [
      "marks to a room before its figures",
      line(["#חדר", "heading"], ["  3 people", "plain"]),
      `${M}#חדר${M}  3 people`,
    ],
    ["marks to text beyond U+FFFF", line(["\u{10900}", "name"], ["1", "plain"]), `${M}\u{10900}${M}1`],
  ] as [string, StyledLine, string][]
) {
  Deno.test({
    name: `Isolating adds ${what}`,
    permissions: "none",
    fn() {
      assertEquals(textOf(isolate(given)), shown);
    },
  });
}

Deno.test({
  name: "An isolated name has the colour of the name",
  permissions: "none",
  fn() {
    const name = line(["דניאל", "name"]);
    assertEquals(paint(isolate(name), 256).replaceAll(M, ""), paint(name, 256));
  },
});
