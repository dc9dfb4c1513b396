/**
 * The statistics of a running hub.
 *
 * @module
 */
import type { Counters } from "../hub/mod.ts";

/** The statistics of the history. */
export interface HistoryStats {
  /** Why messages are not stored now; `undefined` while they are. `damaged`: only a restart helps. */
  readonly storingError: { readonly message: string; readonly damaged: boolean } | undefined;
  /** How much is stored; `undefined` if the database cannot be read. */
  readonly sizes: {
    /** The size of the journal, in bytes. */
    readonly journalBytes: number;
    /** The size of the database, in bytes. */
    readonly databaseBytes: number;
    /** The time of the oldest message, in milliseconds since 1970; `undefined` without messages. */
    readonly oldestTime: number | undefined;
  } | undefined;
}

/** The statistics of a hub of a cluster. */
export interface ClusterStats {
  /** Why the hub is not ready; `undefined` if it has read the log and NATS is available. */
  readonly notReady: string | undefined;
  /** Whether NATS is away: what this hub has sent does not come back. */
  readonly isAway: boolean;
  /** How many messages of the log are not read yet, as far as is known. */
  readonly lag: number;
  /** How many batches of this hub have not come back from the log. */
  readonly inFlight: number;
  /** How many messages of clients of this hub wait until they count. */
  readonly waiting: number;
  /** Whether changes of names, rooms and bans are refused, as NATS does not take them. */
  readonly rowsCutOff: boolean;
  /** How many changes of names, rooms and bans the other hubs cannot know of yet. */
  readonly rowsWaiting: number;
  /** How many changes of other hubs are not stored here, as far as is known. */
  readonly rowsLag: number;
  /** For how long the oldest of both kinds waits, in milliseconds. */
  readonly rowsLateMs: number;
  /** How many hubs are alive, this one included. */
  readonly hubs: number;
  /** How many sessions are announced at other hubs. */
  readonly remoteSessions: number;
}

/** The statistics of a hub that serves HTTP. */
export interface HttpStats {
  /** How many requests were answered, by route and class of status, such as `2xx`. */
  readonly requests: readonly (readonly [route: string, status: string, count: number])[];
  /** How many WebSockets are open: pages, and programs that connect as they do. */
  readonly webSockets: number;
  /** How many streams of scripts are open. */
  readonly streams: number;
}

/** The statistics of a running hub. Values are computed only when they are read. */
export interface HubStats {
  /** Event counters. */
  readonly counters: Counters;
  /** The number of open connections. */
  readonly connections: number;
  /** How many of them use TLS. */
  readonly encrypted: number;
  /** When the certificate expires, in milliseconds since 1970; `undefined` without TLS. */
  readonly certificateExpiresAt: number | undefined;
  /** The number of sessions: connections that the hub has not ended. */
  readonly sessions: number;
  /** The number of write rounds. */
  readonly writeRounds: number;
  /** How many bytes are queued for each connection. */
  readonly lags: Iterable<number>;
  /** Whether the hub runs and is not shutting down. */
  readonly accepting: boolean;
  /** The largest number of connections now: fewer than configured while file descriptors are scarce; 0 for no limit. */
  readonly connectionsAllowed: number;
  /** Whether file descriptors are scarce, so that fewer connections are accepted than configured. */
  readonly descriptorsScarce: boolean;
  /** How many bans and mutes are in force; `undefined` if the hub stores none. */
  readonly moderation: { readonly bans: number; readonly mutes: number } | undefined;
  /** What it serves over HTTP; `undefined` if nothing. */
  readonly http: HttpStats | undefined;
  /** The history; `undefined` if messages are not stored. */
  readonly history: HistoryStats | undefined;
  /** The cluster; `undefined` if the hub is in none. */
  readonly cluster: ClusterStats | undefined;
}
