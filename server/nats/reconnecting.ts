/**
 * Texts about connections to NATS that fail, and which failures will last: those end the start of a hub, all others are
 * tried again.
 *
 * @module
 */
import { type Clock, reasonOf, sanitize } from "../../runtime/mod.ts";
import { ClusterError } from "./nats_error.ts";

/** The version from which on this program is tested without limitations. */
const WANTED = [2, 10] as const;

/** After which time the same reason is told again, in milliseconds. */
const AGAIN_MS = 60_000;

/** The most reasons that are remembered. */
const MAX_REASONS = 100;

/**
 * Tells reasons, each of them once a minute: attempts that fail come several times a second, by turns for different
 * reasons.
 *
 * @param tell told a reason
 * @param clock the clock
 * @returns takes a reason
 */
export function onceAMinute(
  tell: ((reason: string) => void) | undefined,
  clock: Pick<Clock, "elapsed">,
): (reason: string) => void {
  const toldAt = new Map<string, number>();
  return (reason) => {
    const now = clock.elapsed();
    if (now - (toldAt.get(reason) ?? -AGAIN_MS) < AGAIN_MS) return;
    if (toldAt.size >= MAX_REASONS) toldAt.clear();
    toldAt.set(reason, now);
    tell?.(reason);
  };
}

/**
 * Recognizes a failure that does not end by itself.
 *
 * @param error what the library threw
 * @param servers the addresses, for the text
 * @param files the files that the operator named; whether the addresses have a user, or a token
 * @returns the error for the operator; `undefined` if trying again may help
 */
export function lastingFailure(
  error: unknown,
  servers: string,
  files: { caFile?: string | undefined; credsFile?: string | undefined; hasLogin?: boolean },
): ClusterError | undefined {
  const text = describe(error);
  if (/authorization violation|authentication|credentials/i.test(text)) {
    const remedy = files.credsFile === undefined
      ? files.hasLogin
        ? "check the user and the password in --cluster"
        : "put a user and a password into --cluster, nats://USER:PASSWORD@HOST:4222, or name a file with credentials " +
          "by --cluster-creds"
      : `check that ${files.credsFile} belongs to this server and has not expired`;
    return new ClusterError(`Cannot log in to NATS at ${servers}: ${text}; ${remedy}`, error);
  }
  if (/certificate|UnknownIssuer|CERT_|self.signed/i.test(text)) {
    const remedy = files.caFile === undefined
      ? "name the certificate of its authority by --cluster-ca"
      : `check that ${files.caFile} has the certificate of its authority, and the server's certificate its address`;
    return new ClusterError(`Cannot trust the certificate of NATS at ${servers}: ${text}; ${remedy}`, error);
  }
  if (/does not support 'tls'|not available on this server/i.test(text)) {
    return new ClusterError(
      `Cannot connect to NATS at ${servers} with TLS: the server has no TLS; ` +
        "use nats:// without --cluster-ca, or give the server a certificate",
      error,
    );
  }
  return undefined;
}

/**
 * Describes an error of the library.
 *
 * @param error what it threw; a closed socket gives `undefined`
 * @returns one line
 */
export function describe(error: unknown): string {
  if (error === undefined || error === null) return "the server closed the connection";
  const text = error instanceof Error ? reasonOf(error) : String(error);
  return sanitize(text.replace(/\s+/g, " "));
}

/**
 * Warns of an old server.
 *
 * @param version its version, such as `2.9.10`
 * @returns the warning; `undefined` if none is due
 */
export function versionWarning(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])) return undefined;
  return `NATS ${version} is older than ${WANTED.join(".")}: it cannot be told how often to write to disk, ` +
    "so a power failure may lose the messages of two minutes; update the NATS servers";
}
