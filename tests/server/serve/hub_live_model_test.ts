/**
 * Compares a real hub over real sockets with a simple reference (`tests/helpers/hubs/reference_hub.ts`) in random
 * sequences of steps (`tests/helpers/live/`): users connect, send hello or not, send messages to rooms and to each
 * other, stop and resume reading, and disconnect; the hub restarts, and the time of day jumps an hour either way. Users
 * join and leave rooms with and without asking for an acknowledgement.
 *
 * By default the sequences are the same in each run. RIFTCHAT_FUZZ runs more and other ones; the seed is in the name of
 * the test, and RIFTCHAT_SEED sets it again. fast-check shortens a sequence that fails, each time with a new hub.
 *
 * @module
 */
import fc from "fast-check";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { OneHub } from "../../helpers/live/hubs.ts";
import { LiveChat, type Model } from "../../helpers/live/live_chat.ts";
import { FAILED, steps } from "../../helpers/live/live_steps.ts";

const COUNT = howMany(100);

/** Does the steps with a hub and with the reference, and ends the hub and starts it again. */
async function compare(stored: boolean, commands: Iterable<fc.AsyncCommand<Model, LiveChat>>): Promise<void> {
  using folder = stored ? new DataFolder() : undefined;
  await using chat = new LiveChat(new OneHub(folder));
  await chat.start();
  await fc.asyncModelRun(() => ({ model: chat.model, real: chat }), commands);
  await chat.stop();
  await chat.start();
}

for (
  const [what, stored, count] of [
    ["without a history", false, COUNT],
    // Each of these opens at least one database.
    ["with a history", true, Math.ceil(COUNT / 4)],
  ] as const
) {
  Deno.test(`A hub ${what} does the same as the reference in ${count} random sequences (seed ${SEED})`, () =>
    fc.assert(
      fc.asyncProperty(
        fc.commands(steps, { maxCommands: 60, size: "max" }),
        (commands) => compare(stored, commands),
      ),
      { seed: SEED, numRuns: count },
    ));

  for (const [name, commands] of Object.entries(FAILED)) {
    Deno.test(`A hub ${what} does the same as the reference when ${name}`, () => compare(stored, commands));
  }
}
