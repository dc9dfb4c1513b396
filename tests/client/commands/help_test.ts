import { columnsOf } from "../../../client/text/columns.ts";
import { helpLines, terminalHelp } from "../../../client/commands/help.ts";
import { findCommand, usageOf } from "../../../client/commands/lookup.ts";
import { PIPE_COMMANDS, TERMINAL_COMMANDS } from "../../../client/commands/table.ts";
import { textOf } from "../../../client/text/style.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

function help(columns: number, word?: string): string[] {
  const command = word === undefined ? undefined : findCommand(TERMINAL_COMMANDS, ":", word);
  return terminalHelp(columns, command).map(textOf);
}

Deno.test({
  name: "The help lists every command under its heading, aligned",
  permissions: "none",
  fn() {
    const lines = help(100);
    for (const command of TERMINAL_COMMANDS) {
      const line = lines.find((line) => line.startsWith(`  ${usageOf(command)} `)) ?? "";
      assert(line.endsWith(`  ${command.help}`), usageOf(command));
      assertEquals(line.indexOf(command.help), 27, line);
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
    const help = helpLines();
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
  name: "The help lists no commands that the hub cannot carry out",
  permissions: "none",
  fn() {
    for (const lines of [terminalHelp(80, undefined, []).map(textOf), helpLines([])]) {
      assert(lines.some((line) => line.includes(":who")));
      assertEquals(
        lines.filter((line) => /:whois|:keys? |:release|:room |:topic|:invite|:remove/.test(line)),
        [],
      );
    }
  },
});
