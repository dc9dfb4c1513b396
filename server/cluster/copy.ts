/**
 * Opens the copy of the log in the data folder, once it is known whether it is one of the log that NATS has.
 *
 * Rule: after an election, or while the servers start, NATS may tell an earlier last sequence for some seconds than the
 * log has. So a copy of the same log that seems to be longer is looked at again before it is set aside.
 *
 * @module
 */
import type { History } from "../history/mod.ts";
import { JetStreamApi, type NatsConnection, NatsError, type StreamFacts, streamFacts } from "../nats/mod.ts";

/** For how long the log must be shorter than the copy, in milliseconds, before it counts as shorter. */
const SHORTER_MS = 10_000;

/** How long to wait until the log is looked at again, in milliseconds. */
const RETRY_MS = 250;

/**
 * Opens the copy of the log.
 *
 * @param connection the connection to NATS
 * @param log the log as it was
 * @param openCopy opens the copy, as in `ClusterOptions`
 * @returns the copy
 * @throws what `openCopy` throws; {@linkcode NatsError} `closed` if the connection is closed meanwhile
 */
export async function openCurrentCopy(
  connection: NatsConnection,
  log: StreamFacts,
  openCopy: (isCurrent: (progress: string) => boolean) => History,
): Promise<History> {
  const { clock } = connection;
  const api = new JetStreamApi(connection);
  const since = clock.elapsed();
  let facts = log;
  for (;;) {
    const mayGrow = clock.elapsed() - since < SHORTER_MS;
    let isAhead = false;
    try {
      return openCopy((progress) => {
        const state = stateOf(progress, facts);
        isAhead = mayGrow && state === "ahead";
        if (isAhead) throw new NatsError("unavailable", "NATS does not have yet what the copy has");
        return state === "current";
      });
    } catch (error) {
      if (!isAhead) throw error;
    }
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    try {
      facts = await streamFacts(api, log.name);
    } catch (error) {
      // Without a leader nobody answers.
      if (!(error instanceof NatsError) || error.kind === "closed") throw error;
    }
  }
}

/** Tells whether a copy is one of a log, which may have grown meanwhile, or seems to have more than the log. */
function stateOf(progress: string, { identity, lastSequence }: StreamFacts): "current" | "ahead" | "other" {
  const [sequence, ...rest] = progress.split(" ");
  // A copy that was begun behind has a mark after that, and is of no use before the mark is gone.
  if (rest.join(" ") !== identity) return "other";
  return Number(sequence) <= lastSequence ? "current" : "ahead";
}
