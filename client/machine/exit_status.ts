/**
 * The exit statuses of the client.
 *
 * @module
 */
import type { LinkErrorKind } from "../net/mod.ts";

/** The exit statuses. Those of signals are 128 plus the number of the signal, as in shells. */
export const ExitStatus = {
  /** Success: the hub acknowledged every message. */
  Ok: 0,
  /** An internal or system error. */
  Fault: 1,
  /** The command line is wrong. */
  Usage: 2,
  /** No hub answered. */
  Unreachable: 3,
  /** The hub refused the client or some of its messages. */
  Refused: 4,
  /** The connection was lost, or the hub shut down. */
  Lost: 5,
  /** The hub may be the wrong one: its certificate is not known or has changed, or TLS is missing. */
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
  no_key: ExitStatus.Fault,
};

/**
 * Returns the exit status for the way that a link ended.
 *
 * @param kind how the link ended
 * @returns the exit status
 */
export function exitStatusOf(kind: LinkErrorKind): number {
  return STATUS_OF[kind];
}
