/**
 * The flags and the help of `riftchat op` and `riftchat audit`. Their code is loaded only when it is needed.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { loadAudit, loadLogText, loadOperatorCommand } from "../archive/mod.ts";
import { systemClock } from "../../runtime/mod.ts";
import { folderOf, type FolderOptions, reportUsageError, withFolder } from "./data_folder_flags.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

/** How many entries of the audit are printed by default, and at most. */
const DEFAULT_ENTRIES = 100, MOST_ENTRIES = 1_000_000;

const ENVIRONMENT = `
Environment:
  RIFTCHAT_DATA    the data folder, if you give no --data
  RIFTCHAT_CONFIG  the config file of the hub, for the data folder otherwise`;

const OP_EXAMPLES = `

Examples:
  riftchat op                            list the operators
  riftchat op add ana                    all keys of the name ana
  riftchat op add 'ssh-ed25519 AAAA…'    one key
  riftchat op add ana.pub                the same, with the key in a file
  riftchat op remove ana`;

const OP_HELP = `
Operators may ban, mute and do everything else that keeps a hub in order, in
all rooms. They prove who they are with their keys. The hub may be running: a
change counts at once, also for those who are connected.

The keys in the file of serve --operators are operators as well; list names
them while the hub runs. To remove one, delete its line and send SIGHUP.

Actions:
  list    list all operators, with their keys (the default)
  add     make a name that belongs to somebody, or a key, an operator
  remove  end that; a key can also be given as SHA256:…
${ENVIRONMENT}

Exit status:
  0  success
  1  nobody owns the name, the key cannot be used, or the folder cannot
  2  an invalid command line`;

const AUDIT_EXAMPLES = `

Examples:
  riftchat audit                    the last ${DEFAULT_ENTRIES} actions
  riftchat audit --since 7d         those of the last week
  riftchat audit --count 5 --json   the last five, as JSON`;

const AUDIT_HELP = `
The audit has every ban, mute, kick and deletion, and every change of
operators and moderators: who did what to whom, when, why and until when. It
never has the text of a message. The hub may be running.
${ENVIRONMENT}

Exit status:
  0  success
  1  the folder cannot be read
  2  an invalid command line`;

/**
 * The subcommand `op`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type OpCommand = commander.Command<
  ["list" | "add" | "remove" | undefined, string | undefined],
  FolderOptions & { json?: true }
>;

/**
 * The subcommand `audit`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type AuditCommand = commander.Command<
  [],
  FolderOptions & { json?: true; since?: string; count?: string }
>;

/**
 * Makes `op`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns the subcommand, to be added to the program
 */
export function opCommand(finish: (status: number) => void): OpCommand {
  return withFolder("op")
    .summary("list and change the operators of a hub")
    .description("List, add and remove those who may keep your hub in order." + OP_EXAMPLES)
    .argument("[action]", "what to do: list, add or remove; the default is list")
    .argument("[who]", "a name, a line ssh-ed25519 AAAA…, or a file with one")
    .option("--json", "print each operator as one line of JSON")
    .addHelpText("after", OP_HELP)
    .action(async (action = "list", who, { json = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const fail = (problem: string) => {
        reportUsageError(problem);
        finish(USAGE);
      };
      const { operators } = await loadOperatorCommand();
      if (action === "list") {
        if (who !== undefined) return fail("cannot list: too many arguments: it takes none");
        return finish(await operators(folder, { do: "list", json }));
      }
      if (action !== "add" && action !== "remove") {
        return fail(`cannot ${action} an operator: it must be list, add or remove`);
      }
      if (who === undefined) return fail(`cannot ${action} an operator: the name or key is missing`);
      finish(await operators(folder, { do: action, who }));
    }) as unknown as OpCommand;
}

/**
 * Makes `audit`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns the subcommand, to be added to the program
 */
export function auditCommand(finish: (status: number) => void): AuditCommand {
  return withFolder("audit")
    .summary("print what operators and moderators have done")
    .description("Print what those who keep your hub in order have done, the newest last." + AUDIT_EXAMPLES)
    .option("--since <time>", "only actions since then, such as 2h, 7d, 2026-11-23 or 2026-11-23T14:00:00Z")
    .option(
      "--count <count>",
      `how many of the newest actions (default: ${DEFAULT_ENTRIES}; all with --since)`,
    )
    .option("--json", "print each action as one line of JSON")
    .addHelpText("after", AUDIT_HELP)
    .action(async ({ since, count, json = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const { readTime } = await loadLogText();
      const time = since === undefined ? undefined : readTime(since, systemClock.wall());
      if (since !== undefined && time === undefined) {
        reportUsageError(
          `cannot take --since ${since}: it must be a time such as 2h, 30m, 7d, 2026-11-23, 2026-11-23T14:00 or ` +
            "2026-11-23T14:00:00.000Z, on a day that exists",
        );
        return finish(USAGE);
      }
      const most = count ?? String(since === undefined ? DEFAULT_ENTRIES : MOST_ENTRIES);
      if (!/^[1-9]\d{0,6}$/.test(most) || Number(most) > MOST_ENTRIES) {
        reportUsageError(`cannot take --count ${count}: it must be a whole number from 1 to ${MOST_ENTRIES}`);
        return finish(USAGE);
      }
      const { audit } = await loadAudit();
      finish(await audit(folder, { since: time, count: Number(most), json }));
    }) as unknown as AuditCommand;
}
