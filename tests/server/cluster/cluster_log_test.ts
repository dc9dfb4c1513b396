/**
 * What a hub writes to the log of its cluster besides messages, on the real NATS server.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Code } from "../../../protocol/mod.ts";
import { systemTimers } from "../../../runtime/mod.ts";
import { ClusterLog } from "../../../server/cluster/cluster_log.ts";
import type { PeopleEvent } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { LogReader, NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

natsTest("What members at other hubs see is in one event with what follows from it, in order", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const { connection, names } = client;
  const log = new ClusterLog({
    ...{ connection, names, hub: "one", epoch: "1" },
    timers: systemTimers,
    log: getLogger("silent"),
  });
  const left = (username: string) => log.show({ room: "main", message: { code: Code.Left, username } });
  const gone = (session: string): PeopleEvent => ({ kind: "left", session });
  log.tell(gone("c1"));
  left("bo");
  log.tell(gone("c2"));
  left("cy");
  left("di");
  log.tell(gone("c4"));
  // Not before this, which follows in the log.
  left("ed");
  log.order({ do: "detach", of: "ed" });
  left("fay");
  log.send({ batch: 1, place: "main", first: 1, bytes: new TextEncoder().encode('"hello"') });
  // Nothing follows: at the end of the task.
  left("guy");
  using reader = new LogReader(client);
  await reader.count(9);
  const written = reader.texts.map((text) => {
    const event = JSON.parse(text);
    if (event === "hello") return event;
    const { shown, people, order } = event;
    return [shown?.message.username, people?.session, order?.do].filter(Boolean).join(" ");
  });
  assertEquals(written, ["c1", "bo c2", "cy", "di c4", "ed", "detach", "fay", "hello", "guy"]);
  log.close();
});
