/**
 * Writes `docs/riftchat.1`, the manual page, from the definitions of the commands, which are also the source of help
 * and completion. `deno task man` runs this; a test checks that the file is up to date.
 *
 * Rules: the text after the options of a command, and that after the first paragraph of its description, consist of
 * paragraphs and sections, separated by blank lines. A
 * section is a line that ends with a colon, followed by entries that are indented by two spaces: a term and, after two
 * or more spaces, its meaning. Sections that a manual page has only once, such as `Exit status`, are merged from all
 * commands.
 *
 * @module
 */
import { makeProgram, type ProgramCommand } from "../cli/mod.ts";
import config from "../deno.json" with { type: "json" };

/** The manual page. */
export const MANUAL = new URL("../docs/riftchat.1", import.meta.url);

/** Sections that are merged from all commands, in the order of manual pages. */
const MERGED = ["Environment", "Exit status", "Examples"];

/** A part of the text after the options: a paragraph, or a section with its entries. */
type Block = { paragraph: string } | { title: string; entries: [term: string, meaning: string][] };

/**
 * Makes the manual page.
 *
 * @param program the program with all definitions
 * @returns the page in the format of `man`
 */
export function manualPage(program: ProgramCommand): string {
  const commands = [program, ...program.createHelp().visibleCommands(program)]
    .filter((command) => command === program || program.commands.includes(command));
  const described = commands.map((command) => ({ command, blocks: blocksAfterHelp(command) }));
  const lines = [
    `.\\" Made by "deno task man" from the definitions of the commands.`,
    `.TH RIFTCHAT 1 "" "riftchat ${escape(config.version)}" "User Commands"`,
    ".SH NAME",
    "riftchat \\- a chat for terminals",
    ".SH SYNOPSIS",
    ...commands.flatMap((command, index) => [...index === 0 ? [] : [".br"], synopsis(command)]),
    ".SH DESCRIPTION",
    text(introduction(program)),
    ...commandParts(program, described[0]!.blocks),
    ".SH COMMANDS",
    ...described.slice(1).flatMap(({ command, blocks }) => [
      `.SS ${nameOf(command)}`,
      text(introduction(command)),
      ...commandParts(command, blocks),
    ]),
    ...MERGED.flatMap((title) => mergedSection(title, described)),
  ];
  return lines.join("\n") + "\n";
}

/** The description of a command without its examples. */
function introduction(command: ProgramCommand): string {
  return command.description().split("\n\n", 1)[0]!;
}

/** Writes the parts of a command: arguments, options, paragraphs and its own sections. */
function commandParts(command: ProgramCommand, blocks: readonly Block[]): string[] {
  const help = command.createHelp();
  return [
    ...help.visibleArguments(command).flatMap((argument) =>
      entry(`\\fI${escape(argument.name())}\\fR`, help.argumentDescription(argument))
    ),
    ...help.visibleOptions(command)
      // Every command has --help: the page lists it once.
      .filter((option) => command.parent === null || option.long !== "--help")
      .flatMap((option) => entry(bold(option.flags), help.optionDescription(option))),
    ...blocks.flatMap((block) => {
      if ("paragraph" in block) return [".PP", text(block.paragraph)];
      if (MERGED.includes(block.title)) return [];
      return [".PP", text(`${block.title}:`), ...entries(block.entries)];
    }),
  ];
}

function mergedSection(title: string, described: { command: ProgramCommand; blocks: Block[] }[]): string[] {
  const lines = described.flatMap(({ command, blocks }) =>
    blocks.flatMap((block) =>
      "title" in block && block.title === title ? [`.SS ${nameOf(command)}`, ...entries(block.entries)] : []
    )
  );
  return lines.length === 0 ? [] : [`.SH ${title.toUpperCase()}`, ...lines];
}

function entries(all: readonly [string, string][]): string[] {
  return all.flatMap(([term, meaning]) => entry(`\\fB${escape(term)}\\fR`, meaning));
}

function entry(term: string, meaning: string): string[] {
  return [".TP", term, ...meaning === "" ? ["\\&"] : [text(meaning)]];
}

function synopsis(command: ProgramCommand): string {
  return `\\fB${nameOf(command)}\\fR ${escape(command.usage())}`.trimEnd();
}

function nameOf(command: ProgramCommand): string {
  return escape(command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`);
}

/** Reads the text of help after the list of options and commands. */
function blocksAfterHelp(command: ProgramCommand): Block[] {
  let shown = "";
  command.configureOutput({ writeOut: (part) => shown += part, getOutHelpWidth: () => 80 });
  command.outputHelp();
  // Examples stand in the description, so that the help shows them first.
  const [, ...described] = command.description().split("\n\n");
  const after = [...described, shown.slice(command.helpInformation().length)].join("\n\n");
  return after.split(/\n{2,}/).map((part) => part.replace(/^\n|\s+$/g, "")).filter(Boolean).map(readBlock);
}

function readBlock(part: string): Block {
  const [first = "", ...rest] = part.split("\n");
  if (!/^[A-Z].*:$/.test(first) || rest.length === 0 || !rest.every((line) => line.startsWith("  "))) {
    return { paragraph: part.replaceAll("\n", " ") };
  }
  const entries: [string, string][] = [];
  for (const line of rest) {
    const [, term, meaning = ""] = /^ {2}(\S.*?)(?: {2,}(.*))?$/.exec(line) ?? [];
    if (term !== undefined) entries.push([term, meaning]);
    else entries.at(-1)![1] = `${entries.at(-1)![1]} ${line.trim()}`.trim();
  }
  return { title: first.slice(0, -1), entries };
}

/** Writes flags in bold and their values in italics. */
function bold(flags: string): string {
  const parts = escape(flags).split(/(<[^>]+>)/).filter(Boolean);
  return parts.map((part) => part.startsWith("<") ? `\\fI${part.slice(1, -1)}\\fR` : `\\fB${part}\\fR`).join(
    "",
  );
}

/** Wraps text to 78 characters where its words allow it. No line becomes a request of `man`. */
function text(prose: string): string {
  const lines = escape(prose).match(/\S(?:.{0,77}(?=\s|$)|\S*)/g) ?? [];
  return lines.map((line) => line.trimEnd().replace(/^(?=[.])/, "\\&")).join("\n");
}

const SPECIAL: Record<string, string> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** Escapes characters that `man` would replace by typographic ones. */
function escape(plain: string): string {
  return plain.replace(/[\\\-'`^~]/g, (char) => SPECIAL[char]!);
}

if (import.meta.main) await Deno.writeTextFile(MANUAL, manualPage(await makeProgram({ wanted: "all" })));
