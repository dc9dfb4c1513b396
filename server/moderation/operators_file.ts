/**
 * The file of operators, in the format of `authorized_keys` of OpenSSH: one key a line, with options before it and a
 * comment after it.
 *
 * Rules: whoever can write the file can become an operator, so a file that other users of the system may write is
 * refused, as by sshd.
 *
 * @module
 */
import { KeyError, parsePublicKey, publicKeyBlob, toBase64 } from "../../identity/mod.ts";
import { checkFileOwner, OwnerError, reasonOf } from "../../runtime/mod.ts";
import { MAX_OPERATORS_BYTES } from "../limits.ts";

/** A key in the file. */
export interface OperatorKey {
  /** The key, as the base64 of an OpenSSH blob. */
  readonly key: string;
  /** The comment, often `USER@HOST`; may be empty. */
  readonly comment: string;
}

/** The content of the file. */
export interface OperatorsFile {
  /** The keys of the operators, each once. */
  readonly keys: readonly OperatorKey[];
  /** A sentence for each line that was skipped. */
  readonly skipped: readonly string[];
}

/** The file of operators cannot be used; the message says why and what to do. */
export class OperatorsFileError extends Error {
  /** As for any `Error`. */
  override readonly name = "OperatorsFileError";
}

/** The bits of a mode by which other users may write. */
const WRITTEN_BY_OTHERS = 0o022;

/** What a key begins with. */
const KEY_TYPE = /^(?:ssh-|ecdsa-|sk-)\S+$/;

/**
 * Reads the file of operators.
 *
 * @param path the path of the file
 * @returns the keys, and what was skipped
 * @throws {OperatorsFileError} if it cannot be read, is too long, or other users may write it
 */
export async function loadOperators(path: string): Promise<OperatorsFile> {
  const wrong = (why: string, cause?: unknown) =>
    new OperatorsFileError(`Cannot use the operators ${path}: ${why}`, { cause });
  try {
    checkFileOwner(path);
    const { mode, size, isFile } = await Deno.stat(path);
    if (!isFile) throw wrong("it must be a file: it is something else");
    if (size > MAX_OPERATORS_BYTES) {
      throw wrong(`it must be at most ${MAX_OPERATORS_BYTES} bytes: it has ${size}`);
    }
    if (Deno.build.os !== "windows" && mode !== null && (mode & WRITTEN_BY_OTHERS) !== 0) {
      throw wrong(
        `only you may be able to write it, since whoever writes it becomes an operator: run chmod go-w ${path}`,
      );
    }
    return readOperators(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof OperatorsFileError) throw error;
    if (error instanceof OwnerError) throw wrong(error.reason, error);
    throw wrong(`it must be a file that can be read: ${reasonOf(error)}`, error);
  }
}

/**
 * Reads the text of the file of operators. Empty lines and those that begin with `#` count for nothing; what stands
 * before the key, such as `no-pty` or `from="…"`, has no meaning for a hub and is ignored.
 *
 * @param text the content of the file
 * @returns the keys, and what was skipped
 */
export function readOperators(text: string): OperatorsFile {
  const keys = new Map<string, OperatorKey>();
  const skipped: string[] = [];
  for (const [index, whole] of text.replace(/^\uFEFF/, "").split(/\r\n|[\r\n]/).entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const options = optionsBefore(line);
    try {
      const { key, comment } = parsePublicKey(line.slice(options));
      const blob = toBase64(publicKeyBlob(key));
      if (!keys.has(blob)) keys.set(blob, { key: blob, comment });
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      skipped.push(`line ${index + 1} was skipped: ${error.message}`);
    }
  }
  return { keys: [...keys.values()], skipped };
}

/** Returns how many characters the options before the key take. In quotes, blanks do not end them. */
function optionsBefore(line: string): number {
  const [first = ""] = /^\S+/.exec(line) ?? [];
  if (KEY_TYPE.test(first)) return 0;
  return /^(?:"(?:\\.|[^"\\])*"|[^\s"])+\s+/.exec(line)?.[0].length ?? 0;
}
