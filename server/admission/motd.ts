/**
 * The message of the day: a file, to the text that is shown to people who arrive.
 *
 * Rules: what a client may not say, the file may not either (the hub does not rely on clients to make it harmless); it is
 * shown as it is or refused with its line, never cut. The line ends of Windows and the one at the end of the file are
 * the editor's, and not part of the text.
 *
 * @module
 */
import { checkText, ProtocolError } from "../../protocol/mod.ts";
import { MAX_MOTD_BYTES } from "../limits.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The file cannot be shown to people; the message says why. */
export class MotdError extends Error {
  /** As for any `Error`. */
  override readonly name = "MotdError";
}

/**
 * Reads the message of the day.
 *
 * @param path the file; empty for none
 * @returns its text; `undefined` where there is none
 * @throws {MotdError} where it cannot be read, is too long, no UTF-8, or holds what may not be said
 */
export async function readMotd(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    using file = await Deno.open(path);
    const bytes = await readSome(file, MAX_MOTD_BYTES + 1);
    if (bytes.length > MAX_MOTD_BYTES) {
      throw new MotdError(`it must be at most ${MAX_MOTD_BYTES} bytes: it is more`);
    }
    return parseMotd(bytes);
  } catch (error) {
    if (error instanceof MotdError) {
      throw new MotdError(`Cannot use the message of the day ${path}: ${error.message}`);
    }
    throw new MotdError(
      `Cannot read the message of the day ${path}: it must be a file that can be read: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function parseMotd(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new MotdError("it must be UTF-8: it is something else");
  }
  text = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
  for (const [index, line] of text.split("\n").entries()) {
    try {
      if (line !== "") checkText(line);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new MotdError(`line ${index + 1} must be one that may be said: ${error.message}`);
    }
  }
  return text === "" ? undefined : text;
}

/** Reads until the end, or until there are that many bytes: a device may have no end. */
async function readSome(file: Deno.FsFile, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let length = 0;
  while (length < most) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
