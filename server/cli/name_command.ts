/**
 * The flags and the help of `riftchat name`. Its code is loaded only when it is needed.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { loadNames } from "../archive/mod.ts";
import { folderOf, type FolderOptions, reportUsageError, withFolder } from "./data_folder_flags.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

const EXAMPLES = `

Examples:
  riftchat name                              list the owned names
  riftchat name move ana 'ssh-ed25519 AAAA…' give a name to another key
  riftchat name move ana ana.pub             the same, with the key in a file
  riftchat name free ana                     let anybody take the name`;

const HELP = `
A name belongs to the key that first said something under it. Somebody who has
lost the key cannot get it back; the operator of the hub can give it to a new
key. The hub may be running. Everybody sees in :whois that a name was moved.

Actions:
  list  list all names, with their keys (the default)
  show  show one name
  move  give a name to a key, which replaces all keys that it has
  free  make a name belong to nobody; its direct messages stay hidden from
        whoever takes it next

Environment:
  RIFTCHAT_DATA    the data folder, if you give no --data
  RIFTCHAT_CONFIG  the config file of the hub, for the data folder otherwise

Exit status:
  0  success
  1  nobody owns the name, the key cannot be used, or the folder cannot
  2  an invalid command line`;

/**
 * The subcommand `name`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type NameCommand = commander.Command<
  ["list" | "show" | "move" | "free" | undefined, string | undefined, string | undefined],
  FolderOptions & { json?: true }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns `name`, to be added to the program
 */
export function nameCommand(finish: (status: number) => void): NameCommand {
  return withFolder("name")
    .summary("list and change who owns which name")
    .description(
      "List the names that belong to somebody on your hub, and give them to other keys." + EXAMPLES,
    )
    .argument("[action]", "what to do: list, show, move or free; the default is list")
    .argument("[name]", "the name, in any spelling")
    .argument("[key]", "for move: a line ssh-ed25519 AAAA…, or a file with one")
    .option("--json", "print each name as one line of JSON")
    .addHelpText("after", HELP)
    .action(async (action = "list", name, key, { json = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const problem = problemOf(action, name, key);
      if (problem !== undefined) {
        reportUsageError(problem);
        return finish(USAGE);
      }
      const { names } = await loadNames();
      if (action === "list") finish(await names(folder, { do: "list", json }));
      else if (action === "show") finish(await names(folder, { do: "show", name: name!, json }));
      else if (action === "move") finish(await names(folder, { do: "move", name: name!, key: key! }));
      else finish(await names(folder, { do: "free", name: name! }));
    }) as unknown as NameCommand;
}

/** Says what is wrong with the arguments, if anything is. */
function problemOf(action: string, name: string | undefined, key: string | undefined): string | undefined {
  const needed = { list: 0, show: 1, free: 1, move: 2 }[action];
  if (needed === undefined) return `cannot ${action} a name: it must be list, show, move or free`;
  const given = [name, key].filter((argument) => argument !== undefined).length;
  if (given > needed) return `cannot ${action}: too many arguments: it takes ${needed}`;
  if (name === undefined && needed > 0) return `cannot ${action}: the name is missing`;
  if (key === undefined && needed > 1) return `cannot move ${name}: the key is missing`;
  return undefined;
}
