import { GROUPS } from "../../../client/commands/action.ts";
import { PIPE_COMMANDS, TERMINAL_COMMANDS } from "../../../client/commands/table.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "No word belongs to two commands",
  permissions: "none",
  fn() {
    for (const commands of [PIPE_COMMANDS, TERMINAL_COMMANDS]) {
      const words = commands.flatMap(({ words, sigil = ":" }) => words.map((word) => sigil + word));
      assertEquals(new Set(words).size, words.length);
    }
  },
});

Deno.test({
  name: "Every command has a help text and a known heading",
  permissions: "none",
  fn() {
    for (const { help, group, words } of [...PIPE_COMMANDS, ...TERMINAL_COMMANDS]) {
      assert(help.length > 3 && GROUPS.includes(group), words[0]);
    }
  },
});
