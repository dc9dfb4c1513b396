/**
 * Compares two real hubs that are one chat with references, on the real NATS server, each step at the hub of its user:
 *
 * - with that of one hub alone (`hub_live_model_test.ts`): users at both hubs do all that they do there
 * - with that of owners (`tests/helpers/hubs/reference_cluster.ts`): users with keys, on one device or several, own
 *   names and rooms, invite and remove members, ban, mute, kick and slow down; operators come and go
 *
 * RIFTCHAT_FUZZ and RIFTCHAT_SEED are as there.
 *
 * @module
 */
import fc from "fast-check";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import {
  CLUSTER_FAILED,
  CLUSTER_PROLOGUE,
  clusterStep,
  type LiveStep,
  takeStep,
} from "../../helpers/live/cluster_steps.ts";
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { LiveChat, type Model } from "../../helpers/live/live_chat.ts";
import { LiveCluster, OBSERVER_KEYS } from "../../helpers/live/live_cluster.ts";
import { atOnce, FAILED, steps } from "../../helpers/live/live_steps.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

// One takes twenty times as long as without NATS.
const COUNT = Math.ceil(howMany(200) / 20);

/** Does the steps with two hubs and with the reference, and ends the hubs and starts them again. */
async function compare(
  name: string,
  nats: NatsServer,
  commands: Iterable<fc.AsyncCommand<Model, LiveChat>>,
): Promise<void> {
  using hubs = new TwoLiveHubs(nats.url, name);
  await using chat = new LiveChat(hubs);
  await chat.start();
  await fc.asyncModelRun(() => ({ model: chat.model, real: chat }), commands);
  await chat.stop();
  await chat.start();
}

natsTest(`Two hubs do the same as the reference in ${COUNT} random sequences (seed ${SEED})`, async () => {
  await using nats = await NatsServer.start();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.commands([...steps, ...atOnce], { maxCommands: 60, size: "max" }),
      (commands) => compare(`run${++runs}`, nats, commands),
    ),
    { seed: SEED, numRuns: COUNT },
  );
});

for (const [name, commands] of Object.entries(FAILED)) {
  natsTest(`Two hubs do the same as the reference when ${name}`, async () => {
    await using nats = await NatsServer.start();
    await compare("run", nats, commands);
  });
}

/** Does the steps with two hubs and with the reference of owners, and ends the hubs. */
async function compareOwners(name: string, nats: NatsServer, steps: readonly LiveStep[]): Promise<void> {
  using hubs = new TwoLiveHubs(nats.url, name, OBSERVER_KEYS.map(({ key }) => key));
  await using chat = new LiveCluster(hubs);
  await chat.start();
  for (const step of [...CLUSTER_PROLOGUE, ...steps]) await takeStep(chat, step);
  await chat.stop();
}

natsTest(
  `Names, rooms, bans and who moderates are at two hubs what the reference says in ${COUNT} random sequences ` +
    `(seed ${SEED})`,
  async () => {
    await using nats = await NatsServer.start();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(clusterStep, { maxLength: 50, size: "max" }),
        (steps) => compareOwners(`run${++runs}`, nats, steps),
      ),
      { seed: SEED, numRuns: COUNT },
    );
  },
);

for (const [name, steps] of Object.entries(CLUSTER_FAILED)) {
  natsTest(
    `Names, rooms, bans and who moderates are at two hubs what the reference says when ${name}`,
    async () => {
      await using nats = await NatsServer.start();
      await compareOwners("run", nats, steps);
    },
  );
}
