/**
 * `riftchat token`: adds, lists and revokes tokens. A running hub is asked; otherwise the data folder is used, and
 * locked meanwhile.
 *
 * Rules: stdout has the token or the list, so that it can be piped; stderr says what was done. A token is shown once,
 * by the command that makes it.
 *
 * @module
 */
import { join } from "node:path";
import { nameKey, nameSkeletons } from "../../protocol/mod.ts";
import { afterPrefix, errorText, reasonOf, sanitizeName, systemClock, writeText } from "../../runtime/mod.ts";
import {
  askOperator,
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  type TokenInfo,
  type WantedToken,
} from "../control/mod.ts";
import { HistoryError, openHistory } from "../history/mod.ts";
import { ModerationFileError, openModeration } from "../moderation/mod.ts";
import { openRegistry, REGISTRY_FILE, RegistryError } from "../registry/mod.ts";
import { openTokens } from "./open_tokens.ts";
import { TokensError } from "./token_schema.ts";

const OK = 0;
const FAILED = 1;

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

async function reporting(run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return OK;
  } catch (error) {
    const known = [OperatorError, HistoryError, RegistryError, TokensError, ModerationFileError];
    if (!known.some((type) => error instanceof type)) throw error;
    await writeText(Deno.stderr, errorText(afterPrefix((error as Error).message)));
    return FAILED;
  }
}

async function askForTokens(folder: string, request: OperatorRequest): Promise<TokenInfo[]> {
  const answer = await ask(folder, request);
  if (!("tokens" in answer)) throw otherVersion();
  return answer.tokens;
}

function otherVersion(): OperatorError {
  return new OperatorError("Cannot read the answer of the hub: it is another version than this program");
}

/** Asks the hub that uses the folder; if none does, opens the folder. */
async function ask(folder: string, request: OperatorRequest): Promise<OperatorAnswer> {
  const answer = await askOperator(folder, request);
  if (answer !== undefined) return answer;
  await checkIsFolderOfHub(folder);
  const report = (text: string) => void Deno.stderr.writeSync(new TextEncoder().encode(errorText(text)));
  const now = systemClock.wall();
  // Its lock keeps a hub from starting meanwhile.
  const history = openHistory({
    folder,
    retention: { ms: Infinity, bytes: Infinity },
    now,
    host: Deno.hostname(),
    elapsed: systemClock.elapsed,
    report,
  });
  const opened: { close(): void }[] = [history];
  try {
    const registry = openRegistry({ folder, nameMs: Infinity, skeletons: nameSkeletons, now, report });
    opened.push(registry);
    const moderation = openModeration({ folder, names: registry.names, now, report });
    opened.push(moderation);
    const tokens = await openTokens({ folder, now, report });
    opened.push(tokens);
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
      failed: (error) => report(`cannot store all of it: ${reasonOf(error)}`),
    });
    return manager.handle(request) ?? { tokens: [] };
  } finally {
    for (const one of opened.reverse()) one.close();
  }
}

/** Checks that a hub has used a folder: opening it would create what is missing. */
async function checkIsFolderOfHub(folder: string): Promise<void> {
  try {
    await Deno.stat(join(folder, REGISTRY_FILE));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "no hub that knows names has run there"
      : reasonOf(cause);
    throw new OperatorError(
      `Cannot use the tokens in ${folder}: ${reason}; start the hub, or use --data to name another folder`,
      { cause },
    );
  }
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
