/**
 * The last numbers of all conversations, from one hub to another. A hub whose copy of the log ends before the first
 * message that the log still has cannot know them: it has not read what was deleted meanwhile.
 *
 * @module
 */
import type { ClusteredBackplane, NumbersAt } from "../backplane/mod.ts";
import type { Timer } from "../../runtime/mod.ts";
import type { NatsConnection } from "../nats/mod.ts";

/** How many numbers are in one message: some 200 KB with the longest names. */
const AT_ONCE = 2000;

/** How long a hub waits for another one that knows the numbers, in milliseconds. */
const ANSWER_MS = 3000;

/** How long to wait before asking when NATS is not connected, in milliseconds. */
const RETRY_MS = 200;

/** A part of the numbers. */
interface Part {
  /** The hub that knows them. */
  hub: string;
  /** The sequence in the log up to which it has read. */
  at: number;
  numbers: [place: string, last: number][];
  isLast: boolean;
}

/** Returns the subject on which hubs ask. */
function subjectOf(cluster: string): string {
  return `riftchat.${cluster}.numbers`;
}

/**
 * Answers other hubs.
 *
 * @param connection the connection
 * @param cluster the name of the cluster
 * @param known returns who answers and what it knows; `undefined` while it does not know the numbers itself
 * @returns a function that ends it
 */
export function answerNumbers(
  connection: NatsConnection,
  cluster: string,
  known: () => { hub: string; clustered: Pick<ClusteredBackplane, "numbersAt"> } | undefined,
): () => void {
  return connection.subscribe(subjectOf(cluster), ({ reply }) => {
    const found = known();
    if (reply === undefined || found === undefined || !connection.isConnected) return;
    const { hub, clustered } = found;
    const { at, numbers } = clustered.numbersAt();
    const all = [...numbers];
    for (let from = 0; from === 0 || from < all.length; from += AT_ONCE) {
      const part: Part = {
        hub,
        at,
        numbers: all.slice(from, from + AT_ONCE),
        isLast: from + AT_ONCE >= all.length,
      };
      connection.publish(reply, JSON.stringify(part));
    }
  });
}

/**
 * Asks the other hubs, and takes the first answer that is whole.
 *
 * @param connection the connection
 * @param cluster the name of the cluster
 * @param timer ends the waiting
 * @returns the numbers; `undefined` if no hub knows them
 */
export async function askNumbers(
  connection: NatsConnection,
  cluster: string,
  timer: Timer,
): Promise<NumbersAt | undefined> {
  const { promise, resolve } = Promise.withResolvers<NumbersAt | undefined>();
  const answers = new Map<string, Map<string, number>>();
  const inbox = connection.newInbox();
  const unsubscribe = connection.subscribe(inbox, ({ data, status }) => {
    if (status !== 0) return;
    const { hub, at, numbers, isLast }: Part = JSON.parse(new TextDecoder().decode(data));
    const known = answers.get(hub) ?? new Map<string, number>();
    answers.set(hub, known);
    for (const [place, last] of numbers) known.set(place, last);
    if (isLast) resolve({ at, numbers: known });
  });
  let cancel: (() => void) | undefined;
  const ask = () => {
    if (!connection.isConnected) {
      cancel = timer.after(RETRY_MS, ask);
      return;
    }
    connection.publish(subjectOf(cluster), "", { reply: inbox });
    cancel = timer.after(ANSWER_MS, () => resolve(undefined));
  };
  ask();
  try {
    return await promise;
  } finally {
    cancel?.();
    unsubscribe();
  }
}
