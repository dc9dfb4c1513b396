/**
 * What the log of a cluster does to its hubs: it is away, it is made anew, it takes what it has already, it is reached
 * with TLS and credentials; with the programs as they are run and the real NATS server.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { nextLine, startClusterHub, TwoHubs } from "../helpers/nats/cluster_hub_program.ts";
import { ClusterRun } from "../helpers/nats/cluster_run.ts";
import { NatsOperator } from "../helpers/nats/credentials.ts";
import { NatsClient } from "../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../helpers/nats/nats_server.ts";
import { NamelessProxy } from "../helpers/nats/nameless_proxy.ts";
import { readHead } from "../../server/backplane/mod.ts";
import { JetStreamApi, streamNames, StreamReader } from "../../server/nats/mod.ts";

natsTest(
  "While NATS is away requests are answered in their order, and refused messages say when",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana");
    await using bo = await two.join(0, "bo", { session: "a-secret-of-one-client" });
    await Promise.all([ana.nextOf(210), bo.nextOf(210)]);
    await bo.sendJson({ code: 103, room: "main", message: "before", ref: "before" });
    await bo.until(({ ref }) => ref === "before");
    await ana.until(({ message }) => (message as { message?: string })?.message === "before");
    await two.nats.kill();
    // What is on its way to NATS has no answer before NATS is back. What waits behind it is refused.
    await ana.sendJson({ code: 103, room: "main", message: "on its way", ref: "first" });
    await two.hubs[0]!.waitForLog(/NATS is away/);
    const lines = [0, 1, 2].map((number) => {
      const text = `line ${number}`;
      return { code: 103, room: "main", message: text, id: text, ref: text };
    });
    // Requests that need no other hub wait for their turn, too.
    const requests = [lines[0]!, { code: 106, ref: "who" }, lines[1]!, lines[2]!, { code: 110, ref: "ping" }];
    await bo.sendFrames(requests);
    const answers: Received[] = [];
    while (answers.length < requests.length) answers.push(await bo.until(({ ref }) => ref !== undefined));
    assertEquals(answers.map(({ ref }) => ref), requests.map(({ ref }) => ref));
    const refused = answers.filter(({ code }) => code === 206);
    assertEquals(
      refused.map(({ error, ref }) => `${error} ${ref}`),
      lines.map(({ ref }) => `unavailable ${ref}`),
    );
    for (const { retry_after_ms: ms } of refused) assert(Number(ms) > 0);
    await ana.until(isNotice(/^This hub does not reach the other hubs now/));
    await two.nats.start();
    assertEquals((await ana.until(({ ref }) => ref === "first")).sequence, 2);
    await bo.until(isNotice(/^This hub reaches the other hubs again/));
    // What was refused is not said, unless it is sent again.
    await bo.sendJson(lines[2]!);
    assertEquals((await bo.until(({ ref }) => ref === "line 2")).sequence, 3);
    await using cy = await two.join(0, "cy", { after: { main: 0 } });
    const { messages } = await cy.nextOf(208) as Received & { messages: { message: string }[] };
    assertEquals(messages.map(({ message }) => message), ["before", "on its way", "line 2"]);
  },
);

natsTest(
  "What a client has sent after a refused message is not taken when NATS is back and the client has left",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana");
    await using bo = await two.join(0, "bo");
    await Promise.all([ana.nextOf(210), bo.nextOf(210)]);
    const say = (text: string) => ({ code: 103, room: "main", message: text, id: text, ref: text });
    await two.nats.kill();
    await ana.sendJson(say("first"));
    await two.hubs[0]!.waitForLog(/NATS is away/);
    await bo.sendJson(say("of bo"));
    assertEquals((await bo.until(({ ref }) => ref === "of bo")).code, 206);
    // Refused as well, but ana has no answer before that to her first message.
    await ana.sendFrames([say("second"), say("third")]);
    await ana.close();
    await two.hubs[0]!.waitForLog(/ana ended/);
    await two.nats.start();
    for (let answer = {} as Received; answer.code !== 207;) {
      await bo.sendJson(say("last"));
      answer = await bo.until(({ ref }) => ref === "last");
    }
    await using cy = await two.join(0, "cy", { after: { main: 0 } });
    const { messages } = await cy.nextOf(208) as Received & { messages: { message: string }[] };
    assertEquals(messages.map(({ message }) => message), ["first", "last"]);
  },
);

natsTest("A hub ends with its log also while clients wait for an answer from it", async () => {
  await using two = await TwoHubs.start();
  await using ana = await two.join(0, "ana");
  await ana.nextOf(210);
  await deleteLog(two.nats);
  // Its message waits for the log, its list for the message, and a newcomer for a name.
  await ana.sendFrames([{ code: 103, room: "main", message: "hello", ref: "1" }, { code: 106, ref: "who" }]);
  await using bo = await two.join(0, "bo");
  await two.hubs[0]!.waitForLog(/c2 connected/);
  const ends = Promise.all(two.hubs.map(({ status }) => status));
  using third = new DataFolder();
  await using _other = await startClusterHub(two.nats, third);
  assertEquals(await withDeadline(ends, () => two.hubs.map(({ stderr }) => stderr).join()), [1, 1]);
  await bo.closed;
});

natsTest(
  "A newcomer is refused, and the hub is not ready, if the log is gone and nobody writes",
  async () => {
    await using two = await TwoHubs.start();
    await deleteLog(two.nats);
    await using bo = await two.join(0, "bo");
    const { error, retry_after_ms: ms } = await bo.nextOf(206);
    assertEquals([error, Number(ms) > 0], ["unavailable", true]);
    await two.hubs[0]!.waitForLog(/NATS is away/);
  },
);

natsTest("Hubs pass over what another program has written to their log", async () => {
  await using two = await TwoHubs.start();
  {
    await using client = await NatsClient.connect([two.nats.url]);
    const { rooms, events } = streamNames("main").subjects;
    for (const text of ["test", "null", "{}", '{"hub":1}']) {
      await client.publisher.publish(`${events}x`, text);
      await client.publisher.publish(`${rooms}x`, text);
    }
  }
  await using ana = await two.join(0, "ana");
  await using bo = await two.join(1, "bo");
  await Promise.all([ana.nextOf(210), bo.nextOf(210)]);
  await ana.say("hello");
  assertEquals(await nextLine(bo), "1 hello");
});

natsTest(
  "A hub whose log is made anew ends with the reason, and copies the new log when it starts again",
  async () => {
    await using two = await TwoHubs.start();
    await using ana = await two.join(0, "ana");
    await ana.nextOf(210);
    for (let number = 1; number <= 3; number++) await ana.say(`old ${number}`);
    await ana.until(({ message }) => (message as { message?: string })?.message === "old 3");
    await deleteLog(two.nats);
    const ends = Promise.all(two.hubs.map(({ status }) => status));
    // The streams are made again by the hub that starts first; until then nothing can be said.
    using third = new DataFolder();
    await using other = await startClusterHub(two.nats, third);
    assertEquals(await withDeadline(ends, () => two.hubs.map(({ stderr }) => stderr).join()), [1, 1]);
    for (const { stderr } of two.hubs) {
      assertMatch(
        stderr,
        /the log of the cluster was made anew: start the hub again/,
      );
    }
    await two.startHub(0);
    await using bo = await two.join(0, "bo", { after: { main: 0 } });
    assertEquals((await bo.nextOf(208)).messages, []);
    await using cy = await OriginalClient.connect(other.port);
    await cy.nextOf(202);
    await cy.say("new");
    assertEquals(await nextLine(bo), "1 new");
  },
);

natsTest(
  "Hubs that race lose nothing if NATS takes all of their batches, whatever their numbers",
  async () => {
    await using nats = await NatsServer.start();
    await using proxy = new NamelessProxy(nats.port);
    await using run = await ClusterRun.start({
      urls: [proxy.url],
      clients: 9,
      everyMs: 5,
      deadlineMs: 60_000,
    });
    await run.more(600);
    const { sent, acknowledged, lost, doubled, disordered, different, faults } = await run.finish();
    const found = { lost, doubled, disordered, different, faults };
    assertEquals(found, { lost: [], doubled: [], disordered: [], different: [], faults: [] });
    assertEquals(acknowledged, sent);
    // Losers are stored, and readers pass over them.
    await using client = await NatsClient.connect([nats.url]);
    const names = streamNames("main");
    let last = 0, invalid = 0;
    const reader = new StreamReader({
      connection: client.connection,
      stream: names.log,
      subject: `${names.subjects.rooms}>`,
      rewound: () => 0,
      after: 0,
      deliver({ data }) {
        const { first, count } = readHead(data)!;
        if (first === last + 1) last += count;
        else invalid++;
      },
    });
    reader.start();
    await reader.caughtUp;
    reader.close();
    assertEquals(last, sent);
    assert(invalid > 0);
  },
);

natsTest(
  "A hub reaches NATS with TLS and credentials, which are read again when they were exchanged",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const authority = await makeCertificate({ ca: true });
      const { pem, key } = await makeCertificate({ names: ["127.0.0.1"], by: authority });
      const file = (name: string) => `${folder}/${name}`;
      for (
        const [name, text] of Object.entries({ "server.pem": pem, "key.pem": key, "ca.pem": authority.pem })
      ) {
        await Deno.writeTextFile(file(name), text);
      }
      const tls = `tls { cert_file: "${file("server.pem")}", key_file: "${file("key.pem")}" }`;
      const operator = new NatsOperator();
      await operator.writeCredentials(file("hub.creds"));
      await using nats = await NatsServer.start({ config: `${operator.config}\n${tls}`, scheme: "tls" });
      const flags = ["--cluster-ca", file("ca.pem"), "--cluster-creds", file("hub.creds")];
      using folders = new DataFolder(), others = new DataFolder();
      await using one = await startClusterHub(nats, folders, ...flags);
      await using two = await startClusterHub(nats, others, ...flags);
      await using ana = await OriginalClient.connect(one.port);
      await using bo = await OriginalClient.connect(two.port);
      await Promise.all([ana.nextOf(202), bo.nextOf(202)]);
      await ana.say("hello");
      assertEquals([await nextLine(ana), await nextLine(bo)], ["1 hello", "1 hello"]);
      await nats.restart();
      await bo.say("still here");
      assertEquals([await nextLine(ana), await nextLine(bo)], ["2 still here", "2 still here"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Deletes the log with all its messages. */
async function deleteLog(nats: NatsServer): Promise<void> {
  await using client = await NatsClient.connect([nats.url]);
  await new JetStreamApi(client.connection).call(`STREAM.DELETE.${streamNames("main").log}`);
}

/** Recognizes a text that the hub shows to everyone. */
function isNotice(text: RegExp): (received: Received) => boolean {
  return ({ code, message }) => {
    const { username, message: shown = "" } = (message ?? {}) as { username?: string; message?: string };
    return code === 200 && username === "server" && text.test(shown);
  };
}
