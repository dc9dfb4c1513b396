/**
 * Ids that no other hub gives: of random bits, and growing with the time.
 *
 * @module
 */
import type { ReplicaIds } from "./replicated.ts";

/** How many ids of one millisecond there are. */
const IDS_OF_MS = 2048;

/** Those that were given for the last millisecond: one hub makes rows at once more often than two do. */
const given = { ms: 0, ids: new Set<number>() };

/** Makes ids of this hub. Among 100,000 ids two are the same in one of 50,000 clusters. */
export const replicaIds: ReplicaIds = {
  random() {
    const [high, low] = crypto.getRandomValues(new Uint32Array(2));
    return (high! & 0xffff) * 2 ** 32 + low! || 1;
  },
  ordered(now) {
    const ms = Math.max(0, Math.floor(now));
    if (given.ms !== ms) Object.assign(given, { ms, ids: new Set() });
    for (;;) {
      const [random] = crypto.getRandomValues(new Uint16Array(1));
      const id = ms * IDS_OF_MS + random! % IDS_OF_MS;
      // With most of them given, it may be one that was.
      if (given.ids.has(id) && given.ids.size < IDS_OF_MS / 2) continue;
      given.ids.add(id);
      return id;
    }
  },
};
