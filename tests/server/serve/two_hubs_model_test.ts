/**
 * Compares two real hubs that are one chat with the same reference as one hub alone (`hub_live_model_test.ts`): users
 * at both hubs do all that they do there, each step at the hub of its user, on the real NATS server. RIFTCHAT_FUZZ and
 * RIFTCHAT_SEED are as there.
 *
 * @module
 */
import fc from "fast-check";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { LiveChat } from "../../helpers/live/live_chat.ts";
import { atOnce, steps } from "../../helpers/live/live_steps.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

// One takes twenty times as long as without NATS.
const COUNT = Math.ceil(howMany(200) / 20);

natsTest(`Two hubs do the same as the reference in ${COUNT} random sequences (seed ${SEED})`, async () => {
  await using nats = await NatsServer.start();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.commands([...steps, ...atOnce], { maxCommands: 60, size: "max" }),
      async (commands) => {
        using hubs = new TwoLiveHubs(nats.url, `run${++runs}`);
        await using chat = new LiveChat(hubs);
        await chat.start();
        await fc.asyncModelRun(() => ({ model: chat.model, real: chat }), commands);
        await chat.stop();
        await chat.start();
      },
    ),
    { seed: SEED, numRuns: COUNT },
  );
});
