/** Completion with Tab, and inputs of several lines, on a terminal. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, receives, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";

const SHIFT_TAB = "\x1b[Z";
const ALT_ENTER = "\x1b\r";
const LEFT = "\x1b[D";

/** The rows of the input and those below it. */
function input(pty: Pty): string[] {
  const rows = pty.allRows;
  return rows.slice(rows.findIndex((row) => row.startsWith(">")));
}

test("Tab completes commands and what can follow them", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  for (
    const [typed, shown] of [
      [":wh\t", ["> :who"]],
      [":be\tm\t", ["> :bell mention"]],
      [":set ti\tr\t", ["> :set time relative"]],
      ["/qui\t", ["> /quiet", "1/2  /quiet  /quit"]],
      ["/qui\t\t", ["> /quit", "2/2  /quit  /quiet"]],
      ["/qui\t\t\t", ["> /quiet", "1/2  /quiet  /quit"]],
      ["/qui" + SHIFT_TAB, ["> /quit", "2/2  /quit  /quiet"]],
      ["/qui\t!", ["> /quiet !"]],
    ] as const
  ) {
    await pty.type(typed);
    await pty.until(() => input(pty).join("\n") === shown.join("\n"));
    await pty.type("\x15");
    await pty.until(() => pty.cursorRow === "> |");
  }
  await pty.type(":wh\t\r");
  await pty.until(/^-- 1 online$/);
});

test("Tab completes names, the last author first, and cycles through them", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using bob = await bo(hub, "bob");
  await using boris = await bo(hub, "boris");
  await using cy = await bo(hub, "cy");
  await boris.say("first");
  await pty.until(/boris {2,}first$/);
  await bob.say("second");
  await pty.until(/bob {2,}second$/);
  await pty.type("BO\t");
  await pty.until(() => input(pty).join("\n") === "> bob:\n1/2  bob:  boris:");
  assertEquals(pty.cursorRow, "> bob: |");
  await pty.type("\t");
  await pty.until(() => input(pty).join("\n") === "> boris:\n2/2  boris:  bob:");

  // Messages that arrive meanwhile do not change the choices.
  await cy.say("in between");
  await boris.say("and more");
  await pty.until(/boris {2,}and more$/);
  assertEquals(input(pty), ["> boris:", "2/2  boris:  bob:"]);
  assertEquals(pty.cursorRow, "> boris: |");
  await pty.type("\t");
  await pty.until(() => input(pty).join("\n") === "> bob:\n1/2  bob:  boris:");
  await pty.type("hi");
  await pty.until(() => pty.cursorRow === "> bob: hi|" && input(pty).length === 1);

  await pty.type(", ask @c\tor bor\tonce\r");
  assertEquals(await receives(cy, "bob: hi, ask @cy or boris once"), "ana");
  // The last author has changed by now.
  await pty.type("x bo behind" + LEFT.repeat(" behind".length) + "\t");
  await pty.until(() => pty.cursorRow === "> x boris |behind");
  await pty.type("\x03:ignore c\t\r");
  await pty.until(/^-- cy is ignored/);
});

test("If nothing can be completed, Tab changes nothing and rings the bell", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await pty.type("nobody is called so\x01\x1bf\x1bf\x1bf");
  await pty.until(() => pty.cursorRow === "> nobody is called| so");
  const written = pty.output.length;
  await pty.type("\t!");
  await pty.until(() => pty.cursorRow === "> nobody is called!| so");
  assert(pty.output.slice(written).includes("\x07"));
});

test("Alt-Enter starts a new line; all lines are sent as one message", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using other = await bo(hub);
  await pty.type(`first${ALT_ENTER}third${ALT_ENTER}last`);
  await pty.until(() => input(pty).join("\n") === "> first\n> third\n> last");
  await other.say("in between");
  await pty.until(/bo {2,}in between$/);
  assertEquals(input(pty), ["> first", "> third", "> last"]);
  // Up moves within the input, and not to the input history.
  await pty.type(`\x1b[A\x01second${ALT_ENTER}`);
  await pty.until(() => input(pty).join("\n") === "> first\n> second\n> third\n> last");
  assertEquals(pty.cursorRow, "> |third");
  await pty.type("\r");
  assertEquals(await receives(other, "first\nsecond\nthird\nlast"), "ana");
  await pty.until(/│ last$/);
  await pty.until(() => pty.cursorRow === "> |");
  const rows = pty.allRows.slice(pty.allRows.findIndex((row) => row.endsWith("ana  first")) + 1);
  assertEquals(rows, ["      │ second", "      │ third", "      │ last", ">"]);
});
