/**
 * The message of the day: the text of a file that users read when they join.
 *
 * Rules: the file may not hold what a client may not send, since the hub does not rely on clients to sanitize it. It
 * is shown as it is or refused with the number of the bad line, never cut. Windows line ends and the line end at the
 * end of the file are not part of the text.
 *
 * @module
 */
import { checkText, ProtocolError } from "../../protocol/mod.ts";
import { MAX_MOTD_BYTES } from "../limits.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The file cannot be used as the message of the day; the message says why. */
export class MotdError extends Error {
  /** As in every `Error`. */
  override readonly name = "MotdError";
}

/**
 * Reads the message of the day.
 *
 * @param path the path of the file; empty for none
 * @returns its text; `undefined` if there is none
 * @throws {MotdError} if it cannot be read, is too long, is not UTF-8, or holds characters that a message may not
 * hold
 */
export async function readMotd(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    using file = await Deno.open(path);
    const bytes = await readAtMost(file, MAX_MOTD_BYTES + 1);
    if (bytes.length > MAX_MOTD_BYTES) {
      throw new MotdError(`it must be at most ${MAX_MOTD_BYTES} bytes: it is longer`);
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
    throw new MotdError("it must be UTF-8 text: it is not");
  }
  text = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
  for (const [index, line] of text.split("\n").entries()) {
    try {
      if (line !== "") checkText(line);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new MotdError(`line ${index + 1} must be a valid message: ${error.message}`);
    }
  }
  return text === "" ? undefined : text;
}

/** Reads until the end of the file or until `max` bytes: a device file may have no end. */
async function readAtMost(file: Deno.FsFile, max: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(max);
  let length = 0;
  while (length < max) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
