/**
 * Typed lines and commands, and what they mean.
 *
 * It is long because it covers every command.
 *
 * @module
 */
import {
  GROUPS,
  helpLines,
  parseInput,
  parseTerminalInput,
  PIPE_COMMANDS,
  TERMINAL_COMMANDS,
  type TerminalInput,
} from "../../../client/commands/parse.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

function mistakeIn(line: string): string {
  const input = parseInput(line);
  assert(input.kind === "mistake", `${line} is ${input.kind}`);
  return input.message;
}

Deno.test({
  name: "A line is said as it is",
  permissions: "none",
  fn() {
    for (const message of ["hello", " hello ", "a:b", " :quit", "/quit", "two\nlines", "cafe\u0301"]) {
      assertEquals(parseInput(message), { kind: "ask", request: { code: Code.Say, message } });
    }
  },
});

Deno.test({
  name: "A blank line is nothing",
  permissions: "none",
  fn() {
    for (const line of ["", " ", "\t "]) assertEquals(parseInput(line), { kind: "nothing" });
  },
});

Deno.test({
  name: "Two colons say one",
  permissions: "none",
  fn() {
    assertEquals(parseInput("::quit"), { kind: "ask", request: { code: Code.Say, message: ":quit" } });
    assertEquals(parseInput("::"), { kind: "ask", request: { code: Code.Say, message: ":" } });
    assertEquals(parseInput(":::"), { kind: "ask", request: { code: Code.Say, message: "::" } });
  },
});

Deno.test({
  name: "The commands of the original, :help and :who are understood",
  permissions: "none",
  fn() {
    for (const line of [":quit", ":q", ":exit", ":quit  "]) assertEquals(parseInput(line), { kind: "leave" });
    for (const line of [":username ana", ":un ana", ":me ana", ":me   ana "]) {
      assertEquals(parseInput(line), { kind: "ask", request: { code: Code.Rename, username: "ana" } });
    }
    assertEquals(parseInput(":who"), { kind: "ask", request: { code: Code.Who } });
    assertEquals(parseInput(":help"), { kind: "help" });
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
    assertEquals(parseInput(":me Jose\u0301"), {
      kind: "ask",
      request: { code: Code.Rename, username: "José" },
    });
    assertStringIncludes(mistakeIn(":me a!b"), "Cannot use that name");
    assertStringIncludes(mistakeIn(":me " + "a".repeat(33)), "1 to 32 characters: it has 33");
    assertStringIncludes(mistakeIn(":me Server"), "it is reserved for the hub");
  },
});

Deno.test({
  name: "A line that cannot be said is refused here",
  permissions: "none",
  fn() {
    assertEquals(
      mistakeIn("a".repeat(4097)),
      "Cannot send a message of 4097 bytes: it must have at most 4096",
    );
    assertEquals(parseInput("::" + "a".repeat(4095)).kind, "ask");
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
  name: "In a pipe a slash is a slash, and what only a terminal has is no command",
  permissions: "none",
  fn() {
    for (const message of ["/quit", "/me waves", "//x"]) {
      assertEquals(parseInput(message), { kind: "ask", request: { code: Code.Say, message } });
    }
    for (const word of ["ignore", "unignore", "bell", "time", "clear", "quiet", "set", "reconnect"]) {
      assertStringIncludes(mistakeIn(`:${word}`), `no such command :${word}; `);
      assertEquals(helpLines().some((line) => line.includes(word)), false);
    }
    assertEquals(PIPE_COMMANDS.flatMap(({ words }) => words), [
      ...["quit", "q", "exit", "username", "un", "me", "who", "help"],
    ]);
    assertEquals(mistakeIn(":help who"), "usage: :help");
  },
});

function say(message: string): TerminalInput {
  return { kind: "ask", request: { code: Code.Say, message } };
}

function mistaken(line: string): string {
  const input = parseTerminalInput(line);
  assert(input.kind === "mistake", `${line} is ${input.kind}`);
  return input.message;
}

Deno.test({
  name: "On a terminal a line is said as it is, and a doubled colon or slash is one",
  permissions: "none",
  fn() {
    for (const line of ["hello", " :quit", " /quit", "a/b", "two\nlines"]) {
      assertEquals(parseTerminalInput(line), say(line));
    }
    assertEquals(parseTerminalInput("::quit"), say(":quit"));
    assertEquals(parseTerminalInput("//usr/bin"), say("/usr/bin"));
    assertEquals(parseTerminalInput(":/x").kind, "mistake");
    for (const line of ["", "  ", "\n"]) assertEquals(parseTerminalInput(line), { kind: "nothing" });
  },
});

Deno.test({
  name: "On a terminal the commands of the original go on as they were, after a slash too",
  permissions: "none",
  fn() {
    for (const word of ["quit", "q", "exit", "username ana", "un ana"]) {
      const input = parseTerminalInput(`:${word}`);
      assertEquals<unknown>(input, parseInput(`:${word}`));
      assertEquals(input, parseTerminalInput(`/${word}`));
    }
    assertEquals(parseTerminalInput(":me ana"), {
      kind: "ask",
      request: { code: Code.Rename, username: "ana" },
    });
  },
});

Deno.test({
  name: "A slash and me is an action, which is said as it was typed",
  permissions: "none",
  fn() {
    assertEquals(parseTerminalInput("/me waves at  bo "), say("/me waves at  bo"));
    assertEquals(parseTerminalInput("/me  waves\n  and sits"), say("/me waves\n  and sits"));
    assertEquals(mistaken("/me"), "usage: /me TEXT");
    assertStringIncludes(mistaken("/me \x1b"), "U+001B");
    assertStringIncludes(mistaken("/me " + "a".repeat(4093)), "a message of 4097 bytes");
  },
});

Deno.test({
  name: "What is done here and not asked of the hub has its meaning too",
  permissions: "none",
  fn() {
    const setting = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "setting", line);
      return input.setting;
    };
    assertEquals(parseTerminalInput(":clear"), { kind: "clear" });
    assertEquals(parseTerminalInput("/reconnect"), { kind: "reconnect" });
    assertEquals(setting(":ignore"), { kind: "ignored" });
    assertEquals(setting(":ignore bo"), { kind: "ignore", name: "bo" });
    // An original hub lets people be called so.
    assertEquals(setting(":ignore two  words "), { kind: "ignore", name: "two  words" });
    assertEquals(setting(":unignore bo"), { kind: "unignore", name: "bo" });
    assertEquals(setting(":bell all"), { kind: "set", name: "bell", change: { bell: "all" } });
    assertEquals(setting(":set bell all"), setting(":bell all"));
    assertEquals(setting(":time relative"), { kind: "set", name: "time", change: { time: "relative" } });
    assertEquals(setting(":quiet"), { kind: "toggle", name: "quiet" });
    assertEquals(setting(":quiet on"), { kind: "set", name: "quiet", change: { quiet: true } });
    assertEquals(setting(":bell"), { kind: "show", names: ["bell"] });
    assertEquals(setting(":set time"), { kind: "show", names: ["time"] });
    assertEquals(setting(":set"), { kind: "show", names: ["bell", "time", "quiet", "show", "ignore"] });
  },
});

Deno.test({
  name: "Rooms and people are named with their signs or without, in short words too",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "places", `${line} is ${JSON.stringify(input)}`);
      return input.action;
    };
    const room = { kind: "room", name: "dev" };
    const bo = { kind: "person", name: "bo" };
    for (const line of [":join #dev", ":join dev", "/j #dev"]) {
      assertEquals<unknown>(action(line), { kind: "join", room });
    }
    assertEquals<unknown>(action(":join cafe\u0301"), {
      kind: "join",
      room: { kind: "room", name: "caf\u00e9" },
    });
    assertEquals<unknown>(action(":leave"), { kind: "leave" });
    assertEquals<unknown>(action(":part #dev"), { kind: "leave", target: { buffers: [room] } });
    assertEquals<unknown>(action(":switch #dev"), { kind: "switch", target: { buffers: [room] } });
    assertEquals<unknown>(action(":s @bo"), { kind: "switch", target: { buffers: [bo] } });
    assertEquals<unknown>(action(":s 2"), { kind: "switch", target: { number: 2 } });
    assertEquals<unknown>(action(":s dev"), {
      kind: "switch",
      target: { buffers: [room, { kind: "person", name: "dev" }] },
    });
    assertEquals<unknown>(action(":rooms"), { kind: "list" });
    for (const line of [":msg bo two  words\nand more", ":m @bo   two  words\nand more "]) {
      assertEquals<unknown>(action(line), { kind: "tell", person: bo, text: "two  words\nand more" });
    }
    assertEquals<unknown>(action(":r yes"), { kind: "reply", text: "yes" });
    for (const line of [":query bo", ":dm @bo"]) {
      assertEquals<unknown>(action(line), { kind: "query", person: bo });
    }
    assertEquals<unknown>(action(":who"), { kind: "who" });
    assertEquals<unknown>(action(":who #dev"), { kind: "who", room });
    assertEquals(mistaken(":join"), "usage: :join ROOM");
    assertEquals(mistaken(":join a b"), "usage: :join ROOM");
    assertStringIncludes(mistaken(":join #a/b"), "U+002F");
    assertEquals(mistaken(":msg bo"), "usage: :msg NAME TEXT");
    assertStringIncludes(mistaken(":msg b!o hi"), "U+0021");
    assertStringIncludes(mistaken(":reply \x1b"), "U+001B");
    assertEquals(parseTerminalInput(":who dev"), parseTerminalInput("/who #dev"));
  },
});

Deno.test({
  name: "A wrong setting says what was expected",
  permissions: "none",
  fn() {
    assertEquals(mistaken(":bell loud"), "Cannot set bell: it must be off, mention or all: it is loud");
    assertEquals(mistaken(":set quiet maybe"), "Cannot set quiet: it must be on or off: it is maybe");
    assertEquals(mistaken(":set tiem off"), "no such setting tiem; did you mean time?");
    assertEquals(
      mistaken(":set colour red"),
      "no such setting colour; there are bell, time, quiet, show, ignore",
    );
    assertEquals(
      mistaken(":set __proto__"),
      "no such setting __proto__; there are bell, time, quiet, show, ignore",
    );
    assertEquals(
      mistaken(":bell constructor"),
      "Cannot set bell: it must be off, mention or all: it is constructor",
    );
    assertStringIncludes(mistaken(":set ignore bo"), ":ignore NAME");
    assertEquals(mistaken(":set bell off now"), "usage: :set [NAME] [VALUE]");
    assertEquals(mistaken(":unignore"), "usage: :unignore NAME");
    assertEquals(mistaken(":time on off"), "usage: :time [on|off|relative]");
  },
});

Deno.test({
  name: "Help is asked for a command by any of its words, with or without its sign",
  permissions: "none",
  fn() {
    const explained = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "explain", line);
      return input.command?.words;
    };
    assertEquals(explained(":help"), undefined);
    for (const line of [":help un", ":help :username", "/help /un", ":help me"]) {
      assertEquals(explained(line), ["username", "un", "me"], line);
    }
    assertEquals(explained(":help /me"), ["me"]);
    assertEquals(mistaken(":help bel"), "no such command :bel; did you mean :bell?");
  },
});

Deno.test({
  name: "A mistyped command on a terminal is named with the sign it was typed with",
  permissions: "none",
  fn() {
    assertEquals(mistaken(":ingore bo"), "no such command :ingore; did you mean :ignore?");
    assertEquals(mistaken("/quti"), "no such command /quti; did you mean /quit?");
    assertEquals(
      mistaken("/usr/bin/env"),
      "no such command /usr/bin/env; :help lists them, and //usr/bin/env says it",
    );
    assertEquals(mistaken("/ x"), "no such command /; :help lists them, and // says it");
  },
});

Deno.test({
  name: "No word means two commands",
  permissions: "none",
  fn() {
    for (const commands of [PIPE_COMMANDS, TERMINAL_COMMANDS]) {
      const words = commands.flatMap(({ words, sigil = ":" }) => words.map((word) => sigil + word));
      assertEquals(new Set(words).size, words.length);
    }
  },
});

Deno.test({
  name: "Every command has its help, under a heading that there is",
  permissions: "none",
  fn() {
    for (const { help, group, words } of [...PIPE_COMMANDS, ...TERMINAL_COMMANDS]) {
      assert(help.length > 3 && GROUPS.includes(group), words[0]);
    }
  },
});

Deno.test({
  name: "What was said before is asked for by a number of lines, by a time, or by words",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "archive", `${line} is ${JSON.stringify(input)}`);
      return input.action;
    };
    assertEquals<unknown>(action(":history"), { kind: "history" });
    assertEquals<unknown>(action(":history 200"), { kind: "history", lines: 200 });
    const times: [string, number][] = [["90s", 90_000], ["30m", 1_800_000], ["2h", 7_200_000], [
      "3D",
      259_200_000,
    ]];
    for (const [time, ms] of times) {
      assertEquals<unknown>(action(`:history ${time}`), { kind: "history", ms });
    }
    for (const amount of ["0", "5001", "-1", "2y", "h", "0h", "1.5h"]) {
      assertEquals(
        mistaken(`:history ${amount}`),
        `Cannot show so much: it must be 1 to 5000 lines, or a time such as 30m, 2h or 3d: it is ${amount}`,
      );
    }
    assertEquals<unknown>(action(":search  two  words "), { kind: "search", words: "two  words" });
    assertEquals(mistaken(":search"), "usage: :search WORDS");
    assertEquals<unknown>(action("/more"), { kind: "more" });
  },
});
