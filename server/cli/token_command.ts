/**
 * The flags and the help of `riftchat token`. Its code is loaded only when it is needed.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { loadTokenCommands } from "../tokens/mod.ts";
import { folderOf, type FolderOptions, reportUsageError, withFolder } from "./data_folder_flags.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

const EXAMPLES = `

Examples:
  riftchat token add deploy                    may read and write in all rooms
  riftchat token add deploy -r ci --write      may only write, and only in #ci
  riftchat token list
  riftchat token revoke x7k2mq`;

const HELP = `
A token is for scripts, which use the hub over HTTP:

  curl -H "Authorization: Bearer $TOKEN" -d deployed https://HOST:8000/rooms/ci

It is printed on stdout, once: the hub stores a hash of it. The name belongs to
the token as names belong to keys: nobody else can take it, and the messages
are verified. A second token for the same name lets you replace the first one.
The hub may be running.

Actions:
  list    list all tokens (the default)
  add     make a token with this name
  revoke  end the token with this id; its name is free after the last one

Environment:
  RIFTCHAT_DATA    the data folder, if you give no --data
  RIFTCHAT_CONFIG  the config file of the hub, for the data folder otherwise

Exit status:
  0  success
  1  the name belongs to somebody, there is no such token, or the folder
     cannot be used
  2  an invalid command line`;

/**
 * The subcommand `token`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type TokenCommand = commander.Command<
  ["list" | "add" | "revoke" | undefined, string | undefined],
  FolderOptions & { room?: string[]; read?: true; write?: true; json?: true }
>;

/**
 * Makes `token`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns the subcommand, to be added to the program
 */
export function tokenCommand(finish: (status: number) => void): TokenCommand {
  return withFolder("token")
    .summary("list and change the tokens of scripts")
    .description("Make, list and end tokens, with which scripts use your hub over HTTP." + EXAMPLES)
    .argument("[action]", "what to do: list, add or revoke; the default is list")
    .argument("[which]", "for add the name of the token, for revoke its id")
    .option(
      "-r, --room <room>",
      "only this room; give it again for more (default: all)",
      (room: string, rooms: string[] = []) => [...rooms, room],
    )
    .option("--read", "only read, unless --write is given, too")
    .option("--write", "only write, unless --read is given, too")
    .option("--json", "print each token as one line of JSON")
    .addHelpText("after", HELP)
    .action(async (action = "list", which, { room: rooms, read, write, json = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const fail = (problem: string) => {
        reportUsageError(problem);
        finish(USAGE);
      };
      const isAdd = action === "add";
      if (!isAdd && (rooms !== undefined || read || write)) {
        return fail("cannot take --room, --read or --write: they are for add");
      }
      const { addToken, listTokens, revokeToken } = await loadTokenCommands();
      if (action === "list") {
        if (which !== undefined) return fail("cannot list: too many arguments: it takes none");
        return finish(await listTokens(folder, { json }));
      }
      if (!isAdd && action !== "revoke") {
        return fail(`cannot ${action} a token: it must be list, add or revoke`);
      }
      if (which === undefined) {
        return fail(`cannot ${action} a token: the ${isAdd ? "name" : "id"} is missing`);
      }
      if (!isAdd) return finish(await revokeToken(folder, which));
      const both = read === undefined && write === undefined;
      finish(
        await addToken(folder, {
          name: which,
          read: both || read === true,
          write: both || write === true,
          ...rooms === undefined ? {} : { rooms: rooms.map((room) => room.replace(/^#/, "")) },
        }),
      );
    }) as unknown as TokenCommand;
}
