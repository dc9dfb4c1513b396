/**
 * Ids that no other hub gives: of random bits, and growing with the time.
 *
 * @module
 */
import type { ReplicaIds } from "./replicated.ts";

/** How many ids of one millisecond there are. */
const IDS_OF_MS = 2048;

/** Makes ids of this hub. Among 100,000 ids two are the same in one of 50,000 clusters. */
export const replicaIds: ReplicaIds = {
  random() {
    const [high, low] = crypto.getRandomValues(new Uint32Array(2));
    return (high! & 0xffff) * 2 ** 32 + low! || 1;
  },
  ordered(now) {
    const [random] = crypto.getRandomValues(new Uint16Array(1));
    return Math.max(0, Math.floor(now)) * IDS_OF_MS + random! % IDS_OF_MS;
  },
};
