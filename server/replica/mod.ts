/**
 * Replication: the rows of a hub's databases are the same at all hubs of a cluster. It is loaded only with a cluster.
 *
 * May import: `nats`, `sqlite`.
 *
 * - `ending_timer`: a timer that ends with the hub
 * - `import_rows`: imports the rows of a hub on its own
 * - `known_rows`: what a database knows of the shared state
 * - `joining`: how a data folder comes into a cluster
 * - `nats_state`: the shared state in NATS
 * - `replica`: keeps the rows of a hub the same as those of others, with the parts below
 * - `row_codec`: rows as JSON
 * - `row_reader`: reads the changes of others
 * - `row_sender`: sends the changes of this hub
 * - `row_store`: stores the changes of others, and which of this hub the state has
 * - `state_port`: the shared state, as a replica uses it
 * - `state_check`: looks for writes that the state has lost
 * - `tombstones`: purges what remains of removed rows
 * - `tracked_database`: records which rows change, and stores rows of other hubs
 * - `waiting_changes`: the changes of this hub that the state does not have
 *
 * @module
 */
export { EndingTimer } from "./ending_timer.ts";
export { type ImportDependencies, type ImportResult, importRows } from "./import_rows.ts";
export { ForeignRowsError, type JoinMode, shareIdentity } from "./joining.ts";
export { NatsState } from "./nats_state.ts";
export { Replica, type ReplicaDependencies, type RowsFlow, type StartOptions } from "./replica.ts";
export type { StateEntry, StateFacts, StatePort, StateReader, StateWatch } from "./state_port.ts";
