/**
 * Writing the messages of a folder to the log of a cluster, on the real NATS server.
 *
 * @module
 */
import { assertEquals } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";
import type { Line } from "../../../server/backplane/mod.ts";
import { ImportedLog } from "../../../server/cluster/imported_log.ts";
import { LogWriter } from "../../../server/cluster/log_writer.ts";
import { Code } from "../../../protocol/mod.ts";

natsTest(
  "An import waits for NATS when it goes away, and then every message is in the log once",
  async () => {
    await using nats = await NatsServer.start();
    await using client = await NatsClient.withStreams([nats.url]);
    const notes: string[] = [];
    const log = new ImportedLog(client.connection, client.names, "folder");
    const events = { progress() {}, note: (text: string) => void notes.push(text) };
    const writer = new LogWriter(client.connection, client.names, log, events);
    try {
      await log.start();
      await writer.add("main", line("one"), 1);
      await writer.flush();
      await nats.kill();
      await client.changed("disconnected");
      await writer.add("main", line("two"), 2);
      const flushed = writer.flush();
      await nats.start();
      await withDeadline(flushed, () => "waiting until the second message is sent");
      await withDeadline(writer.stored(), () => "waiting until all is stored");
      assertEquals(await withDeadline(log.settled(), () => "waiting until all is read"), []);
      assertEquals(log.find("main"), { last: 2, lastOwn: 2, isForeign: false });
      assertEquals(notes.length > 0, true);
    } finally {
      writer.close();
      log.close();
    }
  },
);

natsTest("An import names the room whose number somebody else has taken while it runs", async () => {
  await using nats = await NatsServer.start();
  await using client = await NatsClient.withStreams([nats.url]);
  const mine = new ImportedLog(client.connection, client.names, "folder");
  const others = new ImportedLog(client.connection, client.names, "another");
  const events = { progress() {}, note() {} };
  const writers = [mine, others].map((log) => new LogWriter(client.connection, client.names, log, events));
  const [writer, other] = writers as [LogWriter, LogWriter];
  try {
    await mine.start();
    await others.start();
    await other.add("main", line("first"), 1);
    await other.flush();
    await other.stored();
    await writer.add("main", line("late"), 1);
    await writer.add("dev", line("in time"), 1);
    await writer.flush();
    await writer.stored();
    assertEquals(await withDeadline(mine.settled(), () => "waiting until all is read"), ["main"]);
    assertEquals([mine.find("main").lastOwn, mine.find("dev").lastOwn], [0, 1]);
  } finally {
    for (const one of writers) one.close();
    mine.close();
    others.close();
  }
});

function line(message: string): Line {
  const said = { timestamp: 1, username: "ana", room: "main", message };
  return { room: "main", from: undefined, message: { code: Code.Said, message: said } };
}
