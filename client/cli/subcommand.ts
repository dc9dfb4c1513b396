/**
 * What the subcommands of the client have in common: how they tell people something, and how a signal ends them.
 *
 * @module
 */
import { ExitStatus, type Machine, type Output, type Report } from "../machine/mod.ts";
import { asciiText, capabilitiesOf, sanitize } from "../text/mod.ts";

/** How long what was received may still go out after a signal, in milliseconds. */
const LAST_WRITE_LIMIT_MS = 1000;

/**
 * Makes what tells people something.
 *
 * @param err where it is told
 * @param ports the machine
 * @returns tells a message, made harmless, after the name of the program
 */
export function reporter(err: Output, machine: Machine): Report {
  return (message) => {
    const shown = sanitize(message.replace(/(^|: )Cannot /g, "$1cannot "));
    return err.write(`riftchat: ${inAscii(machine) ? asciiText(shown) : shown}\n`);
  };
}

/**
 * Says whether there is a terminal that can show ASCII alone.
 *
 * @param ports the machine
 * @returns whether
 */
export function inAscii(machine: Machine): boolean {
  return machine.stdoutIsTerminal && capabilitiesOf(machine.environment).ascii;
}

/**
 * Does something to its end, or until a signal ends it sooner; what came in before that may still go out.
 *
 * @param ports the machine
 * @param action does it, until the signal that it is given is aborted
 * @returns the exit status
 */
export async function untilSignal(
  machine: Machine,
  action: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const abort = new AbortController();
  const late = Promise.withResolvers<void>();
  let cancelLate = () => {};
  let heard: number | undefined;
  const stopListening = machine.onSignal((status) => {
    if (heard !== undefined) return late.resolve();
    heard = status;
    abort.abort();
    cancelLate = machine.clock.after(LAST_WRITE_LIMIT_MS, late.resolve);
  });
  try {
    const status = await Promise.race([action(abort.signal), late.promise]);
    return heard ?? status ?? ExitStatus.Fault;
  } finally {
    stopListening();
    cancelLate();
  }
}
