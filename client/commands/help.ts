/**
 * Help texts, made from the table of commands.
 *
 * PURE. On a terminal the usage is on the left and the description on the right, broken between words. On a narrow
 * terminal the description is below the usage.
 *
 * @module
 */
import { type Command, GROUPS, type UserPowers, worksWith } from "./action.ts";
import { usageOf } from "./lookup.ts";
import { PAGE_COMMANDS } from "./page_table.ts";
import { PIPE_COMMANDS, TERMINAL_COMMANDS } from "./table.ts";
import { type StyledLine, wrap } from "../text/mod.ts";

/** The widest usage with its description on the same row, in columns. This leaves space for the descriptions. */
const MAX_USAGE_COLUMNS = 26;

/** Below this width the descriptions are below the usages. */
const NARROW_COLUMNS = 50;

/**
 * Formats the help for a terminal.
 *
 * @param columns the width of the terminal
 * @param command the command to explain; all if not given
 * @param features the features of the hub; commands that need others are left out of the list of all
 * @param powers what the user may moderate; commands that need more are left out of the list of all
 * @returns lines that fit
 */
export function terminalHelp(
  columns: number,
  command?: Command,
  features?: readonly string[],
  powers?: UserPowers,
): StyledLine[] {
  if (command !== undefined) return explain(command, columns);
  const rows = TERMINAL_COMMANDS.filter((listed) => worksWith(listed, features, powers)).map((listed) => ({
    group: listed.group,
    usage: usageOf(listed),
    help: listed.help,
  }));
  rows.push({ group: "Messages", usage: "::TEXT, //TEXT", help: "send :TEXT or /TEXT as a message" });
  const width = Math.min(MAX_USAGE_COLUMNS, Math.max(...rows.map(({ usage }) => usage.length)));
  return [
    ...GROUPS.filter((group) => rows.some((row) => row.group === group)).flatMap((group) => [
      heading(group),
      ...rows.filter((row) => row.group === group).flatMap((row) =>
        entry(row.usage, row.help, width, columns)
      ),
    ]),
    ...wrap([{
      text: "A slash works like a colon, except in /me. Esc clears the line, and Esc again brings it back. " +
        ":help keys lists the keys.",
      style: "faint",
    }], {
      columns,
      gutter: [],
    }),
  ];
}

/**
 * Formats the list of the keys.
 *
 * @param columns the width of the terminal
 * @param rows the keys and what they do, those of a group together
 * @returns lines that fit
 */
export function keysHelp(
  columns: number,
  rows: readonly { readonly group: string; readonly keys: string; readonly help: string }[],
): StyledLine[] {
  const width = Math.max(...rows.map(({ keys }) => keys.length));
  return [...new Set(rows.map(({ group }) => group))].flatMap((group) => [
    heading(group),
    ...rows.filter((row) => row.group === group).flatMap(({ keys, help }) =>
      entry(keys, help, width, columns)
    ),
  ]);
}

/**
 * Formats the help for a pipe.
 *
 * @param features the features of the hub; commands that need others are left out
 * @param powers what the user may moderate; commands that need more are left out
 * @returns one line for each command
 */
export function helpLines(features?: readonly string[], powers?: UserPowers): string[] {
  const rows = usages(PIPE_COMMANDS, features, powers);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, help]) => `${usage.padEnd(width)}  ${help}`);
}

/**
 * Formats the help for the page, where a line may have any length and letters differ in width.
 *
 * @param command the command to explain; all if not given
 * @param features the features of the hub; commands that need others are left out of the list of all
 * @param powers what the user may moderate; commands that need more are left out of the list of all
 * @returns one line for each command, or for each value of the command
 */
export function pageHelp(command?: Command, features?: readonly string[], powers?: UserPowers): string[] {
  const rows = command === undefined
    ? usages(PAGE_COMMANDS, features, powers)
    : [[usageOf(command), command.help], ...Object.entries(command.valueDescriptions ?? {})];
  return rows.map(([usage, help]) => `${usage} – ${help}`);
}

function usages(
  commands: readonly Command[],
  features: readonly string[] | undefined,
  powers: UserPowers | undefined,
): [usage: string, help: string][] {
  return [
    ...commands.filter((command) => worksWith(command, features, powers)).map((
      command,
    ): [string, string] => [usageOf(command), command.help]),
    ["::TEXT", "send :TEXT, with the colon"],
  ];
}

function explain(command: Command, columns: number): StyledLine[] {
  const descriptions = Object.entries(command.valueDescriptions ?? {});
  const width = Math.max(0, ...descriptions.map(([value]) => value.length));
  return [
    heading(usageOf(command)),
    ...wrap([{ text: `  ${command.help}`, style: "plain" }], { columns, gutter: spaces(2) }),
    ...descriptions.flatMap(([value, description]) => entry(value, description, width, columns)),
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
