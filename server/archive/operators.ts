/**
 * `riftchat op`: lists, adds and removes operators. A running hub is asked; otherwise the data folder is used, and
 * locked meanwhile.
 *
 * @module
 */
import {
  fromBase64,
  KeyError,
  keyFingerprint,
  parsePublicKey,
  publicKeyBlob,
  readPublicKeyBlob,
  toBase64,
} from "../../identity/mod.ts";
import { checkName, ProtocolError } from "../../protocol/mod.ts";
import { reasonOf, sanitize, systemClock } from "../../runtime/mod.ts";
import {
  askOperator,
  type OperatorAnswer,
  OperatorError,
  type OperatorInfo,
  type OperatorRequest,
} from "../control/mod.ts";
import { MODERATION_FILE, operatorRequests } from "../moderation/mod.ts";
import { type FolderUse, note, otherVersion, reportingErrors, withOfflineFolder } from "../offline/mod.ts";
import { REGISTRY_FILE } from "../registry/mod.ts";
import { StdoutWriter } from "./streams.ts";

const FOLDER_USE: FolderUse = {
  what: "the hub",
  files: [REGISTRY_FILE, MODERATION_FILE],
  missing: "no hub stores anything there",
};

/** What to do with operators. `who` is a name, a key, a file with a key or, to remove one, a fingerprint. */
export type OperatorAction = { do: "list"; json: boolean } | { do: "add" | "remove"; who: string };

/**
 * Lists or changes operators, and prints the result.
 *
 * @param folder the data folder
 * @param action what to do
 * @returns the exit status; errors were printed on stderr
 */
export function operators(folder: string, action: OperatorAction): Promise<number> {
  return reportingErrors(async () => {
    const out = new StdoutWriter();
    if (action.do === "list") {
      const { answer, isRunning } = await askModeration(folder, { do: "list operators" });
      const list = operatorsIn(answer);
      for (const info of list) await out.write(action.json ? await recordOf(info) : await textOf(info));
      if (list.length === 0 && !action.json) await out.write("nobody is an operator\n");
      if (!isRunning) note("the hub does not run: the keys in the file of --operators are not listed");
    } else {
      const who = await readWho(action.who, action.do);
      const { answer } = action.do === "add"
        ? await askModeration(folder, {
          do: "add operator",
          ..."name" in who ? who : { key: who.key, comment: who.comment },
        })
        : await askModeration(folder, {
          do: "remove operator",
          ..."name" in who ? who : { key: who.key },
        });
      const [info] = operatorsIn(answer) as [OperatorInfo];
      const shown = info.isName ? info.shown : `the key ${(await fingerprintsOf(info))[0]}`;
      await out.write(
        action.do === "add" ? `${shown} is an operator now\n` : `${shown} is not an operator any more\n`,
      );
    }
    await out.flush();
  }, [KeyError]);
}

/**
 * Asks the hub that uses a folder about moderation; if none does, opens the folder.
 *
 * @param folder the data folder
 * @param request the request
 * @returns the answer, and whether a hub gave it
 * @throws {OperatorError} and the errors of the history, the registry and the moderation
 */
export async function askModeration(
  folder: string,
  request: OperatorRequest,
): Promise<{ answer: OperatorAnswer | undefined; isRunning: boolean }> {
  const answer = await askOperator(folder, request);
  if (answer !== undefined) return { answer, isRunning: true };
  return await withOfflineFolder(folder, FOLDER_USE, ({ moderation, registry: { names } }) => {
    const handle = operatorRequests({ moderation, names, now: systemClock.wall });
    return { answer: handle(request), isRunning: false };
  });
}

function operatorsIn(answer: OperatorAnswer | undefined): OperatorInfo[] {
  if (answer !== undefined && "operators" in answer) return answer.operators;
  throw otherVersion();
}

/** Reads who is meant: a name, a key, a file with a key, or a fingerprint. */
async function readWho(
  text: string,
  action: "add" | "remove",
): Promise<{ name: string } | { key: string; comment: string }> {
  if (/^(?:ssh-|ecdsa-|sk-)\S+\s/.test(text)) return keyIn(text);
  if (/^AAAA\S{60}/.test(text)) return keyIn(`ssh-ed25519 ${text}`);
  if (text.startsWith("SHA256:")) {
    if (action === "remove") return { key: text, comment: "" };
    throw new OperatorError(
      `Cannot add ${text}: a fingerprint is not enough: give the whole key, such as 'ssh-ed25519 AAAA…'`,
    );
  }
  if (/[/\\]|\.pub$/.test(text)) {
    let line: string | undefined;
    try {
      line = await Deno.readTextFile(text);
    } catch (error) {
      const couldBeName = error instanceof Deno.errors.NotFound && !/[/\\]/.test(text);
      if (!couldBeName) throw new OperatorError(`Cannot read the key in ${text}: ${reasonOf(error)}`);
    }
    if (line !== undefined) return keyIn(line.trim());
  }
  try {
    checkName(text);
    return { name: text };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new OperatorError(
      `Cannot ${action} ${
        JSON.stringify(text)
      }: it must be a name, a line such as ssh-ed25519 AAAA…, or a file with one`,
    );
  }
}

function keyIn(line: string): { key: string; comment: string } {
  try {
    const { key, comment } = parsePublicKey(line);
    return { key: toBase64(publicKeyBlob(key)), comment };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new OperatorError(`Cannot use that key: ${error.message}`);
  }
}

async function fingerprintsOf({ keys }: OperatorInfo): Promise<string[]> {
  return await Promise.all(keys.map((key) => keyFingerprint(readPublicKeyBlob(fromBase64(key)!))));
}

/** Formats an operator for people: a line, and one more for each key. */
async function textOf(info: OperatorInfo): Promise<string> {
  const { shown, inFile, at } = info;
  const where = inFile ? "in the file of --operators" : `added ${new Date(at!).toISOString().slice(0, 10)}`;
  const keys = (await fingerprintsOf(info)).map((fingerprint) => `  ${fingerprint}`);
  return [`${sanitize(shown) || "(no comment)"}  ${where}`, ...keys, ""].join("\n");
}

/** Formats an operator as one line of JSON. */
async function recordOf(info: OperatorInfo): Promise<string> {
  const { shown, isName, inFile, at, keys } = info;
  const fingerprints = await fingerprintsOf(info);
  return JSON.stringify({
    [isName ? "name" : "comment"]: shown,
    source: inFile ? "file" : "added",
    ...at === undefined ? {} : { added: at },
    keys: keys.map((key, i) => ({ key: `ssh-ed25519 ${key}`, fingerprint: fingerprints[i] })),
  }) + "\n";
}
