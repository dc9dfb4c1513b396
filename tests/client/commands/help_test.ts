import { columnsOf } from "../../../client/text/columns.ts";
import { terminalHelp } from "../../../client/commands/help.ts";
import { findCommand, TERMINAL_COMMANDS, usageOf } from "../../../client/commands/parse.ts";
import { textOf } from "../../../client/text/style.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function help(columns: number, word?: string): string[] {
  const command = word === undefined ? undefined : findCommand(TERMINAL_COMMANDS, ":", word);
  return terminalHelp(columns, command).map(textOf);
}

Deno.test({
  name: "Help lists every command under its heading, aligned",
  permissions: "none",
  fn() {
    const lines = help(100);
    for (const command of TERMINAL_COMMANDS) {
      const line = lines.find((line) => line.startsWith(`  ${usageOf(command)} `)) ?? "";
      assert(line.endsWith(`  ${command.help}`), usageOf(command));
      assertEquals(line.indexOf(command.help), 28, line);
      const heading = lines.slice(0, lines.indexOf(line)).findLast((line) => !line.startsWith(" "));
      assertEquals(heading, command.group);
    }
    assert(lines.some((line) => /::TEXT, \/\/TEXT +say/.test(line)));
    assertEquals(lines[0], "Talking");
  },
});

Deno.test({
  name: "Help fits into any width, and all of it stays",
  permissions: "none",
  fn() {
    const words = (lines: string[]) => lines.join(" ").split(/\s+/).filter((word) => word !== "").sort();
    for (const columns of [20, 30, 49, 50, 60, 80, 200]) {
      const lines = help(columns);
      for (const line of lines) assert(columnsOf(line) <= columns, `${columns}: ${line}`);
      if (columns >= 30) assertEquals(words(lines), words(help(200)));
    }
    assertEquals(help(30).slice(0, 4), [
      "Talking",
      "  /me TEXT",
      "    say what you do, as in *",
      "    ana waves",
    ]);
  },
});

Deno.test({
  name: "Help for one command says what can follow it and what that means",
  permissions: "none",
  fn() {
    assertEquals(help(80, "bell"), [
      ":bell [off|mention|all]",
      "  when to ring",
      "  off      never ring",
      "  mention  ring for direct messages and messages that mention you",
      "  all      ring for every message",
    ]);
    assertEquals(help(80, "un"), [":username, :un, :me NAME", "  take another name"]);
  },
});
