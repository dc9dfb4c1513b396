/**
 * The key decoder: a table of what terminals send, any split of the bytes, pending bytes, and pastes.
 *
 * This file is long because it holds the table of key sequences.
 *
 * @module
 */
import fc from "fast-check";
import { chordOf, type Key } from "../../../client/keyboard/key.ts";
import { MAX_PASTE_BYTES } from "../../../client/keyboard/paste_reader.ts";
import {
  ESCAPE_WAIT_MS,
  KeyDecoder,
  LATE_PART_WAIT_MS,
  LATE_WAIT_MS,
  MAX_SEQUENCE_BYTES,
  PASTE_SHOW_MS,
  PASTE_WAIT_MS,
  SEQUENCE_WAIT_MS,
} from "../../../client/keyboard/key_decoder.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

const utf8 = new TextEncoder();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Formats a key for the table: `"text"`, `ctrl-a`, `paste "text"`, `focus in`, `unknown`. */
function formatKey(key: Key): string {
  switch (key.kind) {
    case "text":
      return JSON.stringify(key.text);
    case "paste":
      return `paste ${JSON.stringify(key.text)}`;
    case "focus":
      return key.focused ? "focus in" : "focus out";
    case "unknown":
    case "retract":
      return key.kind;
    default:
      return chordOf(key);
  }
}

/** Joins text keys in a row into one. */
function joined(keys: Key[]): Key[] {
  const all: Key[] = [];
  for (const key of keys) {
    const last = all.at(-1);
    if (key.kind === "text" && last?.kind === "text") {
      all[all.length - 1] = { kind: "text", text: last.text + key.text };
    } else all.push(key);
  }
  return all;
}

function toBytes(sent: string | number[]): Uint8Array {
  return typeof sent === "string" ? utf8.encode(sent) : Uint8Array.from(sent);
}

/** The keys that a new decoder returns for one push, without a flush. */
function decoded(sent: string | number[]): string {
  return joined(new KeyDecoder().push(toBytes(sent))).map(formatKey).join(" ");
}

/** The keys for one push a byte, followed by a flush. */
function decodedBytewise(sent: string | number[]): string {
  const decoder = new KeyDecoder();
  const keys = [...toBytes(sent)].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
  return joined([...keys, ...decoder.flush()]).map(formatKey).join(" ");
}

/** Bytes of terminals, and their keys. No bytes are pending at the end of an entry. */
const TABLE: [sent: string | number[], keys: string][] = [
  ["", ""],
  ["hello", '"hello"'],
  ["žluťoučký 漢字 👩‍👩‍👧", '"žluťoučký 漢字 👩‍👩‍👧"'],
  ["\r", "enter"],
  ["\n", "ctrl-j"],
  ["\t", "tab"],
  ["\x7f", "backspace"],
  ["\b", "ctrl-h"],
  ["\x00", "ctrl-space"],
  ["\x01\x05\x1a", "ctrl-a ctrl-e ctrl-z"],
  ["\x1c\x1d\x1e\x1f", "ctrl-\\ ctrl-] ctrl-^ ctrl-_"],
  ["a\rb", '"a" enter "b"'],
  // Alt is an ESC before the key.
  ["\x1bb", "alt-b"],
  ["\x1bB", "alt-shift-b"],
  ["\x1b.", "alt-."],
  ["\x1b ", "alt-space"],
  ["\x1b\r", "alt-enter"],
  ["\x1b\n", "ctrl-alt-j"],
  ["\x1b\t", "alt-tab"],
  ["\x1b\x7f", "alt-backspace"],
  ["\x1b\x02", "ctrl-alt-b"],
  ["\x1bé", "alt-é"],
  ["\x1b漢", "alt-漢"],
  ["\x1b😀", "alt-😀"],
  ["\x1b\x1bb", "escape alt-b"],
  ["\x1b\x1bé", "escape alt-é"],
  ["\x1b\x1b\x1b[A", "escape alt-up"],
  // xterm, in both cursor modes.
  ["\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"],
  ["\x1bOA\x1bOB\x1bOC\x1bOD", "up down right left"],
  ["\x1b[H\x1b[F\x1bOH\x1bOF", "home end home end"],
  ["\x1b[2~\x1b[3~\x1b[5~\x1b[6~", "insert delete page-up page-down"],
  ["\x1bOP\x1bOQ\x1bOR\x1bOS", "f1 f2 f3 f4"],
  ["\x1b[15~\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~", "f5 f6 f7 f8 f9 f10 f11 f12"],
  ["\x1b[Z", "shift-tab"],
  ["\x1b[1;2D\x1b[1;3D\x1b[1;5D\x1b[1;6D", "shift-left alt-left ctrl-left ctrl-shift-left"],
  ["\x1b[1;4C\x1b[1;7C\x1b[1;8C", "alt-shift-right ctrl-alt-right ctrl-alt-shift-right"],
  ["\x1b[1;5H\x1b[1;5F", "ctrl-home ctrl-end"],
  ["\x1b[3;5~\x1b[3;3~\x1b[5;2~", "ctrl-delete alt-delete shift-page-up"],
  ["\x1b[1;2P\x1b[1;5R\x1b[15;5~", "shift-f1 ctrl-f3 ctrl-f5"],
  ["\x1bO5D\x1bO2P", "ctrl-left shift-f1"],
  ["\x1b[I\x1b[O", "focus in focus out"],
  // The keypad in application mode.
  ["\x1bO \x1bO~.", '" " unknown "."'],
  ["\x1bOM\x1bOj\x1bOk\x1bOm\x1bOp\x1bOy\x1bOX", 'enter "*+-09="'],
  // rxvt.
  ["\x1b[7~\x1b[8~", "home end"],
  ["\x1b[a\x1b[d\x1bOa\x1bOd", "shift-up shift-left ctrl-up ctrl-left"],
  ["\x1b[3^\x1b[3$\x1b[3@\x1b[7^", "ctrl-delete shift-delete ctrl-shift-delete ctrl-home"],
  ["\x1b\x1b[A\x1b\x1b[3~\x1b\x1bOd", "alt-up alt-delete ctrl-alt-left"],
  ["\x1b[11~\x1b[14~\x1b[25~\x1b[34~", "f1 f4 f13 f20"],
  // The Linux console, and tmux and screen.
  ["\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E", "f1 f2 f3 f4 f5"],
  ["\x1b[1~\x1b[4~", "home end"],
  // kitty.
  ["\x1b[97u", '"a"'],
  ["\x1b[97;5u\x1b[97;6u\x1b[97;3u", "ctrl-a ctrl-shift-a alt-a"],
  ["\x1b[97:65;2u\x1b[97;2u", '"AA"'],
  ["\x1b[97;65u\x1b[97;66u", '"Aa"'],
  ["\x1b[97;1;98:99u", '"bc"'],
  ["\x1b[50:34;2u", '"\\""'],
  ["\x1b[97;;98u", '"b"'],
  ["\x1b[27u\x1b[27;1u", "escape escape"],
  ["\x1b[13;2u\x1b[13;3u\x1b[13;5u", "shift-enter alt-enter ctrl-enter"],
  ["\x1b[9;2u\x1b[127;5u\x1b[105;5u", "shift-tab ctrl-backspace ctrl-i"],
  ["\x1b[32;5u\x1b[233;3u", "ctrl-space alt-é"],
  ["\x1b[1;5:1D\x1b[1;5:2D\x1b[1;5:3D", "ctrl-left ctrl-left"],
  ["\x1b[97;1:3u\x1b[27;5:3u", ""],
  ["\x1b[57399u\x1b[57408u\x1b[57413u\x1b[57414u", '"09+" enter'],
  ["\x1b[57415u\x1b[57416u\x1b[57409;5u", '"=," ctrl-.'],
  ["\x1b[57417u\x1b[57424;5u\x1b[57376u", "left ctrl-end f13"],
  ["\x1b[57441;2u\x1b[97;9u", "unknown unknown"], // Shift itself; Super with a letter
  // xterm's modifyOtherKeys.
  ["\x1b[27;5;97~\x1b[27;2;65~\x1b[27;3;13~", 'ctrl-a "A" alt-enter'],
  ["\x1b[27;5;9~\x1b[27;6;9~", "ctrl-tab ctrl-shift-tab"],
  // A sequence that is no key becomes one unknown key.
  ["\x1b[24;80R.", 'unknown "."'],
  ["\x1b[?62;22c.", 'unknown "."'],
  ["\x1b[?2026;2$y.", 'unknown "."'],
  ["\x1b[4;1$y.", 'unknown "."'],
  ["\x1b[<0;10;10M\x1b[<0;10;10m.", 'unknown unknown "."'],
  ["\x1b[M !!.", 'unknown "."'],
  ["\x1b[1 q.", 'unknown "."'],
  ["\x1b[999~\x1b[1;999D\x1b[1;2;3D.", 'unknown unknown unknown "."'],
  ["\x1b[24;2R\x1b[5A\x1b[?1;5D.", 'unknown unknown unknown "."'],
  ["\x1b[1;5 D\x1b[1;2;97D\x1b[27~\x1b[99^\x1b[3;2^.", 'unknown unknown unknown unknown unknown "."'],
  ["\x1b[99999999u\x1b[1114112u\x1b[55296u\x1b[u\x1b[63743u.", 'unknown unknown unknown unknown unknown "."'],
  ["\x1bOz\x1bO999A.", 'unknown unknown "."'],
  ["\x1b]11;rgb:0000/0000/0000\x07.", 'unknown "."'],
  ["\x1b]52;c;aGk=\x1b\\.", 'unknown "."'],
  ["\x1bP1+r544e=787465726d\x1b\\.", 'unknown "."'],
  ["\x1bXany\x1b\\\x1b^thing é\x1b\\\x1b_Gi=1;OK\x1b\\.", 'unknown unknown unknown "."'],
  [`\x1b[${"1;".repeat(500)}A.`, 'unknown "."'],
  [`\x1b[3${":".repeat(100)}~\x1b[A`, "unknown up"],
  [`\x1b]0;${"x".repeat(100_000)}\x07.`, 'unknown "."'],
  // A control character ends a broken sequence and becomes a key.
  ["\x1b[1;\r", "unknown enter"],
  ["\x1b]0;title\x03", "unknown ctrl-c"],
  ["\x1b[12\x1b[A", "unknown up"],
  ["\x1b[\x1b[A", "alt-[ up"],
  ["\x1bO\x03", "alt-shift-o ctrl-c"],
  ["\x1b]0;x\x1b[A", "unknown up"],
  ["\x1b]\x1b[A", "alt-] up"],
  ["\x1b[é", 'alt-[ "é"'],
  ["\x1b[1é", 'unknown "é"'],
  ["\x1b[[\x03\x1b[[é", 'unknown ctrl-c unknown "é"'],
  ["\x1b[M \x03", "unknown ctrl-c"],
  // Invalid UTF-8 becomes U+FFFD.
  [[0xff, 0x61], '"\ufffda"'],
  [[0x61, 0xff], '"a\ufffd"'],
  [[0x61, 0xf5], '"a\ufffd"'],
  [[0x1b, 0x80, 0x61], 'alt-\ufffd "a"'],
  [[0xe9, 0x61], '"\ufffda"'],
  [[0xe2, 0x82, 0x61], '"\ufffda"'],
  [[0xe2, 0x82, 0x0d], '"\ufffd" enter'],
  [[0xe2, 0x82, 0x1b, 0x5b, 0x41], '"\ufffd" up'],
  [[0xf0, 0x9f, 0x98, 0xf0, 0x9f, 0x98, 0x80], '"\ufffd😀"'],
  [[0xed, 0xa0, 0x80], '"\ufffd\ufffd\ufffd"'],
  [[0x9b, 0x41], '"\ufffdA"'],
  [[0xc2, 0x9b, 0x41], '"\ufffdA"'],
  [[0x1b, 0xc3, 0x61], 'alt-\ufffd "a"'],
  [[0x1b, 0xff, 0x61], 'alt-\ufffd "a"'],
  [[0x1b, 0xe2, 0x82, 0x0d], "alt-\ufffd enter"],
  // Pastes.
  ["\x1b[200~hello\x1b[201~", 'paste "hello"'],
  ["\x1b[200~\x1b[201~", 'paste ""'],
  ["\x1b[200~a\r\nb\rc\nd\x1b[201~\r", 'paste "a\\nb\\nc\\nd" enter'],
  ["x\x1b[200~漢\x1b[201~y", '"x" paste "漢" "y"'],
  [
    "\x1b[200~\x1b[31m\x03\x1b[201\x1b[20\x1b\x1b[201~",
    'paste "\\u001b[31m\\u0003\\u001b[201\\u001b[20\\u001b"',
  ],
  ["\x1b[200~\x1b[200~\x1b[201~", 'paste "\\u001b[200~"'],
  ["\x1b[201~a", 'unknown "a"'],
];

pure("Each sequence of a terminal becomes its key", () => {
  for (const [sent, keys] of TABLE) assertEquals(decoded(sent), keys, JSON.stringify(sent).slice(0, 100));
});

pure("The keys are the same when every byte arrives alone", () => {
  for (const [sent, keys] of TABLE) {
    // In a paste a Ctrl-C that arrives alone was pressed.
    if (String(sent).startsWith("\x1b[200~") && sent.includes("\x03" as never)) continue;
    assertEquals(decodedBytewise(sent), keys, JSON.stringify(sent).slice(0, 100));
  }
});

const piece = fc.oneof(
  fc.constantFrom(...TABLE.map(([sent]) => toBytes(sent)).filter((sent) => sent.length < 200)),
  fc.constantFrom("\x1b", "\x1b[", "\x1bO", "\x1b]", "\x1b[200~", "\x1b[201~", "[", "~", "\r", "2", ";").map(
    toBytes,
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }).map(toBytes),
  fc.uint8Array({ maxLength: 6 }),
);
const stream = fc.array(piece, { maxLength: 20 }).map((pieces) =>
  // Without Ctrl-C, which ends a paste if it arrives alone.
  Uint8Array.from(pieces.flatMap((p) => [...p]).filter((byte) => byte !== 0x03))
);

pure("Any split of any bytes gives the same keys", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (bytes, sizes) => {
      const whole = new KeyDecoder();
      const split = new KeyDecoder();
      const keys: Key[] = [];
      for (let start = 0, i = 0; start < bytes.length; i++) {
        const end = start + sizes[i % sizes.length]!;
        keys.push(...split.push(bytes.slice(start, end)));
        start = end;
      }
      const expected = whole.push(bytes);
      assertEquals(split.waitMs, whole.waitMs);
      assertEquals(joined(keys), joined(expected));
      assertEquals(split.flush(), whole.flush());
    }),
    { numRuns: 2000 },
  );
});

pure(
  "After one or two flushes nothing is pending and the next key is decoded, whatever bytes came before",
  () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const decoder = new KeyDecoder();
        decoder.push(bytes);
        for (let flushes = 0; decoder.waitMs !== undefined; flushes++) {
          assert(flushes < 2);
          decoder.flush();
        }
        assertEquals(decoder.push(toBytes("a\x1b[A")).map(formatKey), ['"a"', "up"]);
      }),
      { numRuns: 1000 },
    );
  },
);

pure("Text never contains a control character", () => {
  fc.assert(
    fc.property(stream, (bytes) => {
      const decoder = new KeyDecoder();
      for (const key of [...decoder.push(bytes), ...decoder.flush()]) {
        if (key.kind === "text") {
          assert(!/\p{Cc}/u.test(key.text) && key.text !== "", JSON.stringify(key.text));
        }
      }
    }),
    { numRuns: 1000 },
  );
});

/** The state after some bytes: how long to wait, whether Escape may be pending, and the keys of a flush. */
function pending(sent: string | number[]): [waitMs: number | undefined, escape: boolean, flushed: string] {
  const decoder = new KeyDecoder();
  assertEquals(decoder.push(toBytes(sent)), []);
  const { waitMs, pendingEscape } = decoder;
  return [waitMs, pendingEscape, decoder.flush().map(formatKey).join(" ")];
}

pure("A lone Escape is recognized by time", () => {
  assertEquals(pending("\x1b"), [ESCAPE_WAIT_MS, true, "escape"]);
  assertEquals(pending("\x1b\x1b"), [ESCAPE_WAIT_MS, true, "escape escape"]);
});

pure("Alt with a character that begins a sequence is recognized by time", () => {
  // No such key has a binding, so the rest of a sequence has time to come.
  assertEquals(pending("\x1b["), [SEQUENCE_WAIT_MS, false, "alt-["]);
  assertEquals(pending("\x1bO"), [SEQUENCE_WAIT_MS, false, "alt-shift-o"]);
  assertEquals(pending("\x1b]"), [SEQUENCE_WAIT_MS, false, "alt-]"]);
  assertEquals(pending("\x1bP"), [SEQUENCE_WAIT_MS, false, "alt-shift-p"]);
  assertEquals(pending("\x1b\x1b["), [SEQUENCE_WAIT_MS, false, "escape alt-["]);
  assertEquals(pending("\x1b]\x1b"), [ESCAPE_WAIT_MS, true, "alt-] escape"]);
});

pure("A flush ends an incomplete sequence, an incomplete character and an incomplete paste", () => {
  assertEquals(pending("\x1b[1;"), [SEQUENCE_WAIT_MS, false, "unknown"]);
  assertEquals(pending("\x1bO1"), [SEQUENCE_WAIT_MS, false, "unknown"]);
  assertEquals(pending("\x1b[["), [SEQUENCE_WAIT_MS, false, "unknown"]);
  assertEquals(pending("\x1b]0;title"), [SEQUENCE_WAIT_MS, false, "unknown"]);
  assertEquals(pending("\x1b]0;title\x1b"), [ESCAPE_WAIT_MS, true, "unknown escape"]);
  assertEquals(pending([0xe2, 0x82]), [SEQUENCE_WAIT_MS, false, '"\ufffd"']);
  assertEquals(pending([0x1b, 0xe2, 0x82]), [SEQUENCE_WAIT_MS, false, "alt-\ufffd"]);
});

/** Formats the keys of pushes, and of a flush for each `null`. */
function sentLate(...parts: (string | null)[]): string {
  const decoder = new KeyDecoder();
  const keys = parts.flatMap((part) => part === null ? decoder.flush() : decoder.push(toBytes(part)));
  return joined(keys).map(formatKey).join(" ");
}

pure("The rest of a sequence that comes after a flush is its key, and retracts the Escape", () => {
  assertEquals(sentLate("\x1b", null, "[A"), "escape retract up");
  assertEquals(sentLate("\x1b", null, "[1;5D", "x"), 'escape retract ctrl-left "x"');
  assertEquals(sentLate("\x1b", null, "[", "1;5", "D"), "escape retract ctrl-left");
  assertEquals(sentLate("\x1b", null, "OB", "\x1b[C"), "escape retract down right");
  assertEquals(sentLate("\x1b", null, "[3~\x1b[3~"), "escape retract delete delete");
  assertEquals(sentLate("\x1b", null, "[I"), "escape retract focus in");
  assertEquals(sentLate("\x1b", null, "[200~a\x1b[201~"), 'escape retract paste "a"');
  assertEquals(sentLate("\x1b", null, "[200~", "a\nb", "\x1b[201~"), 'escape retract paste "a\\nb"');
  const decoder = new KeyDecoder();
  decoder.push(toBytes("\x1b"));
  decoder.flush();
  assertEquals([decoder.waitMs, decoder.pendingEscape], [LATE_WAIT_MS, false]);
  decoder.push(toBytes("["));
  assertEquals([decoder.waitMs, decoder.pendingEscape], [LATE_PART_WAIT_MS, false]);
});

pure("What a user types after Escape is text, also when it begins like a sequence", () => {
  assertEquals(sentLate("\x1b", null, "[", null), 'escape "["');
  assertEquals(sentLate("\x1b", null, "[", "hello"), 'escape "[hello"');
  assertEquals(sentLate("\x1b", null, "[A] yes"), 'escape "[A] yes"');
  assertEquals(sentLate("\x1b", null, "O", "k"), 'escape "Ok"');
  assertEquals(sentLate("\x1b", null, "Only"), 'escape "Only"');
  assertEquals(sentLate("\x1b", null, "[1", "\r"), 'escape "[1" enter');
  assertEquals(sentLate("\x1b", null, "[" + "1".repeat(100)), `escape "[${"1".repeat(100)}"`);
  assertEquals(sentLate("\x1b", null, "é"), 'escape "é"');
  assertEquals(sentLate("\x1b", null, "\x1b", null), "escape escape");
  assertEquals(sentLate("\x1b", null, null, "[A"), 'escape "[A"');
});

pure(
  "A paste without an end is shown while it goes on, and ends by time or a Ctrl-C that begins a read",
  () => {
    const paste = new KeyDecoder();
    assertEquals(paste.push(toBytes("\x1b[200~a\r\nb\r")), []);
    assertEquals(paste.waitMs, PASTE_SHOW_MS);
    assertEquals(paste.flush(), [{ kind: "paste", text: "a\nb", partial: true }]);
    assertEquals(paste.waitMs, PASTE_WAIT_MS);
    assertEquals(paste.push(toBytes("\nc\x03d")), []);
    assertEquals(paste.push(toBytes("\x03")), [{ kind: "paste", text: "\nc\x03d" }]);
    assertEquals(paste.waitMs, undefined);
    assertEquals(paste.push(toBytes("\x03")).map(formatKey), ["ctrl-c"]);
    assertEquals(sentLate("\x1b[200~a", "\x03\x15b"), 'paste "a" ctrl-u "b"');
    assertEquals(sentLate("\x1b[200~a", null, null, "b"), 'paste "a" paste "" "b"');
    assertEquals(sentLate("\x1b[200~a", null, "b\x1b[20", null, "1~"), 'paste "a" paste "b" paste ""');
  },
);

pure("Nothing is pending after a complete key", () => {
  for (const [sent] of TABLE) {
    const decoder = new KeyDecoder();
    decoder.push(toBytes(sent));
    assertEquals([decoder.waitMs, decoder.pendingEscape], [undefined, false]);
    assertEquals(decoder.flush(), []);
  }
});

pure("An unknown key holds its sequence", () => {
  for (const sequence of ["\x1b[24;80R", "\x1b[[Z", "\x1bOz", "\x1b[M !!", "\x1b]0;title"]) {
    const decoder = new KeyDecoder();
    assertEquals([...decoder.push(toBytes(sequence)), ...decoder.flush()], [{ kind: "unknown", sequence }]);
  }
});

pure("Only the beginning of an endless sequence is stored", () => {
  const decoder = new KeyDecoder();
  for (let i = 0; i < 1000; i++) {
    assertEquals(decoder.push(toBytes(i === 0 ? "\x1b]0;" : "x".repeat(1000))), []);
  }
  const [key] = decoder.push(toBytes("\r"));
  assert(key?.kind === "unknown");
  assertEquals(key.sequence.length, MAX_SEQUENCE_BYTES);
});

pure("A paste is one key, in time linear in its bytes, for any split of them", () => {
  const text = "漢字 \x1b[20 and é\n".repeat(60_000);
  const bytes = toBytes(`\x1b[200~${text}\x1b[201~`);
  for (const size of [bytes.length, 4096, 7, 1]) {
    const decoder = new KeyDecoder();
    const keys: Key[] = [];
    const ms = cpuMs(() => {
      for (let at = 0; at < bytes.length; at += size) {
        keys.push(...decoder.push(bytes.subarray(at, at + size)));
      }
    });
    assertEquals(keys.length, 1);
    assert(keys[0]?.kind === "paste" && keys[0].text === text);
    // A hundred times the measured time; quadratic work would take hours.
    assert(ms < 60_000, `${ms} ms`);
  }
});

pure("A paste over the limit becomes several keys, and no byte of it is lost", () => {
  const text = "é漢😀x".repeat(Math.ceil(MAX_PASTE_BYTES / 10) + 100);
  const bytes = toBytes(`\x1b[200~${text}\x1b[201~.`);
  for (const size of [bytes.length, MAX_PASTE_BYTES - 1, 1_000_003]) {
    const decoder = new KeyDecoder();
    const keys: Key[] = [];
    for (let at = 0; at < bytes.length; at += size) keys.push(...decoder.push(bytes.subarray(at, at + size)));
    assertEquals(keys.map((key) => key.kind), ["paste", "paste", "text"]);
    assert(keys.slice(0, 2).map((key) => key.kind === "paste" ? key.text : "").join("") === text);
  }
});
