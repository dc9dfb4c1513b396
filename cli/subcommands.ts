/**
 * The table of subcommands: what there is, in a line each, and where its definition is. A definition is loaded when it is
 * asked for; for the program's own help the table is enough.
 *
 * @module
 */
import type { Command } from "commander";

/** A subcommand. */
export interface Subcommand {
  /** What it does, in a few words, as the program's help has it. */
  summary: string;
  /** Adds its definition to the program; what it does calls `finish` once, with the exit status. */
  add: (program: Command, finish: (status: number) => void) => Promise<unknown>;
}

const COMPLETIONS_SUMMARY = "print a script that teaches a shell to complete all this";

/** The subcommands by name, in the order in which help lists them. */
export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  serve: {
    summary: "host a hub",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).serveCommand(finish))),
  },
  join: {
    summary: "join a hub and talk",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).joinCommand(finish))),
  },
  tail: {
    summary: "print what is said, without a word of one's own",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).tailCommand(finish))),
  },
  log: {
    summary: "print what a hub keeps",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).logCommand(finish))),
  },
  export: {
    summary: "write what a hub keeps as lines of JSON",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).exportCommand(finish))),
  },
  import: {
    summary: "read what export wrote into an empty folder",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).importCommand(finish))),
  },
  ping: {
    summary: "measure how long a hub takes to answer",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).pingCommand(finish))),
  },
  bench: {
    summary: "measure a hub under load",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../load/mod.ts")).benchCommand(finish))),
  },
  completions: {
    summary: COMPLETIONS_SUMMARY,
    add: async (program) => (await import("./completions.ts")).addCompletions(program, COMPLETIONS_SUMMARY),
  },
};

/**
 * Forgets which options a definition has: they matter to its own action alone.
 *
 * @param command a definition with its options in its type
 */
function untyped(command: object): Command {
  return command as Command;
}
