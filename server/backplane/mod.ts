/**
 * Orders and numbers the events in the rooms: in memory, with a history, or together with other hubs.
 *
 * May import: `history`.
 *
 * - `backplane`: the interface of a backplane
 * - `batch`: messages of one conversation as one message of the log that the hubs of a cluster share
 * - `clustered`: the backplane of a hub in a cluster
 * - `concurrent_changes`: changes of a message that hubs of a cluster make at the same moment
 * - `embedded`: the backplane of a hub that stores nothing
 * - `receipts`: the acknowledgements of recent messages, in memory, for deduplication
 * - `stored`: the backplane of a hub that stores messages
 *
 * @module
 */
export type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
export { CHANGES, encodeBatch, isLine, type Line, lineFrames, readHead } from "./batch.ts";
export {
  ClusteredBackplane,
  type ClusteredBackplaneDependencies,
  type LogOrder,
  MAX_BATCH_BYTES,
  type NumbersAt,
  type SentBatch,
  type SharedLog,
  type Shown,
} from "./clustered.ts";
export { EmbeddedBackplane } from "./embedded.ts";
export { StoredBackplane, type StoredBackplaneDependencies } from "./stored.ts";
