/**
 * The table of subcommands. The definition of a subcommand is loaded when it is needed; the help of the program needs
 * only the table.
 *
 * @module
 */
import type { ProgramCommand } from "./program_command.ts";
import type { Command } from "commander";

/** A subcommand. */
export interface Subcommand {
  /** What it does, in a few words, for the help of the program. */
  summary: string;
  /** Adds its definition to the program. Its action calls `finish` once, with the exit status. */
  add: (program: ProgramCommand, finish: (status: number) => void) => Promise<unknown>;
}

const COMPLETIONS_SUMMARY = "print a script for command completion in your shell";

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
  say: {
    summary: "send one message",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).sayCommand(finish))),
  },
  tail: {
    summary: "print messages, without sending any",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).tailCommand(finish))),
  },
  identity: {
    summary: "show, export or import your key",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../client/mod.ts")).identityCommand(finish))),
  },
  log: {
    summary: "print the stored messages of a hub",
    add: async (program, finish) => {
      const { logCommand } = await import("../server/mod.ts");
      // The client knows how to show a text on a terminal, and the hub does not import the client.
      const loadTerminal = async () =>
        (await (await import("../client/mod.ts")).loadPlainOutput()).plainOutput;
      program.addCommand(untyped(logCommand(finish, loadTerminal)));
    },
  },
  export: {
    summary: "write the stored messages of a hub as JSON",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).exportCommand(finish))),
  },
  import: {
    summary: "import the output of export into an empty folder",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).importCommand(finish))),
  },
  name: {
    summary: "list and change who owns which name",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).nameCommand(finish))),
  },
  invite: {
    summary: "make a link with which somebody gets into your hub",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).inviteCommand(finish))),
  },
  invites: {
    summary: "list the invites of your hub",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).invitesCommand(finish))),
  },
  revoke: {
    summary: "end an invite",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).revokeCommand(finish))),
  },
  token: {
    summary: "list and change the tokens of scripts",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).tokenCommand(finish))),
  },
  cluster: {
    summary: "show a cluster, and bring a hub into it",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).clusterCommand(finish))),
  },
  op: {
    summary: "list and change the operators of a hub",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).opCommand(finish))),
  },
  audit: {
    summary: "print what operators and moderators have done",
    add: async (program, finish) =>
      program.addCommand(untyped((await import("../server/mod.ts")).auditCommand(finish))),
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
 * Drops the options from the type of a definition; only its own action needs them.
 *
 * @param command a definition with its options in its type
 */
function untyped(command: object): Command {
  return command as Command;
}
