/** The check of an export: every invalid line is refused with its number, what was expected, and what came. */
import { RecordError } from "../../../server/archive/record.ts";
import { RecordReader } from "../../../server/archive/record_reader.ts";
import { assertMatch, assertThrows } from "../../helpers/assert.ts";

Deno.test({
  name: "An invalid line is refused with its number and the reason",
  permissions: "none",
  fn() {
    const first = '{"kind":"history","version":1}';
    const changed = '{"kind":"history","version":2,"changes":9}';
    const room = '{"kind":"room","room":"main","last":2}';
    const line = (more: Record<string, unknown> = {}) =>
      JSON.stringify({
        ...{
          kind: "line",
          room: "main",
          sequence: 1,
          timestamp: 1,
          username: "ana",
          verified: false,
          message: "hi",
        },
        ...more,
      });
    for (
      const [lines, wanted] of [
        [
          [],
          /^line 1: the last line must have kind end: the input ends without it$/,
        ],
        [["x"], /^line 1: it must be one JSON object: it is x$/],
        [
          [room],
          /^line 1: the first line must be \{"kind":"history","version":1\} or have version 2: it is /,
        ],
        [[first, line()], /^line 2: a line must follow the record of its room/],
        [[first, room, line()], /^line 4: the last line must have kind end/],
        [
          [first, room, line(), '{"kind":"end","records":1}'],
          /^line 4: records must be 2, the number of records before it: it is 1/,
        ],
        [[first, room, line({ sequence: 3 })], /^line 3: sequence must be at most 2/],
        [[first, room, line(), line()], /^line 4: sequence must be a whole number from 2: it is 1/],
        [
          [first, room, line({ message: "a\u001b[2J" })],
          /^line 3: Cannot send a message with U\+001B/,
        ],
        [
          [first, '{"kind":"room","room":"main","last":9007199254740991}'],
          /^line 2: last must be a whole number from 0 to 4503599627370496: it is 9007199254740991/,
        ],
        ...["a\u0000", "\ud800"].map((id): [string[], RegExp] => [
          [
            first,
            room,
            JSON.stringify({ kind: "mark", author: "ana", id, sequence: 1, stored: true, timestamp: 1 }),
          ],
          /^line 3: id must be 1 to 64 characters without control characters: it is "/,
        ]),
        [
          [
            first,
            room,
            JSON.stringify({
              kind: "mark",
              author: "ana",
              id: "x",
              sequence: 1,
              stored: true,
              timestamp: 1,
              digest: "short",
            }),
          ],
          /^line 3: digest must be 16 letters, digits, - and _: it is short/,
        ],
        [[first, room, line({ username: "a b" })], /^line 3: Cannot use that name/],
        [
          [first, room, line({ timestamp: "now" })],
          /^line 3: timestamp must be a whole number from 0 to 8640000000000000: it is now/,
        ],
        [[first, room, line({ verified: 1 })], /^line 3: verified must be true or false: it is 1/],
        ...([
          [{ deleted: true }, /^line 3: message must be empty as it was deleted: it is hi/],
          [{ deleted: 1, message: "" }, /^line 3: deleted must be true or absent: it is 1/],
          [{ edited: 1 }, /^line 3: change must be a whole number from 1 to 9: it is nothing/],
          [{ change: 10 }, /^line 3: change must be a whole number from 1 to 9: it is 10/],
          [{ reply_to: "x" }, /^line 3: reply_to must be a whole number from 1: it is x/],
          [{ reactions: [{ reaction: "a b", by: ["bo"] }], change: 1 }, /^line 3: reactions must be a list/],
          [{ reactions: [{ reaction: "+1", by: ["bo", "bo"] }], change: 1 }, /^line 3: reactions must be /],
        ] as [Record<string, unknown>, RegExp][]).map(
          ([more, wanted]): [string[], RegExp] => [[changed, room, line(more)], wanted],
        ),
        [
          [changed, room, line({ change: 2 }), line({ sequence: 2, change: 2 })],
          /^line 4: change must be a number that no other line has: it is 2/,
        ],
        [['{"kind":"history","version":2}'], /^line 1: changes must be a whole number/],
        [[first, room, room], /^line 3: each room or direct conversation must come once/],
        [[first, '{"kind":"end","records":0}', room], /^line 3: no line may follow the end/],
      ] as [string[], RegExp][]
    ) {
      const { message } = assertThrows(() => {
        const reader = new RecordReader();
        for (const text of lines) reader.read(text);
        reader.finish();
      }, RecordError);
      assertMatch(message, wanted);
    }
  },
});
