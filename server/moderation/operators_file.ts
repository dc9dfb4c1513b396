/**
 * The format of the file of operators, that of `authorized_keys` of OpenSSH: one key a line, with options before it and
 * a comment after it.
 *
 * PURE.
 *
 * @module
 */
import { KeyError, parsePublicKey, publicKeyBlob, toBase64 } from "../../identity/mod.ts";

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

/** What a key begins with. */
const KEY_TYPE = /^(?:ssh-|ecdsa-|sk-)\S+$/;

/**
 * Reads the file of operators. Empty lines and those that begin with `#` count for nothing; what stands before the key,
 * such as `no-pty` or `from="…"`, has no meaning for a hub and is ignored.
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
