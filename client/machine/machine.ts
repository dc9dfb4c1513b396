/**
 * What the client needs of the machine, in one place, so that nothing below it reaches for the machine by itself.
 *
 * @module
 */
import { type Connect, connectTcp, type Encrypt, encryptTcp } from "../net/mod.ts";
import { systemClock, type TimedClock } from "../../runtime/mod.ts";
import { ExitStatus } from "./exit_status.ts";
import type { Sink } from "./output.ts";
import type { OffsetMinutes } from "../text/mod.ts";
import { askLine } from "./ask_line.ts";

/** The machine, as far as the client has to do with it. */
export interface Machine {
  /** What is typed or piped in; asked for once, when it is to be read. */
  stdin: () => ReadableStream<Uint8Array>;
  /** Whether somebody types it on a terminal. */
  stdinIsTerminal: boolean;
  /** Where the conversation goes. */
  stdout: Sink;
  /** Whether that is a terminal. */
  stdoutIsTerminal: boolean;
  /** Where errors go. */
  stderr: Sink;
  /** Gives a variable of the environment; `undefined` where it is not set. */
  environment: (name: string) => string | undefined;
  /** Tells how the clocks of this place differ from UTC. */
  offsetMinutes: OffsetMinutes;
  /** Opens connections. */
  connect: Connect;
  /** Encrypts them. */
  encrypt: Encrypt;
  /**
   * Asks the person at the terminal, line by line; not there where nobody is.
   *
   * @param question what to ask
   * @returns the line that was typed; nothing where none will be
   */
  ask?: ((question: string) => Promise<string | undefined>) | undefined;
  /**
   * Asks the person at the terminal for a password, without showing it; not there where nobody is.
   *
   * @param question what to ask
   * @param signal gives up when aborted
   * @returns what was typed; nothing where none will be
   */
  askSecret?: ((question: string, signal: AbortSignal) => Promise<string | undefined>) | undefined;
  /** Measures time. */
  clock: TimedClock;
  /** Calls back with an exit status when a signal asks the program to end; returns what stops that. */
  onSignal: (ended: (status: number) => void) => () => void;
}

/**
 * Gives the machine that this program runs on.
 *
 * @returns its ports
 */
export function thisMachine(): Machine {
  return {
    stdin: () => Deno.stdin.readable,
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdout: Deno.stdout,
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stderr: Deno.stderr,
    environment: (name) => Deno.env.get(name),
    offsetMinutes: (timestamp) => -new Date(timestamp).getTimezoneOffset(),
    connect: connectTcp,
    encrypt: encryptTcp,
    ask: Deno.stdin.isTerminal() && Deno.stderr.isTerminal() ? askLine : undefined,
    askSecret: Deno.stdin.isTerminal() && Deno.stderr.isTerminal()
      ? async (question, signal) => (await import("./ask_secret.ts")).askSecret(question, signal)
      : undefined,
    clock: systemClock,
    onSignal,
  };
}

function onSignal(ended: (status: number) => void): () => void {
  const listeners: [Deno.Signal, () => void][] = [["SIGINT", () => ended(ExitStatus.Interrupted)]];
  // Windows has no other way to say it.
  if (Deno.build.os !== "windows") {
    listeners.push(["SIGTERM", () => ended(ExitStatus.Terminated)], [
      "SIGHUP",
      () => ended(ExitStatus.HungUp),
    ]);
  }
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
