/**
 * A room at two hubs that ends when nobody is in it, a sequence that the model of two hubs (`two_hubs_model_test.ts`)
 * has found.
 *
 * @module
 */
import { TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { LiveChat } from "../../helpers/live/live_chat.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

natsTest(
  "A room without messages ends with its last user, also if that is at another hub, which stops",
  async () => {
    await using nats = await NatsServer.start();
    using hubs = new TwoLiveHubs(nats.url, "test");
    await using chat = new LiveChat(hubs);
    const { reference } = chat.model;
    await chat.start();
    await chat.connect({ name: "cy", hub: 1 });
    await chat.synced();
    await chat.connect({ name: "ana", quiet: "dev", hub: 0 });
    await chat.synced();
    const cy = chat.user(0);
    const list = async () => {
      reference.list(cy.known);
      await chat.asks(cy, { code: 109 });
      await chat.synced();
    };
    reference.join(cy.known, "dev");
    await chat.asks(cy, { code: 107, room: "dev" });
    reference.leave(cy.known, "dev");
    await chat.asks(cy, { code: 108, room: "dev" });
    await list();
    await chat.stopHub(0);
    await list();
    await chat.stop();
  },
);
