/**
 * Help on a terminal, made from the table of commands.
 *
 * PURE. Usage on the left, what it does on the right, broken by words; on a narrow terminal one below the other.
 *
 * @module
 */
import { type Command, GROUPS, TERMINAL_COMMANDS, usageOf } from "./parse.ts";
import { type StyledLine, wrap } from "../text/mod.ts";

/** The widest usage that has its explanation beside it, in columns; so that those have room. */
const MAX_USAGE_COLUMNS = 26;

/** Below this width the explanations stand below. */
const NARROW_COLUMNS = 50;

/**
 * Explains the commands that hold on a terminal.
 *
 * @param columns the width of the terminal
 * @param command the one to explain; all if not given
 * @returns lines that fit
 */
export function terminalHelp(columns: number, command?: Command): StyledLine[] {
  if (command !== undefined) return explain(command, columns);
  const rows = TERMINAL_COMMANDS.map((one) => ({ group: one.group, usage: usageOf(one), help: one.help }));
  rows.push({ group: "Talking", usage: "::TEXT, //TEXT", help: "say :TEXT or /TEXT as it is" });
  const width = Math.min(MAX_USAGE_COLUMNS, Math.max(...rows.map(({ usage }) => usage.length)));
  return [
    ...GROUPS.flatMap((group) => [
      heading(group),
      ...rows.filter((row) => row.group === group).flatMap((row) =>
        entry(row.usage, row.help, width, columns)
      ),
    ]),
    ...wrap([{ text: "A slash is as good as a colon, but for /me.", style: "faint" }], {
      columns,
      gutter: [],
    }),
  ];
}

function explain(command: Command, columns: number): StyledLine[] {
  const meanings = Object.entries(command.meanings ?? {});
  const width = Math.max(0, ...meanings.map(([word]) => word.length));
  return [
    heading(usageOf(command)),
    ...wrap([{ text: `  ${command.help}`, style: "plain" }], { columns, gutter: spaces(2) }),
    ...meanings.flatMap(([word, means]) => entry(word, means, width, columns)),
  ];
}

function entry(usage: string, help: string, width: number, columns: number): StyledLine[] {
  if (columns < NARROW_COLUMNS || usage.length > width) {
    const indent = columns < NARROW_COLUMNS ? 4 : 4 + width;
    return [
      ...wrap([...spaces(2), { text: usage, style: "notice" }], { columns, gutter: spaces(4) }),
      ...wrap([...spaces(indent), { text: help, style: "plain" }], { columns, gutter: spaces(indent) }),
    ];
  }
  const line: StyledLine = [
    ...spaces(2),
    { text: usage, style: "notice" },
    ...spaces(width - usage.length + 2),
    {
      text: help,
      style: "plain",
    },
  ];
  return wrap(line, { columns, gutter: spaces(4 + width) });
}

function heading(text: string): StyledLine {
  return [{ text, style: "heading" }];
}

function spaces(count: number): StyledLine {
  return count === 0 ? [] : [{ text: " ".repeat(count), style: "plain" }];
}
