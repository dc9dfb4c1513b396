/**
 * Common code of the client's subcommands: reports on stderr, and the end by a signal.
 *
 * @module
 */
import { afterPrefix, withoutInvites } from "../../runtime/mod.ts";
import { ExitStatus, type Machine, type Output, type Report } from "../machine/mod.ts";
import { findIdentity, IdentityError } from "../identity/mod.ts";
import { asciiText, isolateWords, localeWithoutUtf8, sanitize } from "../text/mod.ts";

/**
 * Finds the key with which a subcommand joins. Reports why, if it cannot be used.
 *
 * @param wishes see `findIdentity`
 * @param machine the machine
 * @param report receives the reason
 * @returns the key; `undefined` if the user names a key that cannot be used
 */
export async function identityFor(
  wishes: Parameters<typeof findIdentity>[0],
  machine: Machine,
  report: Report,
): Promise<Awaited<ReturnType<typeof findIdentity>> | undefined> {
  try {
    const found = await findIdentity(wishes, machine);
    if (found.problem !== undefined) report(found.problem);
    return found;
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    report(`${error.message}; --no-identity joins as a guest`);
    return undefined;
  }
}

/** How long output may still be written after a signal, in milliseconds. */
const LAST_WRITE_LIMIT_MS = 1000;

/**
 * Makes a function that reports messages to the user.
 *
 * @param err where they are written
 * @param machine the machine
 * @returns writes a message as one sanitized line, after the name of the program
 */
export function reporter(err: Output, machine: Machine): Report {
  return (message) => {
    let shown = sanitize(withoutInvites(afterPrefix(message)));
    if (asciiLocale(machine) !== undefined) shown = asciiText(shown);
    else if (machine.stdoutIsTerminal) shown = isolateWords(shown);
    return err.write(`riftchat: ${shown}\n`);
  };
}

/**
 * Finds the environment variable that limits a terminal to ASCII.
 *
 * @param machine the machine
 * @returns the variable with its value; `undefined` if stdout is no terminal, or shows UTF-8
 */
export function asciiLocale(machine: Machine): string | undefined {
  return machine.stdoutIsTerminal ? localeWithoutUtf8(machine.environment) : undefined;
}

/**
 * Runs an action until it ends, or a signal ends it. After the first signal the action has
 * {@linkcode LAST_WRITE_LIMIT_MS} to write its output; a second signal ends it at once.
 *
 * @param machine the machine
 * @param action the action; it ends when its signal is aborted, and returns the exit status
 * @returns the exit status of the action, or of the signal
 */
export async function untilSignal(
  machine: Machine,
  action: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const abort = new AbortController();
  const late = Promise.withResolvers<void>();
  let cancelLate = () => {};
  let signalStatus: number | undefined;
  const stopListening = machine.onSignal((status) => {
    if (signalStatus !== undefined) return late.resolve();
    signalStatus = status;
    abort.abort();
    cancelLate = machine.clock.after(LAST_WRITE_LIMIT_MS, late.resolve);
  });
  try {
    const status = await Promise.race([action(abort.signal), late.promise]);
    return signalStatus ?? status ?? ExitStatus.Fault;
  } finally {
    stopListening();
    cancelLate();
  }
}
