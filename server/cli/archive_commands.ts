/**
 * The flags and the help of `riftchat log`, `export` and `import`. Their code is loaded only when it is needed.
 *
 * @module
 */
import { type Keep, loadExport, loadLog, loadLogText, type TerminalOutput } from "../archive/mod.ts";
import * as commander from "@commander-js/extra-typings";
import { parseRetention } from "../settings/mod.ts";
import { folderOf, reportUsageError, settingAsServe, withFolder } from "./data_folder_flags.ts";
import { systemClock } from "../../runtime/mod.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

const FOLDER_HELP = `
Environment:
  RIFTCHAT_DATA    the data folder, if you give no --data
  RIFTCHAT_CONFIG  the config file of the hub, for the data folder otherwise`;

const LOG_EXAMPLES = `

Examples:
  riftchat log                             all messages in all rooms
  riftchat log --room dev --since 2h       one room, the last two hours
  riftchat log --match 'disk full' --json  messages with both words, as JSON
  riftchat log --since 0s --follow         messages from now on`;

const LOG_HELP = `
The command reads the data folder of a hub and does not change it. The hub may
be running. Anyone who can read this folder can read all messages.
With --follow it ends when the reader of its output has gone: on Linux at once,
elsewhere when it prints the next message.
${FOLDER_HELP}

Exit status:
  0              success, or the reader closed the pipe
  1              there is no history, or it cannot be read; or there are no
                 messages of one of the rooms
  2              an invalid command line
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

const EXPORT_EXAMPLES = `

Examples:
  riftchat export > backup.jsonl           make a backup
  riftchat export | gzip > backup.jsonl.gz`;

const EXPORT_HELP = `
The command writes all messages, including direct messages, to stdout, one
JSON object per line. The hub may be running. Protect the output as well as
the data folder.
${FOLDER_HELP}

Exit status:
  0  success
  1  there is no history, or it cannot be read
  2  an invalid command line`;

const IMPORT_EXAMPLES = `

Examples:
  riftchat import --data ./data < backup.jsonl
  riftchat import --dry-run < backup.jsonl  check it, without importing it
  riftchat export | ssh host riftchat import`;

const IMPORT_HELP = `
The command reads the output of export from stdin. The data folder must not
contain a history, and no hub may use it. If a line is invalid, nothing is
imported and the number of the line is printed. Messages keep their numbers.

A hub deletes what is older or larger than its --keep allows, soon after its
start. The command says how many messages that would be, and how to keep them.
It reads --keep as serve does: from the flag, RIFTCHAT_KEEP or the config file
in RIFTCHAT_CONFIG. If your hub starts with another value, give it here.
${FOLDER_HELP}

Exit status:
  0  success
  1  nothing was imported: a line is invalid, or the folder cannot be used
  2  an invalid command line`;

/**
 * One of these subcommands.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
// deno-lint-ignore ban-types
export type ArchiveCommand = commander.Command<[], {}>;

/**
 * Makes `log`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @param loadTerminal loads the format of lines on a terminal
 * @returns the subcommand, to be added to the program
 */
export function logCommand(
  finish: (status: number) => void,
  loadTerminal: () => Promise<TerminalOutput>,
): ArchiveCommand {
  return withFolder("log")
    .summary("print the stored messages of a hub")
    .description("Print the messages that a hub has stored in its data folder." + LOG_EXAMPLES)
    .option(
      "-r, --room <room>",
      "only this room; can be repeated",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("--direct", "also print direct messages")
    .option("--since <time>", "only messages since then, such as 2h, 7d, 2026-11-23 or 2026-11-23T14:00:00Z")
    .option("--until <time>", "only messages from before then")
    .addOption(
      new commander.Option("--time <form>", "the form of times: local, or as in the log of the hub (UTC)")
        .choices(["local", "iso"] as const).default("local" as const),
    )
    .option("--match <words>", "only messages that contain all of these words")
    .option("--json", "print each message as one line of JSON")
    .option("-f, --follow", "wait for new messages and print them")
    .addHelpText("after", LOG_HELP)
    .action(
      async (
        { room = [], direct = false, since, until, match, time, json = false, follow = false, ...where },
      ) => {
        const folder = await folderOf(where);
        if (folder === undefined) return finish(USAGE);
        const [{ log }, { readTime }] = await Promise.all([
          loadLog(),
          loadLogText(),
        ]);
        const times: Record<string, number | undefined> = {};
        for (const [flag, text] of Object.entries({ since, until })) {
          if (text === undefined) continue;
          times[flag] = readTime(text, systemClock.wall());
          if (times[flag] !== undefined) continue;
          reportUsageError(
            `cannot take --${flag} ${text}: it must be a time such as 2h, 30m, 7d, 2026-11-23, 2026-11-23T14:00 or ` +
              "2026-11-23T14:00:00.000Z, on a day that exists",
          );
          return finish(USAGE);
        }
        if (until !== undefined && follow) {
          reportUsageError("cannot take both --until and --follow; give one of them");
          return finish(USAGE);
        }
        const rooms = room.map((name) => name.replace(/^#/, ""));
        const iso = time === "iso";
        const terminal = !json && Deno.stdout.isTerminal() ? await loadTerminal() : undefined;
        finish(await log(folder, { rooms, direct, ...times, match, iso, json, follow, terminal }));
      },
    ) as ArchiveCommand;
}

/**
 * Makes `export`.
 *
 * @param finish as for {@linkcode logCommand}
 * @returns the subcommand
 */
export function exportCommand(finish: (status: number) => void): ArchiveCommand {
  return withFolder("export")
    .summary("write the stored messages of a hub as JSON")
    .description(
      "Write all stored messages of a hub to stdout, as lines of JSON, for a backup." + EXPORT_EXAMPLES,
    )
    .addHelpText("after", EXPORT_HELP)
    .action(async (where) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      finish(await (await loadExport()).exportHistory(folder));
    }) as ArchiveCommand;
}

/**
 * Makes `import`.
 *
 * @param finish as for {@linkcode logCommand}
 * @returns the subcommand
 */
export function importCommand(finish: (status: number) => void): ArchiveCommand {
  return withFolder("import")
    .summary("import the output of export into an empty folder")
    .description(
      "Import the output of riftchat export from stdin into a data folder without a history." +
        IMPORT_EXAMPLES,
    )
    .option(
      "--keep <time,size>",
      "what the hub keeps, to say what it would delete (default: the same as for serve)",
    )
    .option("--dry-run", "check the input and say what the hub would delete; import nothing")
    .addHelpText("after", IMPORT_HELP)
    .action(async ({ keep, dryRun = false, ...where }) => {
      const folder = await folderOf(where);
      const kept = folder === undefined ? undefined : await keepOf(keep);
      if (folder === undefined || kept === undefined) return finish(USAGE);
      finish(await (await loadExport()).importHistory(folder, { keep: kept, dryRun }));
    }) as ArchiveCommand;
}

/** Finds what the hub keeps, as `serve` does; `undefined` after it has reported an invalid value. */
async function keepOf(flag: string | undefined): Promise<Keep | undefined> {
  const found = await settingAsServe("keep", flag);
  if (found === undefined) return undefined;
  const { value, origin } = found;
  return { text: value, origin: flag === undefined ? origin : "as given", ...parseRetention(value)! };
}
