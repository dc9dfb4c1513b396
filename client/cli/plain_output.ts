/**
 * The output of other subcommands on a plain terminal, as `tail` prints there.
 *
 * @module
 */
import { type Machine, Output, thisMachine } from "../machine/mod.ts";
import { PlainLines } from "../pipe/mod.ts";
import type { StyledLine } from "../text/mod.ts";
import { asciiLocale, reporter } from "./subcommand.ts";

/**
 * Makes a function that formats lines for the terminal at stdout: as rows that fit into it, so that no text can look
 * like a line of its own.
 *
 * @param gutter the start of every row of a line except the first
 * @param machine the machine; by default this one
 * @returns formats lines whose texts are sanitized; resolves with the text to write
 */
export function plainOutput(
  gutter: string,
  machine: Machine = thisMachine(),
): (lines: readonly StyledLine[]) => Promise<string> {
  const lines = new PlainLines({
    locale: asciiLocale(machine),
    colour: false,
    isTerminal: true,
    columns: machine.stdoutColumns,
    gutter,
    report: reporter(new Output(machine.stderr), machine),
  });
  return (formatted) => lines.format(formatted);
}
