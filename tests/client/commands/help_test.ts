import { columnsOf } from "../../../client/text/columns.ts";
import { helpLines, pageHelp, terminalHelp } from "../../../client/commands/help.ts";
import { findCommand, usageOf } from "../../../client/commands/lookup.ts";
import { PIPE_COMMANDS, TERMINAL_COMMANDS } from "../../../client/commands/table.ts";
import { textOf } from "../../../client/text/style.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

const OPERATOR = { operator: true, rooms: [] };

function help(columns: number, word?: string): string[] {
  const command = word === undefined ? undefined : findCommand(TERMINAL_COMMANDS, ":", word);
  return terminalHelp(columns, command, undefined, OPERATOR).map(textOf);
}

Deno.test({
  name: "The help lists every command under its heading, aligned",
  permissions: "none",
  fn() {
    const lines = help(100);
    for (const command of TERMINAL_COMMANDS) {
      const usage = `  ${usageOf(command)}`;
      const at = lines.findIndex((line) => line === usage || line.startsWith(`${usage} `));
      // A long usage has a row of its own.
      const line = lines[at] === usage && command.operands.length > 0 ? lines[at + 1]! : lines[at] ?? "";
      assert(line.endsWith(`  ${command.help}`), usageOf(command));
      assertEquals(line.indexOf(command.help), 30, line);
      const heading = lines.slice(0, lines.indexOf(line)).findLast((line) => !line.startsWith(" "));
      assertEquals(heading, command.group);
    }
    assert(lines.some((line) => /::TEXT, \/\/TEXT +send/.test(line)));
    assertEquals(lines[0], "Messages");
  },
});

Deno.test({
  name: "The help fits any width, and no text is lost",
  permissions: "none",
  fn() {
    const words = (lines: string[]) => lines.join(" ").split(/\s+/).filter((word) => word !== "").sort();
    for (const columns of [20, 30, 49, 50, 60, 80, 200]) {
      const lines = help(columns);
      for (const line of lines) assert(columnsOf(line) <= columns, `${columns}: ${line}`);
      if (columns >= 30) assertEquals(words(lines), words(help(200)));
    }
    assertEquals(help(30).slice(0, 4), [
      "Messages",
      "  /me TEXT",
      "    send an action, such as *",
      "    ana waves",
    ]);
  },
});

Deno.test({
  name: "The help for one command describes the values of its operand",
  permissions: "none",
  fn() {
    assertEquals(help(80, "bell"), [
      ":bell [VALUE]",
      "  which messages ring the bell",
      "  off      never ring",
      "  mention  ring for direct messages and messages that mention you",
      "  all      ring for every message",
      "  notify   as mention; without focus a desktop notification instead",
    ]);
    assertEquals(help(80, "un"), [":username, :un NAME", "  change your name"]);
  },
});

Deno.test({
  name: "The help for a pipe lists every command with its words, operands and description",
  permissions: "none",
  fn() {
    const help = helpLines(undefined, OPERATOR);
    assertEquals(help.length, PIPE_COMMANDS.length + 1);
    for (const { words, operands, help: description } of PIPE_COMMANDS) {
      const line = help.find((line) => line.startsWith(words.map((word) => `:${word}`).join(", ")))!;
      for (const { label } of operands) assertStringIncludes(line, label);
      assertStringIncludes(line, description);
    }
    assertStringIncludes(help.join("\n"), ":username, :un, :me NAME");
  },
});

Deno.test({
  name: "The help of the page lists its commands only, and explains one with the values of its operands",
  permissions: "none",
  fn() {
    const help = pageHelp(undefined, undefined, OPERATOR);
    assert(help.includes(":join, :j ROOM – join a room and switch to it; create it if it does not exist"));
    assertEquals(help.filter((line) => /^:(?:bell|set|clear|copy|redraw|history) /.test(line)), []);
    assertEquals(pageHelp(undefined, []).some((line) => line.startsWith(":topic")), false);
    const topic = findCommand(TERMINAL_COMMANDS, ":", "topic");
    assertEquals(pageHelp(topic), [
      ":topic [TEXT] – show or set what the current room is about",
      "- – remove the topic",
    ]);
  },
});

Deno.test({
  name: "The help lists no commands that the hub cannot carry out",
  permissions: "none",
  fn() {
    for (const lines of [terminalHelp(80, undefined, []).map(textOf), helpLines([])]) {
      assert(lines.some((line) => line.includes(":who")));
      assertEquals(
        lines.filter((line) =>
          /:whois|:keys? |:release|:room |:topic|:invite|:remove|:edit|:delete|:react|:reply-to|:mentions|:redraw/
            .test(line)
        ),
        [],
      );
    }
  },
});

Deno.test({
  name: "The help lists only those commands that keep order that the user may use",
  permissions: "none",
  fn() {
    const listed = (powers?: { operator: boolean; rooms: string[] }, features = ["moderation"]) => {
      const found = [terminalHelp(80, undefined, features, powers).map(textOf), helpLines(features, powers)]
        .map(
          (lines) => lines.flatMap((line) => /:(kick|ban|lockdown|announce|mod) /.exec(line)?.[1] ?? []),
        );
      assertEquals(found[0], found[1]);
      return found[0];
    };
    assertEquals(listed(), []);
    assertEquals(listed({ operator: false, rooms: [] }), []);
    assertEquals(listed({ operator: false, rooms: ["dev"] }), ["kick", "ban", "mod"]);
    assertEquals(listed(OPERATOR), ["kick", "ban", "lockdown", "announce", "mod"]);
    assertEquals(listed(OPERATOR, []), []);
    assertEquals(terminalHelp(80, undefined, ["moderation"]).map(textOf).includes("Order"), false);
  },
});
