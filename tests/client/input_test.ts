import { helpLines, PIPE_COMMANDS, readInput } from "../../client/input.ts";
import { Code } from "../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";

function mistakeIn(line: string): string {
  const input = readInput(line);
  assert(input.kind === "mistake", `${line} is ${input.kind}`);
  return input.message;
}

Deno.test({
  name: "A line is said as it is",
  permissions: "none",
  fn() {
    for (const message of ["hello", " hello ", "a:b", " :quit", "/quit", "two\nlines", "cafe\u0301"]) {
      assertEquals(readInput(message), { kind: "ask", request: { code: Code.Say, message } });
    }
  },
});

Deno.test({
  name: "A blank line is nothing",
  permissions: "none",
  fn() {
    for (const line of ["", " ", "\t "]) assertEquals(readInput(line), { kind: "nothing" });
  },
});

Deno.test({
  name: "Two colons say one",
  permissions: "none",
  fn() {
    assertEquals(readInput("::quit"), { kind: "ask", request: { code: Code.Say, message: ":quit" } });
    assertEquals(readInput("::"), { kind: "ask", request: { code: Code.Say, message: ":" } });
    assertEquals(readInput(":::"), { kind: "ask", request: { code: Code.Say, message: "::" } });
  },
});

Deno.test({
  name: "The commands of the original, :help and :who are understood",
  permissions: "none",
  fn() {
    for (const line of [":quit", ":q", ":exit", ":quit  "]) assertEquals(readInput(line), { kind: "leave" });
    for (const line of [":username ana", ":un ana", ":me ana", ":me   ana "]) {
      assertEquals(readInput(line), { kind: "ask", request: { code: Code.Rename, username: "ana" } });
    }
    assertEquals(readInput(":who"), { kind: "ask", request: { code: Code.Who } });
    assertEquals(readInput(":help"), { kind: "help" });
  },
});

Deno.test({
  name: "A mistyped command is never said, and the one that was meant is named",
  permissions: "none",
  fn() {
    assertEquals(mistakeIn(":quti"), "no such command :quti; did you mean :quit?");
    assertEquals(mistakeIn(":usrname ana"), "no such command :usrname; did you mean :username?");
    assertEquals(mistakeIn(":QUIT"), "no such command :QUIT; did you mean :quit?");
    assertEquals(mistakeIn(":hepl"), "no such command :hepl; did you mean :help?");
    assertEquals(mistakeIn(":wo"), "no such command :wo; did you mean :who?");
  },
});

Deno.test({
  name: "Where nothing is close, nothing is suggested but a way out",
  permissions: "none",
  fn() {
    assertEquals(mistakeIn(":)"), "no such command :); :help lists them, and ::) says it");
    assertEquals(
      mistakeIn(":frobnicate x"),
      "no such command :frobnicate; :help lists them, and ::frobnicate says it",
    );
    assertStringIncludes(mistakeIn(": quit"), "no such command");
    assertStringIncludes(mistakeIn(":\x1b[2J"), "no such command :␛[2J;");
  },
});

Deno.test({
  name: "A command with too few or too many words says how it is used",
  permissions: "none",
  fn() {
    assertEquals(mistakeIn(":me"), "usage: :me NAME");
    assertEquals(mistakeIn(":un ana bo"), "usage: :un NAME");
    assertEquals(mistakeIn(":quit now"), "usage: :quit");
    assertEquals(mistakeIn(":who ana"), "usage: :who");
  },
});

Deno.test({
  name: "A name is composed before it is sent, and one that cannot be is refused here",
  permissions: "none",
  fn() {
    assertEquals(readInput(":me Jose\u0301"), {
      kind: "ask",
      request: { code: Code.Rename, username: "José" },
    });
    assertStringIncludes(mistakeIn(":me a!b"), "Cannot use that name");
    assertStringIncludes(mistakeIn(":me " + "a".repeat(33)), "1 to 32 characters: it has 33");
    assertStringIncludes(mistakeIn(":me Server"), "it is kept for the hub");
  },
});

Deno.test({
  name: "A line that cannot be said is refused here",
  permissions: "none",
  fn() {
    assertEquals(mistakeIn("a".repeat(4097)), "Cannot say a line of 4097 bytes: it must be at most 4096");
    assertEquals(readInput("::" + "a".repeat(4095)).kind, "ask");
    assertStringIncludes(mistakeIn("a\x1b[1m"), "U+001B");
    assertStringIncludes(mistakeIn("a\ud800"), "half a surrogate pair");
  },
});

Deno.test({
  name: "The help names every command, its words, its operands and what it does",
  permissions: "none",
  fn() {
    const help = helpLines();
    assertEquals(help.length, PIPE_COMMANDS.length + 1);
    for (const { words, operands, help: does } of PIPE_COMMANDS) {
      const line = help.find((line) => line.startsWith(words.map((word) => `:${word}`).join(", ")))!;
      for (const { label } of operands) assertStringIncludes(line, label);
      assertStringIncludes(line, does);
    }
    assertStringIncludes(help.join("\n"), ":username, :un, :me NAME");
  },
});

Deno.test({
  name: "No word means two commands",
  permissions: "none",
  fn() {
    const words = PIPE_COMMANDS.flatMap(({ words }) => words);
    assertEquals(new Set(words).size, words.length);
  },
});
