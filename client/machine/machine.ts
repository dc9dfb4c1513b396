/**
 * The interface between the client and its machine. Everything below it uses only this interface, so tests can replace
 * it.
 *
 * @module
 */
import { type Connect, connectTcp, type Encrypt, encryptTcp, resolveHost } from "../net/mod.ts";
import { readerGone, systemClock, type TimedClock } from "../../runtime/mod.ts";
import { ExitStatus } from "./exit_status.ts";
import type { Sink } from "./output.ts";
import type { OffsetMinutes } from "../text/mod.ts";
import { askLine } from "./ask_line.ts";
import { terminalSize } from "./terminal_size.ts";

/** The machine, as the client sees it. */
export interface Machine {
  /** Opens stdin; called at most once. */
  stdin: () => ReadableStream<Uint8Array>;
  /** Whether stdin is a terminal. */
  stdinIsTerminal: boolean;
  /** Where the chat goes. */
  stdout: Sink;
  /** Whether stdout is a terminal. */
  stdoutIsTerminal: boolean;
  /** Gives the current width of the terminal, in columns; only if stdout is a terminal. */
  stdoutColumns: () => number;
  /** Waits until nobody can read stdout any more; never resolves where that cannot be known. */
  stdoutClosed: () => Promise<void>;
  /** Where errors and notices go. */
  stderr: Sink;
  /** Gives an environment variable; `undefined` if it is not set. */
  environment: (name: string) => string | undefined;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
  /** Opens connections. */
  connect: Connect;
  /** Looks up all IP addresses of a host; without it hosts are connected to by name. */
  resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Gives random numbers from 0 up to, but not including, 1; by default `Math.random`. */
  random?: () => number;
  /** Encrypts connections. */
  encrypt: Encrypt;
  /**
   * Asks the user for a line at the terminal; `undefined` without a terminal.
   *
   * @param question the question
   * @returns the line; `undefined` if the user gave none
   */
  ask?: ((question: string) => Promise<string | undefined>) | undefined;
  /**
   * Asks the user for a password at the terminal without showing it; `undefined` without a terminal.
   *
   * @param question the question
   * @param signal gives up when aborted
   * @returns the password; `undefined` if the user gave none
   */
  askSecret?: ((question: string, signal: AbortSignal) => Promise<string | undefined>) | undefined;
  /** The clock. */
  clock: TimedClock;
  /** Calls back with an exit status when a signal ends the program; returns a function that removes the listeners. */
  onSignal: (ended: (status: number) => void) => () => void;
}

/**
 * Gives the machine of this process.
 *
 * @returns its streams, environment, network, clock and signals
 */
export function thisMachine(): Machine {
  return {
    stdin: () => Deno.stdin.readable,
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdout: Deno.stdout,
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    stdoutColumns: () => terminalSize().columns,
    stdoutClosed: () => readerGone(1),
    stderr: Deno.stderr,
    environment: (name) => Deno.env.get(name),
    offsetMinutes: (timestamp) => -new Date(timestamp).getTimezoneOffset(),
    connect: connectTcp,
    resolve: resolveHost,
    random: Math.random,
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
  // Windows has none of the others.
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
