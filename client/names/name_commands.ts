/**
 * Runs the commands about names that belong to keys.
 *
 * The file is long because it holds one method for each command, and the texts that explain why one fails.
 *
 * Rules:
 * - A request that the hub does not know is not sent: one line says why.
 * - A name is given up only if the user has typed it.
 * - The key in use is removed on another device only, so that nobody locks themselves out by mistake.
 *
 * @module
 */
import { fromBase64, KeyError, keyFingerprint, readPublicKeyBlob } from "../../identity/mod.ts";
import { Code, type KeyInfo, type Keys, nameKey } from "../../protocol/mod.ts";
import type { NameAction } from "../commands/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { userRows } from "../render/mod.ts";
import {
  formatDuration,
  formatTimeOfDay,
  info,
  type OffsetMinutes,
  sanitize,
  sanitizeName,
  type StyledLine,
} from "../text/mod.ts";
import { type KeyOperand, readKeyOperand } from "./key_operand.ts";
import { keyLines, personLines } from "./name_texts.ts";

/** What a command has done. */
export type NameResult =
  /** It is done, and these lines say so. With `takeName` the client is now to take that name. */
  | { readonly kind: "done"; readonly lines: readonly StyledLine[]; readonly takeName?: string }
  /** It was not done, for this reason. */
  | { readonly kind: "failed"; readonly message: string }
  /** It is done by this input only, after the user has read these lines. */
  | { readonly kind: "confirm"; readonly lines: readonly string[]; readonly input: string };

/** Options of {@linkcode NameCommands}. */
export interface NameCommandsOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the session of the open link; `undefined` without a link. */
  session: () => Session | undefined;
  /** Returns the public key that this client has proved, as the base64 of its blob; `undefined` for a guest. */
  ownKey: () => string | undefined;
  /** Returns the time, in milliseconds since 1970. */
  now: () => number;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
  /** Reads the key of a file, as `keyInFile` of this room does. Without it no file can be named. */
  keyInFile?: (path: string) => Promise<string>;
}

/** Runs the commands about names. */
export class NameCommands {
  readonly #options: NameCommandsOptions;
  #fingerprints: readonly string[] = [];
  /** The key of the name that was given up last. */
  #released: string | undefined;

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode NameCommandsOptions}
   */
  constructor(options: NameCommandsOptions) {
    this.#options = options;
  }

  /** The fingerprints of the keys that were listed last and can be removed here, for completion. */
  get fingerprints(): readonly string[] {
    return this.#fingerprints;
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @returns what was done
   * @throws {LinkError} if the link ends before the answer
   */
  async do(action: NameAction): Promise<NameResult> {
    const { session } = this.#options;
    const open = session();
    if (open !== undefined && !hasFeature(open, "keys")) {
      return failed(`Cannot ${WANTED[action.kind]}: on this hub no name belongs to anybody`);
    }
    try {
      switch (action.kind) {
        case "release":
          return await this.#release(action.name);
        case "addKey":
          return await this.#add(action.text);
        case "removeKey":
          return await this.#remove(action.text);
        case "keyCode":
          return await this.#code();
        case "keys":
          return await this.#list();
        case "whois":
          return await this.#describe(action.name);
      }
    } catch (error) {
      if (error instanceof Refusal) return failed(`Cannot ${WANTED[action.kind]}: ${error.message}`);
      throw error;
    }
  }

  async #release(name: string | undefined): Promise<NameResult> {
    const own = this.#options.session()?.name ?? "";
    const { since } = await this.#keys();
    if (since === undefined) throw new Refusal(this.#whyNotOwned(own));
    const shown = sanitizeName(own);
    if (name === undefined) {
      return {
        kind: "confirm",
        lines: [
          `${shown} will belong to nobody: whoever says something under it next gets it`,
          "nobody who gets it can read your direct conversations; you keep the name until you leave, as a guest",
          "each room of yours goes to its longest member; a private one without other members is deleted",
          `:release ${shown} gives it up`,
        ],
        input: `:release ${own}`,
      };
    }
    if (nameKey(name) !== nameKey(own)) {
      throw new Refusal(
        `your name is ${shown} and not ${sanitizeName(name)}; take that name first by :username ${
          sanitizeName(name)
        }`,
      );
    }
    await this.#ask({ code: Code.Release });
    this.#released = nameKey(own);
    return done(`${shown} belongs to nobody now; whoever says something under it with a key gets it`);
  }

  async #add(text: string): Promise<NameResult> {
    const operand = readOperand(text);
    if (operand.kind === "code") {
      const answer = await this.#ask({ code: Code.AddKey, key_code: operand.code });
      const name = answer.code === Code.Done ? answer.username : undefined;
      if (name === undefined) return done("the key of this device now has the name of the other one");
      const lines = [info(`${sanitizeName(name)} is yours on this device, too`)];
      return { kind: "done", lines, takeName: name };
    }
    if (operand.kind === "fingerprint") {
      throw new Refusal(
        "this is the fingerprint of a key; give the key itself, which begins with ssh-ed25519",
      );
    }
    const key = operand.kind === "key" ? operand.key : await this.#keyInFile(operand.path);
    await this.#ask({ code: Code.AddKey, key });
    const name = sanitizeName(this.#options.session()?.name ?? "");
    return done(`the key ${await fingerprintOf(key)} can use the name ${name} now`);
  }

  async #keyInFile(path: string): Promise<string> {
    const { keyInFile } = this.#options;
    if (keyInFile === undefined) {
      throw new Refusal(
        `${
          sanitize(path)
        } is no key: one begins with ssh-ed25519, a fingerprint with SHA256:, and a code has six words`,
      );
    }
    try {
      return await keyInFile(path);
    } catch (error) {
      if (error instanceof KeyError) throw new Refusal(error.message);
      throw error;
    }
  }

  async #remove(text: string): Promise<NameResult> {
    const operand = readOperand(text);
    if (operand.kind === "code") throw new Refusal("a code adds a key; to remove one, give its fingerprint");
    const { keys, username, since } = await this.#keys();
    if (since === undefined) throw new Refusal(this.#whyNotOwned(username));
    const wanted = operand.kind === "key"
      ? operand.key
      : operand.kind === "file"
      ? await this.#keyInFile(operand.path)
      : await find(keys, operand.fingerprint);
    const fingerprint = await fingerprintOf(wanted);
    if (!keys.some(({ key }) => key === wanted)) {
      throw new Refusal(`${sanitizeName(username)} has no key ${fingerprint}; :keys lists its keys`);
    }
    if (wanted === this.#options.ownKey()) {
      throw new Refusal(
        `${fingerprint} is the key in use here; remove it on another device, or give the name up by :release`,
      );
    }
    await this.#ask({ code: Code.RemoveKey, key: wanted });
    return done(`the key ${fingerprint} cannot use the name ${sanitizeName(username)} any more`);
  }

  async #code(): Promise<NameResult> {
    const answer = await this.#ask({ code: Code.AskKeyCode });
    if (answer.code !== Code.KeyCode) throw new Refusal("the hub has answered something else");
    const { now, offsetMinutes, session } = this.#options;
    const until = formatTimeOfDay(now() + answer.valid_ms, offsetMinutes);
    const name = sanitizeName(session()?.name ?? "");
    return {
      kind: "done",
      lines: [
        info(`to use ${name} on another device, too, join there under any name, and type:`),
        [{ text: `  :key add ${sanitize(answer.key_code)}`, style: "notice" }],
        info(`this works once, until ${until} (${formatDuration(answer.valid_ms)}); tell it to nobody else`),
      ],
    };
  }

  async #list(): Promise<NameResult> {
    const { keys, since, username } = await this.#keys();
    if (since === undefined) throw new Refusal(this.#whyNotOwned(username));
    const own = this.#options.ownKey();
    const listed = await Promise.all(
      keys.map(async ({ key, added }) => ({
        fingerprint: await fingerprintOf(key),
        added,
        inUse: key === own,
      })),
    );
    this.#fingerprints = listed.filter(({ inUse }) => !inUse).map(({ fingerprint }) => fingerprint);
    return { kind: "done", lines: keyLines(username, since, listed, this.#options.offsetMinutes) };
  }

  async #describe(name: string): Promise<NameResult> {
    const person = await this.#ask({ code: Code.AskPerson, username: name });
    if (person.code !== Code.Person) throw new Refusal("the hub has answered something else");
    const lines = personLines(person, this.#options.offsetMinutes);
    if (!person.online) return { kind: "done", lines };
    const users = await this.#ask({ code: Code.Who });
    const found = users.code === Code.Users
      ? users.users.filter(({ username }) => nameKey(username) === nameKey(person.username))
      : [];
    return { kind: "done", lines: [...lines, ...userRows(found, { marks: true })] };
  }

  async #keys(): Promise<Keys> {
    const answer = await this.#ask({ code: Code.AskKeys });
    if (answer.code !== Code.Keys) throw new Refusal("the hub has answered something else");
    return answer;
  }

  /** Sends a request; throws a {@linkcode Refusal} if the hub refuses it. */
  async #ask(request: ControlRequest): Promise<Exclude<Answer, { code: typeof Code.Refused }>> {
    const answer = await this.#options.ask(request);
    if (answer.code === Code.Refused) throw new Refusal(answer.message.replace(/^Cannot [^:]*: /, ""));
    return answer;
  }

  #whyNotOwned(name: string): string {
    const shown = sanitizeName(name);
    if (nameKey(name) === this.#released) return `you have given up ${shown}`;
    return this.#options.ownKey() === undefined
      ? `you are here as a guest, without a key, so ${shown} is not yours`
      : `${shown} is not yours yet; it becomes yours when you say something under a name that you have chosen`;
  }
}

/** What the user wants, for errors. */
const WANTED: Record<NameAction["kind"], string> = {
  release: "give up the name",
  addKey: "add that key",
  removeKey: "remove that key",
  keyCode: "make a code for another device",
  keys: "list the keys",
  whois: "tell who has that name",
};

/** Why a command is not carried out, for the user. */
class Refusal extends Error {}

function done(text: string): NameResult {
  return { kind: "done", lines: [info(text)] };
}

function failed(message: string): NameResult {
  return { kind: "failed", message };
}

function readOperand(text: string): KeyOperand {
  try {
    return readKeyOperand(text);
  } catch (error) {
    if (error instanceof KeyError) throw new Refusal(error.message);
    throw error;
  }
}

/** Finds the key whose fingerprint begins like this. */
async function find(keys: readonly KeyInfo[], beginning: string): Promise<string> {
  const found: string[] = [];
  for (const { key } of keys) {
    if ((await fingerprintOf(key)).startsWith(beginning)) found.push(key);
  }
  if (found.length === 1) return found[0]!;
  const why = found.length === 0
    ? "no key of this name has"
    : "several keys of this name have a fingerprint like";
  throw new Refusal(`${why} ${sanitize(beginning)}; :keys lists them`);
}

/** @throws {Refusal} if the hub has sent no key */
async function fingerprintOf(key: string): Promise<string> {
  try {
    return await keyFingerprint(readPublicKeyBlob(fromBase64(key) ?? new Uint8Array()));
  } catch (error) {
    if (error instanceof KeyError) throw new Refusal(`a key cannot be read: ${error.message}`);
    throw error;
  }
}
