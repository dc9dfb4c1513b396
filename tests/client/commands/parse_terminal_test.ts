/**
 * Lines that are typed on a terminal: messages, commands and errors.
 *
 * It is long because each command has its own errors.
 *
 * @module
 */
import type { TerminalInput } from "../../../client/commands/action.ts";
import { parseInput, parsePageInput, parseTerminalInput } from "../../../client/commands/parse.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

function say(message: string): TerminalInput {
  return { kind: "request", request: { code: Code.Say, message } };
}

function terminalErrorIn(line: string): string {
  const input = parseTerminalInput(line);
  assert(input.kind === "error", `${line} is ${input.kind}`);
  return input.message;
}

Deno.test({
  name: "On a terminal a line is sent as it is, and two colons or slashes send one",
  permissions: "none",
  fn() {
    for (const line of ["hello", " :quit", " /quit", "a/b", "two\nlines"]) {
      assertEquals(parseTerminalInput(line), say(line));
    }
    assertEquals(parseTerminalInput("::quit"), say(":quit"));
    assertEquals(parseTerminalInput("//usr/bin"), say("/usr/bin"));
    for (const line of ["", "  ", "\n"]) assertEquals(parseTerminalInput(line), { kind: "empty" });
  },
});

Deno.test({
  name: "On a terminal the commands of the original client start with a colon or slash",
  permissions: "none",
  fn() {
    for (const word of ["quit", "q", "exit", "username ana", "un ana"]) {
      const input = parseTerminalInput(`:${word}`);
      assertEquals<unknown>(input, parseInput(`:${word}`));
      assertEquals(input, parseTerminalInput(`/${word}`));
    }
  },
});

Deno.test({
  name: "On a terminal :me asks whether an action or a new name is meant, and offers the action",
  permissions: "none",
  fn() {
    const asked = (message: string, instead: string) => ({ kind: "error" as const, message, instead });
    assertEquals<unknown>(
      parseTerminalInput(":me waves"),
      asked(
        ":me could mean two things: Enter sends the action /me waves; :username waves changes your name",
        "/me waves",
      ),
    );
    assertEquals<unknown>(
      parseTerminalInput(":me  is tired "),
      asked(
        ":me could mean two things: Enter sends the action /me is tired; :username NAME changes your name",
        "/me is tired",
      ),
    );
    const long = "x".repeat(500);
    assertEquals<unknown>(
      parseTerminalInput(`:me ${long}`),
      asked(
        ":me could mean two things: Enter sends the action /me TEXT; :username NAME changes your name",
        `/me ${long}`,
      ),
    );
    assertEquals(terminalErrorIn(":me"), "usage: /me TEXT for an action, :username NAME to change your name");
    assertEquals(parseInput(":me waves"), {
      kind: "request",
      request: { code: Code.Rename, username: "waves" },
    });
  },
});

Deno.test({
  name: "On a terminal a smiley or the name of an emoji at the start of a line is sent",
  permissions: "none",
  fn() {
    for (
      const line of [
        ":)",
        ":-(",
        ":-) fine",
        ":/",
        ":/x",
        ":|",
        ":'(",
        ":*",
        ":3",
        ":🙂",
        "/)",
        "/*",
        ":tada: deployed",
        ":+1:",
        ":thumbsup:",
        ":a_b-c:, yes",
        ":tada::tada:",
        ":żółw: two\nlines",
      ]
    ) {
      assertEquals(parseTerminalInput(line), say(line), line);
    }
    // These are mistyped commands, and stay private.
    for (
      const line of [":", "/", ": msg bo hi", ":msg: bo hi", ":msg:bo hi", ":mgs:bo hi", ":D", "/usr/bin"]
    ) {
      assertEquals(parseTerminalInput(line).kind, "error", line);
    }
    assertStringIncludes(terminalErrorIn(":)\x1b"), "U+001B");
  },
});

Deno.test({
  name: "/me is an action and is sent as typed",
  permissions: "none",
  fn() {
    assertEquals(parseTerminalInput("/me waves at  bo "), say("/me waves at  bo"));
    assertEquals(parseTerminalInput("/me  waves\n  and sits"), say("/me waves\n  and sits"));
    assertEquals(terminalErrorIn("/me"), "usage: /me TEXT");
    assertStringIncludes(terminalErrorIn("/me \x1b"), "U+001B");
    assertStringIncludes(terminalErrorIn("/me " + "a".repeat(4093)), "a message of 4097 bytes");
  },
});

Deno.test({
  name: "Commands of the client itself are parsed",
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
    // An original hub allows such a name.
    assertEquals(setting(":ignore two  words "), { kind: "ignore", name: "two  words" });
    assertEquals(setting(":unignore bo"), { kind: "unignore", name: "bo" });
    assertEquals(setting(":bell all"), { kind: "set", name: "bell", change: { bell: "all" } });
    assertEquals(setting(":set bell all"), setting(":bell all"));
    assertEquals(setting(":time relative"), { kind: "set", name: "time", change: { time: "relative" } });
    assertEquals(setting(":quiet"), { kind: "toggle", name: "quiet" });
    assertEquals(setting(":quiet on"), { kind: "set", name: "quiet", change: { quiet: true } });
    assertEquals(setting(":bell"), { kind: "show", names: ["bell"] });
    assertEquals(setting(":set time"), { kind: "show", names: ["time"] });
    assertEquals(setting(":set"), {
      kind: "show",
      names: ["bell", "time", "quiet", "show", "align", "numbers", "ignore"],
    });
  },
});

Deno.test({
  name: "Rooms and persons are parsed with or without their signs, also in short commands",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "target", `${line} is ${JSON.stringify(input)}`);
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
    assertEquals<unknown>(action(":part #dev"), { kind: "leave", target: { candidates: [room] } });
    assertEquals<unknown>(action(":switch #dev"), { kind: "switch", target: { candidates: [room] } });
    assertEquals<unknown>(action(":s @bo"), { kind: "switch", target: { candidates: [bo] } });
    assertEquals<unknown>(action(":s 2"), { kind: "switch", target: { number: 2 } });
    assertEquals<unknown>(action(":s dev"), {
      kind: "switch",
      target: { candidates: [room, { kind: "person", name: "dev" }] },
    });
    assertEquals<unknown>(action(":rooms"), { kind: "list" });
    for (const line of [":msg bo two  words\nand more", ":m @bo   two  words\nand more "]) {
      assertEquals<unknown>(action(line), { kind: "message", person: bo, text: "two  words\nand more" });
    }
    assertEquals<unknown>(action(":r yes"), { kind: "reply", text: "yes" });
    for (const line of [":query bo", ":dm @bo"]) {
      assertEquals<unknown>(action(line), { kind: "query", person: bo });
    }
    assertEquals<unknown>(action(":who"), { kind: "who" });
    assertEquals<unknown>(action(":who #dev"), { kind: "who", room });
    assertEquals(terminalErrorIn(":join"), "usage: :join ROOM");
    assertEquals(terminalErrorIn(":join a b"), "usage: :join ROOM");
    assertStringIncludes(terminalErrorIn(":join #a/b"), "U+002F");
    assertEquals(terminalErrorIn(":msg bo"), "usage: :msg NAME TEXT");
    assertStringIncludes(terminalErrorIn(":msg b!o hi"), "U+0021");
    assertStringIncludes(terminalErrorIn(":reply \x1b"), "U+001B");
    assertEquals<unknown>(action(":who dev"), { kind: "find", text: "dev" });
    assertEquals<unknown>(action("/who @bo"), { kind: "whois", person: { kind: "person", name: "bo" } });
    assertEquals<unknown>(action(":rooms de"), { kind: "list", text: "de" });
  },
});

Deno.test({
  name: "An error in a setting names the allowed values",
  permissions: "none",
  fn() {
    assertEquals(
      terminalErrorIn(":bell loud"),
      "Cannot set bell: it must be off, mention, all or notify: it is loud",
    );
    assertEquals(terminalErrorIn(":set quiet maybe"), "Cannot set quiet: it must be on or off: it is maybe");
    assertEquals(terminalErrorIn(":set tiem off"), "no such setting tiem; did you mean time?");
    assertEquals(
      terminalErrorIn(":set colour red"),
      "no such setting colour; the settings are bell, time, quiet, show, align, numbers, ignore",
    );
    assertEquals(
      terminalErrorIn(":set __proto__"),
      "no such setting __proto__; the settings are bell, time, quiet, show, align, numbers, ignore",
    );
    assertEquals(
      terminalErrorIn(":bell constructor"),
      "Cannot set bell: it must be off, mention, all or notify: it is constructor",
    );
    assertStringIncludes(terminalErrorIn(":set ignore bo"), ":ignore NAME");
    assertEquals(terminalErrorIn(":set bell off now"), "usage: :set [NAME] [VALUE]");
    assertEquals(terminalErrorIn(":unignore"), "usage: :unignore NAME");
    assertEquals(terminalErrorIn(":time on off"), "usage: :time [on|off|relative]");
  },
});

Deno.test({
  name: "The help finds a command by any of its words, with or without its sigil",
  permissions: "none",
  fn() {
    const explainedWords = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "help", line);
      return input.command?.words;
    };
    assertEquals(explainedWords(":help"), undefined);
    for (const line of [":help un", ":help :username", "/help /un"]) {
      assertEquals(explainedWords(line), ["username", "un"], line);
    }
    assertEquals(explainedWords(":help /me"), ["me"]);
    assertEquals(terminalErrorIn(":help bel"), "no such command :bel; did you mean :bell?");
  },
});

Deno.test({
  name: "An unknown command on a terminal is shown with the typed sigil",
  permissions: "none",
  fn() {
    assertEquals(terminalErrorIn(":ingore bo"), "no such command :ingore; did you mean :ignore?");
    assertEquals(terminalErrorIn(":nick ana"), "no such command :nick; use :username");
    assertEquals(terminalErrorIn("/names"), "no such command /names; use /who");
    assertEquals(terminalErrorIn("/quti"), "no such command /quti; did you mean /quit?");
    assertEquals(
      terminalErrorIn("/usr/bin/env"),
      "no such command /usr/bin/env; :help lists the commands, and //usr/bin/env sends it as a message",
    );
    assertEquals(
      terminalErrorIn("/ x"),
      "no such command /; :help lists the commands, and // sends it as a message",
    );
  },
});

Deno.test({
  name: "Earlier messages are requested by a number, by a time or by words",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "history", `${line} is ${JSON.stringify(input)}`);
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
        terminalErrorIn(`:history ${amount}`),
        `Cannot show that many messages: it must be 1 to 5000, or a time such as 30m, 2h or 3d: it is ${amount}`,
      );
    }
    assertEquals<unknown>(action(":search  two  words "), { kind: "search", words: "two  words" });
    assertEquals(terminalErrorIn(":search"), "usage: :search WORDS");
    assertEquals<unknown>(action("/more"), { kind: "more" });
  },
});

Deno.test({
  name: ":copy takes a place, a range of places in any order, or a name",
  permissions: "none",
  fn() {
    const choice = (line: string) => {
      const input = parseTerminalInput(line);
      return input.kind === "copy" ? input.choice : input;
    };
    const places = (first: number, last = first) => ({ kind: "places" as const, first, last });
    for (
      const [line, wanted] of [
        [":copy", places(1)],
        [":copy 3", places(3)],
        [":copy 3-1", places(3, 1)],
        [":copy 1-3", places(3, 1)],
        [":copy bo", { kind: "person", name: "bo" }],
        [":copy @3", { kind: "person", name: "3" }],
      ] as const
    ) assertEquals(choice(line), wanted, line);
    for (const line of [":copy 0", ":copy 0-2"]) {
      assertStringIncludes(terminalErrorIn(line), "the last message is 1, the one before it 2");
    }
    assertEquals(terminalErrorIn(":copy 1 2"), "usage: :copy [NUMBER|NAME]");
  },
});

Deno.test({
  name: "The commands about the current room say what they want",
  permissions: "none",
  fn() {
    const action = (line: string) => {
      const input = parseTerminalInput(line);
      return input.kind === "room" ? input.action : input;
    };
    assertEquals<unknown>(action(":room"), { kind: "describe" });
    assertEquals<unknown>(action(":room PRIVATE"), { kind: "mode", mode: "private" });
    assertEquals<unknown>(action(":room open"), { kind: "mode", mode: "open" });
    assertEquals<unknown>(action("/room history joined"), { kind: "history", history: "joined" });
    assertEquals<unknown>(action(":room owner @bo"), { kind: "owner", name: "bo" });
    assertEquals<unknown>(action(":room delete"), { kind: "delete" });
    assertEquals<unknown>(action(":room delete #ops"), { kind: "delete", room: "ops" });
    assertEquals<unknown>(action(":topic"), { kind: "topic" });
    assertEquals<unknown>(action(":topic two  words"), { kind: "topic", topic: "two  words" });
    assertEquals<unknown>(action(":topic -"), { kind: "topic", topic: "" });
    assertEquals<unknown>(action(":invite bo"), { kind: "invite", name: "bo" });
    assertEquals<unknown>(action(":invite @revoke"), { kind: "invite", name: "revoke" });
    assertEquals<unknown>(action(":invites"), { kind: "invites" });
    assertEquals<unknown>(action(":invite revoke x7k2mq"), { kind: "revoke", id: "x7k2mq" });
    assertEquals<unknown>(action(":remove bo"), { kind: "remove", name: "bo" });
    for (
      const [line, message] of [
        [":room private now", /^usage: :room private$/],
        [":room history", /^usage: :room history all for/],
        [":room history some", /^usage: :room history all for/],
        [":room owner", /^usage: :room owner NAME/],
        [":room secret", /^usage: :room, or :room with private, open,/],
        [":topic one\ntwo", /^Cannot use that topic: it must be one line/],
        [`:topic ${"x".repeat(161)}`, /at most 160 characters: it has 161$/],
        [":invite", /^usage: :invite NAME\|link\|revoke \[OPTIONS\]$/],
        [":invite bo cy", /^usage: :invite NAME, or :invite link /],
        [":remove bo cy", /^usage: :remove NAME$/],
      ] as const
    ) {
      const input = parseTerminalInput(line);
      assertEquals(
        [input.kind, input.kind === "error" && message.test(input.message)],
        ["error", true],
        line,
      );
    }
  },
});

Deno.test({
  name: "The page understands the commands of a terminal as a terminal does, except those about its screen",
  permissions: "none",
  fn() {
    for (
      const line of [
        "hello",
        "::x",
        ":)",
        "/me waves",
        ":me waves",
        ":join dev",
        "/s #dev",
        ":ban! bo 2h",
        ":ignore bo",
      ]
    ) assertEquals(parsePageInput(line), parseTerminalInput(line), line);
    assertEquals(parsePageInput(":copy 3"), {
      kind: "error",
      message: "no such command :copy; :help lists the commands, and ::copy sends it as a message",
    });
    assertEquals(parsePageInput(":help"), { kind: "help" });
    assertEquals((parsePageInput(":help clear") as { kind: string }).kind, "error");
    assertEquals((parsePageInput(":help /me") as { kind: string }).kind, "help");
  },
});
