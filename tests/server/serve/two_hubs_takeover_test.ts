/**
 * A client that takes its name over from an older connection, at the same hub or at another one: what others see. Most
 * of these are sequences that the model of two hubs (`two_hubs_model_test.ts`) has found.
 *
 * @module
 */
import { type Arrival, LiveChat } from "../../helpers/live/live_chat.ts";
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

const session = "the secret of one client";

/** How a client comes the first time, and the second time; `rename` asks for the name by a request of its own. */
const CASES: [what: string, first: Arrival, second: Arrival & { rename?: boolean }][] = [
  ["at the same hub", { name: "ana", hub: 0 }, { name: "ana", hub: 0 }],
  ["at the same hub in another spelling", { name: "ana", hub: 0 }, { name: "Ana", hub: 0 }],
  ["at another hub", { name: "ana", hub: 0 }, { name: "ana", hub: 1 }],
  ["at another hub in another spelling", { name: "ana", hub: 0 }, { name: "Ana", hub: 1 }],
  ["quietly at another hub", { name: "ana", hub: 0 }, { name: "Ana", quiet: "dev", hub: 1 }],
  ["at another hub, quiet before", { name: "ana", quiet: "dev", hub: 0 }, { name: "ana", hub: 1 }],
  ["by a rename at another hub", { name: "ana", hub: 0 }, { name: "Ana", hub: 1, rename: true }],
];

for (const [what, first, { rename, ...second }] of CASES) {
  natsTest(`Others see what follows when a client takes its name over ${what}`, async () => {
    await using nats = await NatsServer.start();
    using hubs = new TwoLiveHubs(nats.url, "test");
    await using chat = new LiveChat(hubs);
    const { reference } = chat.model;
    await chat.start();
    await chat.connect({ ...first, session });
    const older = chat.user(0);
    if (first.quiet === undefined) {
      reference.join(older.known, "ops");
      await chat.asks(older, { code: 107, room: "ops" });
    }
    await chat.synced();
    if (rename) {
      await chat.connect({ name: "bo", session, hub: second.hub! });
      await chat.synced();
      const newer = chat.user(1);
      reference.rename(newer.known, second.name!);
      await chat.asks(newer, { code: 101, username: second.name! });
      await chat.removeReplaced();
    } else await chat.connect({ ...second, session });
    await chat.synced();
    for (const user of chat.users) {
      reference.who(user.known);
      await chat.asks(user, { code: 106 });
      reference.sayTo(user.known, "ana", `hello from ${user.known.id}`);
      await chat.asks(user, { code: 104, to: "ana", message: `hello from ${user.known.id}` });
      await chat.synced();
    }
    await chat.stop();
  });
}
