/**
 * NATS with JetStream, as a hub uses it: a connection, streams, reading and writing them, leases of hubs. It knows
 * nothing of rooms and messages.
 *
 * Rule: `@nats-io/nats-core` is loaded when a connection is made, so a hub without a cluster loads nothing of it.
 *
 * May import: nothing.
 *
 * - `api`: requests to JetStream and their errors
 * - `availability`: whether NATS is available, by how long answers are awaited
 * - `connection`: the connection to NATS, which reconnects by itself
 * - `connection_options`: addresses, certificates, credentials
 * - `leases`: which hubs are alive
 * - `message`: messages of NATS, and of a stream
 * - `nats_error`: the errors of this room
 * - `publisher`: writes to a stream
 * - `reader`: reads a stream in order
 * - `reconnecting`: texts about connections that fail, and which failures will last
 * - `stream_settings`: the settings of the streams
 * - `streams`: makes and checks the streams of a cluster
 * - `subjects`: names of streams and subjects
 * - `transport`: the socket of a connection
 *
 * @module
 */
export { JetStreamApi } from "./api.ts";
export { Availability, AWAY_MS } from "./availability.ts";
export { type ConnectionChange, NatsConnection } from "./connection.ts";
export type { NatsOptions } from "./connection_options.ts";
export { DEAD_MS, type HubLease, type LeaseEvents, LeaseWatcher, OwnLease, readLease } from "./leases.ts";
export type { MessageHeaders, NatsMessage, StreamMessage } from "./message.ts";
export { ClusterError, NatsError, type NatsErrorKind } from "./nats_error.ts";
export { type PubAck, Publisher, type PublishOptions } from "./publisher.ts";
export { type ReaderOptions, type Rewound, StreamReader } from "./reader.ts";
export { onceAMinute } from "./reconnecting.ts";
export {
  type ClusterStreams,
  ensureStreams,
  type StreamEvents,
  type StreamFacts,
  streamFacts,
} from "./streams.ts";
export type { StreamSettings } from "./stream_settings.ts";
export { type StreamNames, streamNames, toKey } from "./subjects.ts";
