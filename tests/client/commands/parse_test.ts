/**
 * Lines of a pipe or a plain terminal: messages, commands and errors.
 *
 * @module
 */
import { helpLines } from "../../../client/commands/help.ts";
import { parseInput } from "../../../client/commands/parse.ts";
import { PIPE_COMMANDS } from "../../../client/commands/table.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

function errorIn(line: string): string {
  const input = parseInput(line);
  assert(input.kind === "error", `${line} is ${input.kind}`);
  return input.message;
}

Deno.test({
  name: "A line is sent as it is",
  permissions: "none",
  fn() {
    for (const message of ["hello", " hello ", "a:b", " :quit", "/quit", "two\nlines", "cafe\u0301"]) {
      assertEquals(parseInput(message), { kind: "request", request: { code: Code.Say, message } });
    }
  },
});

Deno.test({
  name: "A blank line is empty",
  permissions: "none",
  fn() {
    for (const line of ["", " ", "\t "]) assertEquals(parseInput(line), { kind: "empty" });
  },
});

Deno.test({
  name: "Two colons send one",
  permissions: "none",
  fn() {
    assertEquals(parseInput("::quit"), { kind: "request", request: { code: Code.Say, message: ":quit" } });
    assertEquals(parseInput("::"), { kind: "request", request: { code: Code.Say, message: ":" } });
    assertEquals(parseInput(":::"), { kind: "request", request: { code: Code.Say, message: "::" } });
  },
});

Deno.test({
  name: "The commands of the original client, :help and :who are parsed",
  permissions: "none",
  fn() {
    for (const line of [":quit", ":q", ":exit", ":quit  "]) assertEquals(parseInput(line), { kind: "quit" });
    for (const line of [":username ana", ":un ana", ":me ana", ":me   ana "]) {
      assertEquals(parseInput(line), { kind: "request", request: { code: Code.Rename, username: "ana" } });
    }
    assertEquals(parseInput(":who"), { kind: "request", request: { code: Code.Who } });
    assertEquals(parseInput(":help"), { kind: "help" });
  },
});

Deno.test({
  name: "A mistyped command is never sent, and a similar command is suggested",
  permissions: "none",
  fn() {
    assertEquals(errorIn(":nick ana"), "no such command :nick; use :username");
    assertEquals(errorIn(":quti"), "no such command :quti; did you mean :quit?");
    assertEquals(errorIn(":usrname ana"), "no such command :usrname; did you mean :username?");
    assertEquals(errorIn(":QUIT"), "no such command :QUIT; did you mean :quit?");
    assertEquals(errorIn(":hepl"), "no such command :hepl; did you mean :help?");
    assertEquals(errorIn(":wo"), "no such command :wo; did you mean :who?");
  },
});

Deno.test({
  name: "Without a similar command the help and the way to send the text are suggested",
  permissions: "none",
  fn() {
    assertEquals(
      errorIn(":)"),
      "no such command :); :help lists the commands, and ::) sends it as a message",
    );
    assertEquals(
      errorIn(":frobnicate x"),
      "no such command :frobnicate; :help lists the commands, and ::frobnicate sends it as a message",
    );
    assertStringIncludes(errorIn(": quit"), "no such command");
    assertStringIncludes(errorIn(":\x1b[2J"), "no such command :␛[2J;");
  },
});

Deno.test({
  name: "A command with too few or too many operands shows its usage",
  permissions: "none",
  fn() {
    assertEquals(errorIn(":me"), "usage: :me NAME");
    assertEquals(errorIn(":un ana bo"), "usage: :un NAME");
    assertEquals(errorIn(":quit now"), "usage: :quit");
    assertEquals(errorIn(":who ana"), "usage: :who");
  },
});

Deno.test({
  name: "A name is composed, and an invalid one is an error",
  permissions: "none",
  fn() {
    assertEquals(parseInput(":me Jose\u0301"), {
      kind: "request",
      request: { code: Code.Rename, username: "José" },
    });
    assertStringIncludes(errorIn(":me a!b"), "Cannot use that name");
    assertStringIncludes(errorIn(":me " + "a".repeat(33)), "1 to 32 characters: it has 33");
    assertStringIncludes(errorIn(":me Server"), "it is reserved for the hub");
  },
});

Deno.test({
  name: "A text that cannot be sent is an error",
  permissions: "none",
  fn() {
    assertEquals(
      errorIn("a".repeat(4097)),
      "Cannot send a message of 4097 bytes: it must have at most 4096",
    );
    assertEquals(parseInput("::" + "a".repeat(4095)).kind, "request");
    assertStringIncludes(errorIn("a\x1b[1m"), "U+001B");
    assertStringIncludes(errorIn("a\ud800"), "half a surrogate pair");
  },
});

Deno.test({
  name: "In a pipe a slash starts no command, and the commands of a terminal are unknown",
  permissions: "none",
  fn() {
    for (const message of ["/quit", "/me waves", "//x"]) {
      assertEquals(parseInput(message), { kind: "request", request: { code: Code.Say, message } });
    }
    for (const word of ["ignore", "unignore", "bell", "time", "clear", "quiet", "set", "reconnect"]) {
      assertStringIncludes(errorIn(`:${word}`), `no such command :${word}; `);
      assertEquals(helpLines().some((line) => line.includes(word)), false);
    }
    assertEquals(PIPE_COMMANDS.flatMap(({ words }) => words), [
      ...["reply-to", "edit", "delete", "react"],
      ...["quit", "q", "exit", "username", "un", "me", "who", "whois", "key", "keys", "release"],
      ...[
        "kick",
        "ban",
        "unban",
        "bans",
        "mute",
        "unmute",
        "slow",
        "lockdown",
        "announce",
        "mod",
        "unmod",
        "help",
      ],
    ]);
    assertEquals(errorIn(":help who"), "usage: :help");
  },
});

Deno.test({
  name: "The commands about names and keys say what they want",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseInput(line);
      return input.kind === "name" ? input.action : input.kind === "error" ? input.message : input.kind;
    };
    assertEquals<unknown>(action(":whois @ana"), { kind: "whois", name: "ana" });
    assertEquals<unknown>(action(":keys"), { kind: "keys" });
    assertEquals<unknown>(action(":key code"), { kind: "keyCode" });
    assertEquals<unknown>(action(":key add ssh-ed25519 AAAA ana"), {
      kind: "addKey",
      text: "ssh-ed25519 AAAA ana",
    });
    assertEquals<unknown>(action(":key REMOVE SHA256:abc"), { kind: "removeKey", text: "SHA256:abc" });
    assertEquals<unknown>(action(":release"), { kind: "release" });
    assertEquals<unknown>(action(":release ana"), { kind: "release", name: "ana" });
    for (const line of [":key", ":key what", ":key add", ":key remove", ":key code x", ":keys x", ":whois"]) {
      assertStringIncludes(String(action(line)), "usage: ", line);
    }
  },
});
