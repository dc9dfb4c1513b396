/**
 * Asks the user for another name, if the hub has refused one because it is taken or belongs to somebody.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import { afterPrefix } from "../../runtime/mod.ts";
import { parseUsername } from "../commands/mod.ts";

/** How often the question is asked if the answer is no name. */
const TRIES = 3;

const OTHER_KEY =
  "If it is your name, take another one for now, type :key code on the device where it is yours, and here what " +
  "that shows; or leave with Ctrl-D and join with the key that owns it: --identity FILE.\n";

/** A name that the hub has refused. */
export interface RefusedName {
  /** Whether it belongs to another key. */
  readonly isOwned: boolean;
  /** A similar name that is free, if the hub named one. */
  readonly free: string | undefined;
}

/**
 * Asks for another name. The error of the hub was reported before.
 *
 * @param refused the name that was refused
 * @param ask shows a question; resolves with the typed line, or `undefined` if there is none
 * @returns the name, in NFC; `undefined` if the user wants none
 */
export async function askName(
  { isOwned, free }: RefusedName,
  ask: (question: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const offered = free === undefined ? undefined : nameIn(free);
  const offer = typeof offered === "string" ? ` (Enter for ${offered})` : "";
  let text = `${isOwned ? OTHER_KEY : ""}Another name${offer}: `;
  for (let tries = 0; tries < TRIES; tries++) {
    const line = (await ask(text))?.trim();
    if (line === undefined) return undefined;
    const name = line === "" ? offered : nameIn(line);
    if (typeof name === "string") return name;
    if (name === undefined) return undefined;
    text = `${afterPrefix(name.message)}\nAnother name${offer}: `;
  }
  return undefined;
}

/** Reads a name; returns the error if it is none. */
function nameIn(text: string): string | ProtocolError {
  try {
    return parseUsername(text);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}
