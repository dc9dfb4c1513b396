/**
 * Limits the lines of the log that clients cause, so that a flood of connections cannot push older lines out of the
 * log files. What is not written is counted, and written once a minute in one line for each address.
 *
 * PURE: the log and the timer are passed in. An IPv6 address counts by its /48, as one client may have all addresses of
 * it, and 127.0.0.0/8 counts as one. The memory is limited: beyond `MAX_LOGGED_ADDRESSES` in a minute, all further
 * addresses share one count.
 *
 * @module
 */
import type { Logger, Timers } from "../../runtime/mod.ts";
import { LOG_LIMIT_MS, MAX_LINES_OF_ADDRESS, MAX_LOGGED_ADDRESSES, MAX_LOGGED_LINES } from "../limits.ts";
import { siteOf } from "./addresses.ts";

/** How the lines of a kind are limited in a minute, and counted. */
interface Kind {
  level: "debug" | "info" | "warn" | "error";
  /** How many lines one address may have. */
  perAddress: number;
  /** How many lines all addresses may have together. */
  total: number;
  /** The line with the count of those that were not written. */
  more: string;
}

/** A kind of lines that clients cause. */
export type LineKind =
  | "refused"
  | "failed"
  | "internal"
  | "handshake"
  | "request"
  | "http"
  | "connected"
  | "named"
  | "moderated"
  | "ended";

const KINDS: Readonly<Record<LineKind, Kind>> = {
  refused: {
    level: "warn",
    perAddress: 1,
    total: MAX_LOGGED_ADDRESSES,
    more: "refused {address} {count} more times within a minute",
  },
  failed: {
    level: "error",
    perAddress: 1,
    total: MAX_LOGGED_ADDRESSES,
    more: "{count} more connections from {address} failed within a minute",
  },
  internal: {
    level: "error",
    perAddress: 1,
    total: MAX_LOGGED_ADDRESSES,
    more: "{count} more internal errors for clients at {address} within a minute",
  },
  handshake: {
    level: "debug",
    perAddress: 1,
    total: MAX_LOGGED_ADDRESSES,
    more: "{count} more TLS handshakes with {address} failed within a minute",
  },
  request: {
    level: "debug",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "{count} more requests from {address} were refused within a minute",
  },
  http: {
    level: "debug",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "{count} more HTTP requests from {address} within a minute",
  },
  connected: {
    level: "info",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "{count} more connections from {address} within a minute",
  },
  named: {
    level: "info",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "clients at {address} took a name {count} more times within a minute",
  },
  moderated: {
    level: "info",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "clients at {address} moderated {count} more times within a minute; riftchat audit lists all",
  },
  ended: {
    level: "info",
    perAddress: MAX_LINES_OF_ADDRESS,
    total: MAX_LOGGED_LINES,
    more: "{count} more connections from {address} ended within a minute",
  },
};

/** The lines of one address or of all in this minute. */
interface LineCount {
  written: number;
  omitted: number;
}

/** The lines of one kind in this minute. */
interface KindCount {
  written: number;
  readonly addresses: Map<string, LineCount>;
  /** How many lines of addresses without an entry were not written. */
  omitted: number;
}

/** Dependencies of {@linkcode LogLimit}. */
export interface LogLimitDependencies {
  /** Takes the lines. */
  log: Logger;
  /** Ends the minute. */
  timers: Pick<Timers, "after">;
}

/** Writes the lines that clients cause, as many as are allowed, and counts the others. */
export class LogLimit {
  readonly #dependencies: LogLimitDependencies;
  readonly #kinds = new Map<LineKind, KindCount>();
  #cancel: (() => void) | undefined;

  /**
   * Starts without lines.
   *
   * @param dependencies see {@linkcode LogLimitDependencies}
   */
  constructor(dependencies: LogLimitDependencies) {
    this.#dependencies = dependencies;
  }

  /** The number of addresses in memory, of the kind with the most. */
  get size(): number {
    return Math.max(0, ...[...this.#kinds.values()].map(({ addresses }) => addresses.size));
  }

  /**
   * Writes a line, or counts it where there were too many within the minute.
   *
   * @param kind its kind, which also sets the level
   * @param address the address of the client, as the operating system reports it
   * @param template the line, as for the logger
   * @param properties the values in it
   */
  write(kind: LineKind, address: string, template: string, properties: Record<string, unknown>): void {
    if (this.#mayWrite(kind, siteOf(address))) {
      this.#dependencies.log[KINDS[kind].level](template, properties);
    }
  }

  /** Writes the counts of what was not written, as at the end of a minute. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [kind, { addresses, omitted }] of this.#kinds) {
      for (const [key, count] of addresses) this.#writeCount(kind, key, count.omitted);
      this.#writeCount(kind, "other addresses", omitted);
    }
    this.#kinds.clear();
  }

  #mayWrite(kind: LineKind, key: string): boolean {
    const limits = KINDS[kind];
    this.#cancel ??= this.#dependencies.timers.after(LOG_LIMIT_MS, () => this.flush());
    let all = this.#kinds.get(kind);
    if (all === undefined) this.#kinds.set(kind, all = { written: 0, addresses: new Map(), omitted: 0 });
    let own = all.addresses.get(key);
    if (own === undefined) {
      if (all.addresses.size >= MAX_LOGGED_ADDRESSES) {
        all.omitted++;
        return false;
      }
      all.addresses.set(key, own = { written: 0, omitted: 0 });
    }
    if (own.written >= limits.perAddress || all.written >= limits.total) {
      own.omitted++;
      return false;
    }
    own.written++;
    all.written++;
    return true;
  }

  #writeCount(kind: LineKind, address: string, count: number): void {
    const { level, more } = KINDS[kind];
    if (count > 0) this.#dependencies.log[level](more, { address, count });
  }
}
