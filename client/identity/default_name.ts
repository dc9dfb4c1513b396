/**
 * The name of a user who gives none: the one that they have on the machine.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import { parseUsername } from "../commands/mod.ts";

/** The variables with that name: POSIX (XBD 8.3) has LOGNAME, most shells set USER, Windows sets USERNAME. */
const VARIABLES = ["USER", "LOGNAME", "USERNAME"];

/**
 * Finds the default name.
 *
 * @param environment returns an environment variable, or `undefined`
 * @returns the name in NFC; `undefined` if there is none, or if the hub would not accept it
 */
export function defaultName(environment: (name: string) => string | undefined): string | undefined {
  const name = VARIABLES.map(environment).find((value) => value);
  if (name === undefined) return undefined;
  try {
    return parseUsername(name);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  }
}
