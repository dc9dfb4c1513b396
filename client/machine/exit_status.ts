/**
 * What `riftchat join` tells the shell when it ends.
 *
 * @module
 */
import type { LinkErrorKind } from "../net/mod.ts";

/** The exit statuses; those of signals are 128 and the signal's number, as shells have it. */
export const ExitStatus = {
  /** All went well: whatever was to be said was acknowledged. */
  Ok: 0,
  /** A fault of the program or of its machine. */
  Fault: 1,
  /** The command line was wrong. */
  Usage: 2,
  /** No hub was there. */
  Unreachable: 3,
  /** The hub would not have this client, or not all that it wanted to say. */
  Refused: 4,
  /** The connection was lost, or the hub went down. */
  Lost: 5,
  /** The hub may not be the one that was meant: its certificate is not known or has changed, or TLS is missing. */
  Untrusted: 6,
  /** SIGHUP. */
  HungUp: 129,
  /** SIGINT. */
  Interrupted: 130,
  /** SIGTERM. */
  Terminated: 143,
} as const;

const STATUS_OF: Record<LinkErrorKind, number> = {
  unreachable: ExitStatus.Unreachable,
  refused: ExitStatus.Refused,
  lost: ExitStatus.Lost,
  left: ExitStatus.Ok,
  untrusted: ExitStatus.Untrusted,
};

/**
 * Gives the exit status for the end of a link.
 *
 * @param kind why the link ended
 * @returns the exit status
 */
export function exitStatusOf(kind: LinkErrorKind): number {
  return STATUS_OF[kind];
}
