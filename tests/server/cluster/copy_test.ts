/**
 * Which copies of the log a hub goes on with when it starts, with the real NATS server.
 *
 * @module
 */
import { openCurrentCopy } from "../../../server/cluster/copy.ts";
import { JetStreamApi, streamFacts } from "../../../server/nats/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

/** Makes a copy of a log in a folder. */
function makeCopy(folder: DataFolder, progress: string): void {
  folder.open({ isCurrentCopy: () => true }).close();
  folder.change(`UPDATE state SET progress = '${progress}'`);
}

/**
 * Opens a copy, as a hub that starts.
 *
 * @returns where the copy ends that the hub goes on with
 */
async function open(
  { connection, names }: NatsClient,
  folder: DataFolder,
  notKnown: () => void = () => {},
): Promise<string | undefined> {
  const facts = await streamFacts(new JetStreamApi(connection), names.log);
  const opened = openCurrentCopy(connection, facts, (isCurrent) =>
    folder.open({
      isCurrentCopy(progress) {
        try {
          return isCurrent(progress);
        } catch (error) {
          notKnown();
          throw error;
        }
      },
    }));
  const history = await withDeadline(opened, () => "opening the copy");
  const { progress } = history;
  history.close();
  return progress;
}

natsTest("A copy that seems to be longer than its log for a moment is not set aside", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await client.publishSurely(1, 5);
  const { identity } = await streamFacts(new JetStreamApi(client.connection), client.names.log);
  using folder = new DataFolder();
  makeCopy(folder, `7 ${identity}`);
  let publishing: Promise<unknown> | undefined;
  const progress = await open(client, folder, () => publishing ??= client.publishSurely(6, 8));
  assertEquals([progress, folder.reports], [`7 ${identity}`, []]);
  await publishing;
});

natsTest("A copy whose log is shorter for ten seconds is set aside, one of another log at once", async () => {
  await using server = await NatsServer.start();
  // Ten seconds pass in one.
  await using client = await NatsClient.withStreams([server.url], 1, {
    clock: { ...systemClock, elapsed: () => 10 * performance.now() },
  });
  await client.publishSurely(1, 5);
  const { identity } = await streamFacts(new JetStreamApi(client.connection), client.names.log);
  using longer = new DataFolder(), other = new DataFolder();
  makeCopy(longer, `7 ${identity}`);
  let looked = 0;
  assertEquals(await open(client, longer, () => looked++), undefined);
  assertEquals([looked > 2, longer.reports.length], [true, 1]);
  makeCopy(other, "3 another");
  looked = 0;
  assertEquals(await open(client, other, () => looked++), undefined);
  assertEquals([looked, other.reports.length], [0, 1]);
});
