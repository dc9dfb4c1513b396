/**
 * The scrollback with hostile messages: no row is dangerous or looks like a row of another kind.
 *
 * @module
 */
import fc from "fast-check";
import type { Colours } from "../../../client/text/colour.ts";
import { columnsOf } from "../../../client/text/columns.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { Code, type ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import {
  ana,
  AT,
  DAY,
  joined,
  left,
  named,
  Reader,
  renamed,
  welcome,
} from "../../helpers/terminal/scrollback_reader.ts";

await loadWidths();

Deno.test({
  name: "No message and no name looks like a line of another kind",
  permissions: "none",
  fn() {
    for (const time of ["on", "off"] as const) {
      const reader = ana({ time, columns: 60 });
      const genuine = reader.say("bo", "x").receive(left("bo")).say("bo", "x", { timestamp: AT + DAY })
        .read();
      assertEquals(genuine.length, 4);
      const forged = [
        ...["14:04 cy  yes", "- bo left", "-- bo", "── new ──", "! hub", "* bo waves"].flatMap((line) =>
          ana({ time, columns: 60 }).say("bo", `x\n${line}\n${"w ".repeat(40)}${line}`).read().slice(1)
        ),
        ...["-", "--", "──", "!", "*", "+", "~", "│", "<cy>", "-- cy  hi"].flatMap((name) =>
          ana({ time: "off", columns: 60 }).say(name, "left").read()
        ),
      ];
      for (const row of forged) assert(/^( {6})?│ |^<.*> {2}left$/.test(row), row);
    }
  },
});

/** Characters that control a terminal, reorder text or are invisible. U+200E comes from the client itself. */
const DANGEROUS =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|\p{M}{10}/u;

const hostile = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom(
      "\x1b[2J",
      "\x9b1m",
      "\x1b]0;t\x07",
      "\u202e",
      "\n",
      "\t",
      "\r",
      "\u0301".repeat(40),
      "/me ",
      "ana",
    ),
    fc.constantFrom("https://a.example/", "漢", "👨‍👩‍👧‍👦", "\u2800", " ".repeat(30), "-- "),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const messages: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ username: hostile, message: hostile, timestamp: fc.double() }).map((line): ServerMessage => ({
    code: Code.Said,
    message: line,
  })),
  hostile.map(joined),
  hostile.map(left),
  hostile.map(named),
  hostile.map((motd) => welcome("ana", motd)),
  fc.tuple(hostile, hostile).map(([old, name]) => renamed(old, name)),
  hostile.map((message): ServerMessage => ({ code: Code.Refused, error: "x", message })),
  hostile.map((reason): ServerMessage => ({ code: Code.Ending, reason })),
);

Deno.test({
  name: "For any messages of a hub no row has a dangerous character, and every row fits",
  permissions: "none",
  fn() {
    const options = fc.record({
      columns: fc.integer({ min: 20, max: 100 }),
      ascii: fc.boolean(),
      time: fc.constantFrom("on", "off", "relative"),
    });
    fc.assert(
      fc.property(options, fc.array(messages, { maxLength: 8 }), ({ columns, ascii, time }, messages) => {
        const reader = new Reader({ columns, time, capabilities: { colours: "none", ascii, title: true } });
        reader.scrollback.unread.focusLost();
        reader.receive(...messages);
        for (const row of [...reader.read(), ...reader.scrollback.flush()]) {
          assert(!DANGEROUS.test(row) && row.isWellFormed(), JSON.stringify(row));
          if (ascii) assert(/^[\x20-\x7e]*$/.test(row), row);
          assert(columnsOf(row) <= columns || row.includes("://"), `${columnsOf(row)} of ${columns}: ${row}`);
        }
      }),
      { numRuns: 2000 },
    );
  },
});

Deno.test({
  name: "With styles a row has no other control characters, and resets its style at the end",
  permissions: "none",
  fn() {
    fc.assert(
      fc.property(
        fc.constantFrom<Colours[]>("mono", 16, 256),
        fc.array(messages, { maxLength: 5 }),
        (colours, messages) => {
          const reader = new Reader({ capabilities: { colours, ascii: false, title: true } }).receive(
            ...messages,
          );
          for (const row of reader.read()) {
            // deno-lint-ignore no-control-regex
            const rest = row.replace(/\x1b\[[\d;]+m[^\x1b]*\x1b\[0m/g, "");
            assert(!rest.includes("\x1b"), JSON.stringify(row));
          }
        },
      ),
      { numRuns: 300 },
    );
  },
});
