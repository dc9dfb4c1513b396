/**
 * What owners of names and rooms do at two hubs: sequences that their model (`two_hubs_model_test.ts`) has found. Each
 * step is compared with the reference.
 *
 * @module
 */
import { CLUSTER_PROLOGUE, type LiveStep, takeStep } from "../../helpers/live/cluster_steps.ts";
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { LiveCluster, OBSERVER_KEYS } from "../../helpers/live/live_cluster.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

/** Carries out steps after the prologue: ana owns the private #den, of which bo is a member, and cy owns #ops. */
function test(name: string, ...steps: LiveStep[]): void {
  natsTest(name, async () => {
    await using nats = await NatsServer.start();
    using hubs = new TwoLiveHubs(nats.url, "test", OBSERVER_KEYS.map(({ key }) => key));
    await using chat = new LiveCluster(hubs);
    await chat.start();
    for (const step of [...CLUSTER_PROLOGUE, ...steps]) await takeStep(chat, step);
    await chat.stop();
  });
}

const [ANA, BO, CY] = [0, 1, 2];

test(
  "A user with devices at two hubs is in the rooms of all of them in each list of users",
  { does: "connect", hub: 1, key: ANA, name: "ana", rooms: ["ops"] },
  { does: "explore", who: BO, room: "ops" },
  { does: "explore", who: CY, room: "ops" },
);

test(
  "Who is in an open room at another hub is told that it is deleted, and put out",
  { does: "ask", who: BO, request: { code: 107, room: "ops" } },
  { does: "ask", who: CY, request: { code: 122, room: "ops" } },
  { does: "explore", who: BO, room: "ops" },
);

test(
  "Members of a private room at another hub are told that it is deleted, and not that each is removed",
  { does: "ask", who: ANA, request: { code: 122, room: "den" } },
  { does: "explore", who: BO, room: "den" },
);

test(
  "An open room goes on for those at another hub when its owner frees the name",
  { does: "ask", who: BO, request: { code: 107, room: "ops" } },
  { does: "ask", who: CY, request: { code: 113 } },
  { does: "explore", who: BO, room: "ops" },
);

test(
  "A room that is deleted at one hub, where messages were, is gone at the other, where nobody was in it",
  { does: "ask", who: CY, request: { code: 103, room: "ops", message: "" } },
  { does: "ask", who: CY, request: { code: 122, room: "ops" } },
  { does: "explore", who: BO, room: "ops" },
  { does: "connect", hub: 1, key: 2, name: "cy", rooms: ["ops"] },
);
