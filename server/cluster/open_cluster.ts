/**
 * What is loaded for a hub in a cluster.
 *
 * @module
 */
export { ClusterError } from "../nats/mod.ts";
export { ForeignRowsError } from "../replica/mod.ts";
export { Cluster } from "./cluster.ts";
export { loadHubId } from "./hub_id.ts";
