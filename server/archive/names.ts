/**
 * `riftchat name`: lists and changes who owns which name. A running hub is asked; otherwise the data folder is used,
 * and locked meanwhile.
 *
 * @module
 */
import { join } from "node:path";
import {
  fromBase64,
  KeyError,
  keyFingerprint,
  parsePublicKey,
  type PublicKey,
  publicKeyBlob,
  readPublicKeyBlob,
  toBase64,
} from "../../identity/mod.ts";
import { nameKey, nameSkeletons } from "../../protocol/mod.ts";
import { afterPrefix, errorText, reasonOf, systemClock } from "../../runtime/mod.ts";
import {
  askOperator,
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  type OwnedNameInfo,
} from "../control/mod.ts";
import { HistoryError, openHistory } from "../history/mod.ts";
import { NameOperator, openRegistry, REGISTRY_FILE, RegistryError } from "../registry/mod.ts";
import { FAILED, OK } from "./export.ts";
import { StdoutWriter } from "./streams.ts";

/** What to do with names. */
export type NameAction =
  | { do: "list"; json: boolean }
  | { do: "show"; name: string; json: boolean }
  | { do: "move"; name: string; key: string }
  | { do: "free"; name: string };

/**
 * Lists or changes names, and prints the result.
 *
 * @param folder the data folder
 * @param action what to do
 * @returns the exit status; errors were printed on stderr
 */
export async function names(folder: string, action: NameAction): Promise<number> {
  const out = new StdoutWriter();
  try {
    switch (action.do) {
      case "list":
      case "show": {
        const all = await ask(folder, { do: "list names" });
        const shown = action.do === "list"
          ? all
          : all.filter(({ name }) => nameKey(name) === nameKey(action.name));
        if (action.do === "show" && shown.length === 0) {
          throw new OperatorError(`Cannot show ${action.name}: nobody owns this name`);
        }
        for (const info of shown) await out.write(action.json ? await recordOf(info) : await textOf(info));
        if (shown.length === 0 && !action.json) await out.write("nobody owns a name\n");
        break;
      }
      case "move": {
        const [{ name }] = await ask(folder, {
          do: "move name",
          name: action.name,
          key: await readKey(action.key),
        }) as [
          OwnedNameInfo,
        ];
        await out.write(`${name} belongs to that key alone now; users see in :whois that it was moved\n`);
        break;
      }
      case "free": {
        const [{ name }] = await ask(folder, { do: "free name", name: action.name }) as [OwnedNameInfo];
        await out.write(`${name} is free now\n`);
      }
    }
    await out.flush();
    return OK;
  } catch (error) {
    const known = [OperatorError, HistoryError, RegistryError, KeyError];
    if (!known.some((type) => error instanceof type)) throw error;
    await Deno.stderr.write(new TextEncoder().encode(errorText(afterPrefix((error as Error).message))));
    return FAILED;
  }
}

function report(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(errorText(text)));
}

/** Asks the hub that uses the folder; if none does, opens the folder. */
async function ask(folder: string, request: OperatorRequest): Promise<OwnedNameInfo[]> {
  const answer = await askOperator(folder, request);
  if (answer !== undefined) return namesIn(answer);
  await checkHasNames(folder);
  const history = openHistory({
    folder,
    allowsCopy: true,
    retention: { ms: Infinity, bytes: Infinity },
    now: systemClock.wall(),
    host: Deno.hostname(),
    elapsed: systemClock.elapsed,
    report,
  });
  try {
    if (request.do === "free name" && history.progress !== undefined) {
      throw new OperatorError(
        "Cannot free a name while the hub does not run, as it is in a cluster, where messages change at all hubs: " +
          "start it, or free the name at another hub",
      );
    }
    const registry = openRegistry({
      folder,
      nameMs: Infinity,
      skeletons: nameSkeletons,
      now: systemClock.wall(),
      report,
    });
    try {
      const operator = new NameOperator({
        registry,
        checkKey: (key) => void readPublicKeyBlob(fromBase64(key)!),
        now: systemClock.wall,
        keysChanged: () => {},
        free: (owner) =>
          registry.free(owner, {
            detach: ({ name }) => history.detach(nameKey(name)),
            erase: ({ name }) => history.erase(name),
          }),
      });
      return namesIn(operator.handle(request));
    } finally {
      registry.close();
    }
  } finally {
    history.close();
  }
}

function namesIn(answer: OperatorAnswer | undefined): OwnedNameInfo[] {
  if (answer !== undefined && "names" in answer) return answer.names;
  throw new OperatorError("Cannot read the answer of the hub: it is another version than this program");
}

/** Checks that a hub has stored names in a folder: opening it would create what is missing. */
async function checkHasNames(folder: string): Promise<void> {
  try {
    await Deno.stat(join(folder, REGISTRY_FILE));
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "no hub stores any there" : reasonOf(cause);
    throw new OperatorError(`Cannot read names in ${folder}: ${reason}; use --data to name another folder`, {
      cause,
    });
  }
}

/** Reads a public key: a line, the base64 in it alone, or a file with such a line. */
async function readKey(given: string): Promise<string> {
  let parsed: PublicKey;
  try {
    parsed = parsePublicKey(/^AAAA/.test(given) ? `ssh-ed25519 ${given}` : given);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    let line: string;
    try {
      line = await Deno.readTextFile(given);
    } catch {
      throw new KeyError(
        `Cannot use the key ${given}: it must be a line such as ssh-ed25519 AAAA…, or a file with one: ` +
          error.message,
      );
    }
    parsed = parsePublicKey(line.trim());
  }
  return toBase64(publicKeyBlob(parsed.key));
}

async function fingerprintsOf({ keys }: OwnedNameInfo): Promise<string[]> {
  return await Promise.all(keys.map((key) => keyFingerprint(readPublicKeyBlob(fromBase64(key)!))));
}

/** Formats a name for people: a line, and one more for each key. */
async function textOf(info: OwnedNameInfo): Promise<string> {
  const { name, since, lastUsed, moved } = info;
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  const when = `since ${day(since)}, last used ${day(lastUsed)}${
    moved === undefined ? "" : `, moved ${day(moved)}`
  }`;
  return [`${name}  ${when}`, ...(await fingerprintsOf(info)).map((fingerprint) => `  ${fingerprint}`), ""]
    .join("\n");
}

/** Formats a name as one line of JSON. */
async function recordOf(info: OwnedNameInfo): Promise<string> {
  const { name, since, lastUsed, moved, keys } = info;
  const fingerprints = await fingerprintsOf(info);
  return JSON.stringify({
    name,
    since,
    last_used: lastUsed,
    ...moved === undefined ? {} : { moved },
    keys: keys.map((key, i) => ({ key: `ssh-ed25519 ${key}`, fingerprint: fingerprints[i] })),
  }) + "\n";
}
