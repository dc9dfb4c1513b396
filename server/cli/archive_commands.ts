/**
 * The command lines of `riftchat log`, `export` and `import`: flags and help. What they do is loaded only when it is done.
 *
 * @module
 */
import { loadExport, loadLog, loadLogText } from "../archive/mod.ts";
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_INSTANCE, INSTANCE_NAME_RULE, isInstanceName, loadDataFolder } from "../settings/mod.ts";
import { systemClock } from "../../runtime/mod.ts";

/** The command line was wrong. */
const USAGE = 2;

const FOLDER = `
Environment:
  RIFTCHAT_DATA  the data folder where --data is not given`;

const LOG = `
It reads the data folder of a hub, whether or not the hub runs, and changes
nothing in it. Whoever can read that folder can read all that is said.

Examples:
  riftchat log                             all that is kept in all rooms
  riftchat log --room dev --since 2h       one room, the last two hours
  riftchat log --match 'disk full' --json  lines with both words, for a program
  riftchat log --since 0s --follow         what is said from now on
${FOLDER}

Exit status:
  0              well, or its reader has read enough
  1              there is no history there, or it cannot be read; or nothing is
                 kept of one of the rooms
  2              a wrong command line
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM)`;

const EXPORT = `
It writes every line that is kept, those from one person to another included,
to stdout, one JSON object a line; the hub may run meanwhile. What it writes is
to be kept as secret as the data folder.

Examples:
  riftchat export > backup.jsonl           a backup
  riftchat export | gzip > backup.jsonl.gz
${FOLDER}

Exit status:
  0  well
  1  there is no history there, or it cannot be read
  2  a wrong command line`;

const IMPORT = `
It reads from stdin what export wrote, into a folder in which nothing is kept
and which no hub uses: all of it, or nothing where a line is wrong, which is
told with its number. Numbers of lines stay as they were.

Examples:
  riftchat import --data ./data < backup.jsonl
  riftchat export | ssh host riftchat import
${FOLDER}

Exit status:
  0  well
  1  nothing was imported: a line is wrong, or the folder cannot be used
  2  a wrong command line`;

/**
 * One of these subcommands.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
// deno-lint-ignore ban-types
export type ArchiveCommand = commander.Command<[], {}>;

/** What says which folder. */
interface FolderOptions {
  data?: string;
  instance?: string;
}

function withFolder(name: string) {
  return new commander.Command(name)
    .option("--data <folder>", "the data folder of the hub (default: the one that serve uses)")
    .option(
      "--instance <name>",
      `the hub in the background whose folder it is (default: ${DEFAULT_INSTANCE})`,
    );
}

/** Says which folder is meant; nothing where the command line is wrong, which was told. */
async function folderOf({ data, instance }: FolderOptions): Promise<string | undefined> {
  if (instance !== undefined && !isInstanceName(instance)) {
    return wrong(`cannot take --instance ${instance}: it must be ${INSTANCE_NAME_RULE}`);
  }
  if (data !== undefined && instance !== undefined) {
    return wrong("cannot take both --data and --instance: each names a folder");
  }
  const folder = data ?? (instance === undefined ? Deno.env.get("RIFTCHAT_DATA") || undefined : undefined);
  if (folder === "") return wrong("cannot take --data: it must be the path of a folder: it is empty");
  return folder ?? (await loadDataFolder()).usualDataFolder(instance);
}

function wrong(message: string): undefined {
  // deno-lint-ignore no-control-regex
  const shown = message.replace(/[\x00-\x1f\x7f-\x9f\p{Cf}]/gu, "\ufffd");
  Deno.stderr.writeSync(new TextEncoder().encode(`riftchat: ${shown}\n`));
  return undefined;
}

/**
 * Makes `log`.
 *
 * @param finish called once, at the end, with the exit status; what went wrong was told by then
 * @returns the subcommand, to be added to the program
 */
export function logCommand(finish: (status: number) => void): ArchiveCommand {
  return withFolder("log")
    .summary("print what a hub keeps")
    .description("Print what was said, as a hub keeps it in its data folder.")
    .option(
      "-r, --room <room>",
      "only this room (repeatable)",
      (room: string, rooms: string[] | undefined) => [...rooms ?? [], room],
    )
    .option("--direct", "also what was said from one person to another")
    .option("--since <time>", "only from then on: such as 2h, 30m, 7d, 2026-11-23 or 2026-11-23T14:00")
    .option("--match <words>", "only lines with all of these words in them")
    .option("--json", "print each line as one line of JSON")
    .option("-f, --follow", "go on with what is said from now on")
    .addHelpText("after", LOG)
    .action(async ({ room = [], direct = false, since, match, json = false, follow = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const [{ log }, { readSince }] = await Promise.all([
        loadLog(),
        loadLogText(),
      ]);
      const from = since === undefined ? undefined : readSince(since, systemClock.wall());
      if (since !== undefined && from === undefined) {
        wrong(`cannot take --since ${since}: it must be such as 2h, 30m, 7d, 2026-11-23 or 2026-11-23T14:00`);
        return finish(USAGE);
      }
      const rooms = room.map((name) => name.replace(/^#/, ""));
      finish(await log(folder, { rooms, direct, since: from, match, json, follow }));
    }) as ArchiveCommand;
}

/**
 * Makes `export`.
 *
 * @param finish as for {@linkcode logCommand}
 * @returns the subcommand
 */
export function exportCommand(finish: (status: number) => void): ArchiveCommand {
  return withFolder("export")
    .summary("write what a hub keeps as lines of JSON")
    .description("Write all that a hub keeps to stdout, as lines of JSON, for a backup.")
    .addHelpText("after", EXPORT)
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
    .summary("read what export wrote into an empty folder")
    .description("Read what export wrote from stdin, into a data folder in which nothing is kept.")
    .addHelpText("after", IMPORT)
    .action(async (where) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      finish(await (await loadExport()).importHistory(folder));
    }) as ArchiveCommand;
}
