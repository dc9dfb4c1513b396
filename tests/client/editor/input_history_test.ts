/**
 * The input history: adding entries, searching them, and the history file.
 *
 * @module
 */
import fc from "fast-check";
import {
  compactHistory,
  MAX_ENTRY_BYTES,
  MAX_HISTORY_ENTRIES,
  parseHistory,
  searchHistory,
  serializeEntry,
  serializeHistory,
  withEntry,
} from "../../../client/editor/input_history.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("An entry is added unless it is blank or repeats the last one", () => {
  assertEquals(withEntry(["a"], "b"), ["a", "b"]);
  assertEquals(withEntry(["a", "b"], "a"), ["a", "b", "a"]);
  assertEquals(withEntry(["a"], "a"), ["a"]);
  assertEquals(withEntry(["a"], " \n"), ["a"]);
});

pure("A text with the link of an invite is not stored, and not read from the file", () => {
  const link = `rifts://chat.example.org:8443/#${"aZ-_".repeat(16)}`;
  assertEquals(withEntry(["a"], `look: ${link}`), ["a"]);
  assertEquals(parseHistory(`a\nlook: ${link}\nb\n`), ["a", "b"]);
  assertEquals(withEntry(["a"], "rifts://chat.example.org:8443/ #dev"), [
    "a",
    "rifts://chat.example.org:8443/ #dev",
  ]);
});

pure("Only the newest entries are stored, in memory and in the file", () => {
  const lines = Array.from({ length: MAX_HISTORY_ENTRIES + 5 }, (_, i) => `line ${i}`);
  const stored = lines.reduce<readonly string[]>(withEntry, []);
  assertEquals(stored, lines.slice(5));
  assertEquals(parseHistory(serializeHistory(lines)), lines.slice(5));
});

pure("An entry is one line of the file", () => {
  assertEquals(serializeEntry("hello"), "hello\n");
  assertEquals(serializeEntry("one\ntwo \\n three\\"), "one\\ntwo \\\\n three\\\\\n");
  assertEquals(parseHistory("one\\ntwo \\\\n three\\\\\n"), ["one\ntwo \\n three\\"]);
});

pure("Any text can be parsed as a history file", () => {
  assertEquals(parseHistory(""), []);
  assertEquals(parseHistory("a\r\n\n  \na\nb\\q\\"), ["a", "b\\q\\"]);
});

pure("A damaged entry and a very long one cost themselves only", () => {
  assertEquals(parseHistory(`a\nb\ufffdc\n${"x".repeat(MAX_ENTRY_BYTES + 1)}\nd\n`), ["a", "d"]);
  assertEquals(withEntry(["a"], "x".repeat(MAX_ENTRY_BYTES + 1)), ["a"]);
  assertEquals(withEntry([], "é".repeat(MAX_ENTRY_BYTES / 2)).length, 1);
  assertEquals(withEntry([], "é".repeat(MAX_ENTRY_BYTES / 2 + 1)).length, 0);
});

pure("Parsing a serialized history returns the same history", () => {
  const line = fc.oneof(fc.string(), fc.constantFrom("\n", "\\", "\\n", "a\\\nb", "é漢👩‍👩‍👧"))
    .map((text) => text.replaceAll("\r", ""));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const stored = lines.reduce<readonly string[]>(withEntry, []);
      assertEquals(parseHistory(serializeHistory(stored)), stored);
    }),
    { numRuns: 1000 },
  );
});

pure("A search goes to older or newer entries from its start", () => {
  const lines = ["one", "two", "One two", "three"];
  assertEquals(searchHistory(lines, "one", 3, -1), { index: 2, start: 0, end: 3 });
  assertEquals(searchHistory(lines, "one", 1, -1), { index: 0, start: 0, end: 3 });
  assertEquals(searchHistory(lines, "two", 0, 1), { index: 1, start: 0, end: 3 });
  assertEquals(searchHistory(lines, "One", 0, 1), { index: 2, start: 0, end: 3 });
  assertEquals(searchHistory(lines, "four", 3, -1), undefined);
  assertEquals(searchHistory(lines, "", 3, -1), undefined);
  assertEquals(searchHistory(["xe\u0301y"], "e", 0, -1), { index: 0, start: 1, end: 3 });
});

pure(
  "A file is compacted only when it has more than twice the limit of lines, and keeps every entry that is read",
  () => {
    const file = (count: number) => serializeHistory(Array.from({ length: count }, (_, i) => `line\n${i}`));
    const full = file(2 * MAX_HISTORY_ENTRIES);
    assertEquals(compactHistory(""), undefined);
    assertEquals(compactHistory(full), undefined);
    const compact = compactHistory(file(2 * MAX_HISTORY_ENTRIES + 1))!;
    assertEquals(compact, serializeHistory(parseHistory(file(2 * MAX_HISTORY_ENTRIES + 1))));
    assertEquals(parseHistory(compact).length, MAX_HISTORY_ENTRIES);
    assertEquals(compactHistory(compact), undefined);
  },
);
