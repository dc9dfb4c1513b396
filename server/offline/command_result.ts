/**
 * The exit status of a command that uses a data folder, and its errors on stderr.
 *
 * @module
 */
import { afterPrefix, errorText } from "../../runtime/mod.ts";
import { OperatorError } from "../control/mod.ts";
import { HistoryError } from "../history/mod.ts";
import { ModerationFileError } from "../moderation/mod.ts";
import { RegistryError } from "../registry/mod.ts";

const OK = 0;
const FAILED = 1;

/** Errors that a user can mend. */
const KNOWN = [OperatorError, HistoryError, RegistryError, ModerationFileError];

/**
 * Runs a command, and prints its error on stderr.
 *
 * @param run the command
 * @param known more types of errors that a user can mend
 * @returns the exit status
 * @throws any other error
 */
export async function reportingErrors(
  run: () => Promise<void>,
  known: readonly (new (...parameters: never[]) => Error)[] = [],
): Promise<number> {
  try {
    await run();
    return OK;
  } catch (error) {
    if (![...KNOWN, ...known].some((type) => error instanceof type)) throw error;
    note(afterPrefix((error as Error).message));
    return FAILED;
  }
}

/**
 * Prints a line on stderr.
 *
 * @param text the line
 */
export function note(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(errorText(text)));
}

/** The error for an answer of a hub that this program does not know. */
export function otherVersion(): OperatorError {
  return new OperatorError("Cannot read the answer of the hub: it is another version than this program");
}
