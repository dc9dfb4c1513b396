/**
 * `riftchat token`: adds, lists and revokes tokens. A running hub is asked; otherwise the data folder is used, and
 * locked meanwhile.
 *
 * Rules: stdout has the token or the list, so that it can be piped; stderr says what was done. A token is shown once,
 * by the command that makes it.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { errorText, reasonOf, sanitizeName, systemClock, writeText } from "../../runtime/mod.ts";
import {
  askOperator,
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  type TokenInfo,
  type WantedToken,
} from "../control/mod.ts";
import { type FolderUse, note, otherVersion, reportingErrors, withOfflineFolder } from "../offline/mod.ts";
import { REGISTRY_FILE } from "../registry/mod.ts";
import { openTokens } from "./open_tokens.ts";
import { TokensError } from "./token_schema.ts";

const FOLDER_USE: FolderUse = {
  what: "the tokens",
  files: [REGISTRY_FILE],
  missing: "no hub that knows names has run there",
};

/**
 * Adds a token, and prints it.
 *
 * @param folder the data folder
 * @param wanted what the token is for
 * @returns the exit status; errors were printed on stderr
 */
export async function addToken(folder: string, wanted: WantedToken): Promise<number> {
  return await reporting(async () => {
    const answer = await ask(folder, { do: "add token", ...wanted });
    if (!("secret" in answer)) throw otherVersion();
    const { secret, token } = answer;
    await writeText(Deno.stdout, `${secret}\n`);
    await writeText(
      Deno.stderr,
      errorText(
        `the token ${token.id} may ${powersOf(token)} as ${token.name} in ${
          roomsOf(token)
        }; it is not shown ` +
          `again; to end it: riftchat token revoke ${token.id}`,
      ),
    );
  });
}

/**
 * Prints the tokens of a hub.
 *
 * @param folder the data folder
 * @param options whether to print JSON
 * @returns the exit status; errors were printed on stderr
 */
export async function listTokens(folder: string, { json }: { json: boolean }): Promise<number> {
  return await reporting(async () => {
    const tokens = await askForTokens(folder, { do: "list tokens" });
    const lines = tokens.map((token) => (json ? recordOf(token) : lineOf(token)) + "\n");
    await writeText(Deno.stdout, lines.length === 0 && !json ? "there are no tokens\n" : lines.join(""));
  });
}

/**
 * Revokes a token.
 *
 * @param folder the data folder
 * @param id the id of the token
 * @returns the exit status; errors were printed on stderr
 */
export async function revokeToken(folder: string, id: string): Promise<number> {
  return await reporting(async () => {
    const [token] = await askForTokens(folder, { do: "revoke token", id });
    await writeText(Deno.stderr, errorText(`revoked the token ${id} of ${token!.name}`));
  });
}

const reporting = (run: () => Promise<void>) => reportingErrors(run, [TokensError]);

async function askForTokens(folder: string, request: OperatorRequest): Promise<TokenInfo[]> {
  const answer = await ask(folder, request);
  if (!("tokens" in answer)) throw otherVersion();
  return answer.tokens;
}

/** Asks the hub that uses the folder; if none does, opens the folder. */
async function ask(folder: string, request: OperatorRequest): Promise<OperatorAnswer> {
  const answer = await askOperator(folder, request);
  if (answer !== undefined) return answer;
  return await withOfflineFolder(folder, FOLDER_USE, async ({ history, registry, moderation, now }) => {
    if (request.do === "revoke token" && history.progress !== undefined) {
      throw new OperatorError(
        "Cannot revoke a token while the hub does not run, as it is in a cluster, where messages change at all hubs: " +
          "start it, or revoke the token at another hub",
      );
    }
    const tokens = await openTokens({ folder, now, report: note });
    try {
      const manager = tokens.manage({
        registry,
        clock: systemClock,
        keysChanged: () => {},
        free: (owner) =>
          registry.free(owner, {
            detach: ({ name }) => history.detach(nameKey(name)),
            erase: ({ name }) => history.erase(name),
          }),
        moderation,
        failed: (error) => note(`cannot store all of it: ${reasonOf(error)}`),
      });
      return manager.handle(request) ?? { tokens: [] };
    } finally {
      tokens.close();
    }
  });
}

function powersOf({ read, write }: TokenInfo): string {
  return [...read ? ["read"] : [], ...write ? ["write"] : []].join(" and ");
}

function roomsOf({ rooms }: TokenInfo): string {
  return rooms === undefined ? "all rooms" : rooms.map((room) => `#${room}`).join(", ");
}

/** Formats a token for people: one line. */
function lineOf(token: TokenInfo): string {
  const { id, name, made, lastUsed } = token;
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return [
    id,
    sanitizeName(name),
    powersOf(token),
    roomsOf(token),
    `since ${day(made)}`,
    lastUsed === undefined ? "never used" : `last used ${day(lastUsed)}`,
  ].join("  ");
}

/** Formats a token as one line of JSON. */
function recordOf({ id, name, rooms, read, write, made, lastUsed }: TokenInfo): string {
  return JSON.stringify({
    id,
    username: name,
    ...rooms === undefined ? {} : { rooms },
    read,
    write,
    made,
    ...lastUsed === undefined ? {} : { last_used: lastUsed },
  });
}
