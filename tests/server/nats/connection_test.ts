import { ClusterError, NatsConnection, NatsError } from "../../../server/nats/mod.ts";
import { onceAMinute, versionWarning } from "../../../server/nats/reconnecting.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../../helpers/assert.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

natsTest("A connection tells the version of its server and the address", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  const { connection } = client;
  assertMatch(connection.version, /^2\.\d+\.\d+/);
  assertEquals(connection.address, `127.0.0.1:${server.port}`);
  assertEquals(connection.hasJetStream, true);
  const version = connection.version;
  await server.kill();
  await client.changed("disconnected");
  assertEquals([connection.version, connection.isConnected], [version, false]);
});

Deno.test("Servers before 2.10 are warned of", () => {
  for (const version of ["2.9.10", "2.9.25", "1.4.1", "2.2.0-beta"]) {
    assertStringIncludes(versionWarning(version) ?? "", `NATS ${version} is older than 2.10`);
  }
  for (const version of ["2.10.0", "2.10.0-RC.1", "2.11.4", "3.0.0"]) {
    assertEquals(versionWarning(version), undefined);
  }
});

natsTest("The first connection waits for a server, says why, and connects when it is there", async () => {
  await using server = await NatsServer.start();
  await server.kill();
  const { promise: waits, resolve } = Promise.withResolvers<string>();
  const reasons: string[] = [];
  const connecting = NatsConnection.connect({
    servers: [server.url],
    name: "test",
    waiting: (reason) => {
      reasons.push(reason);
      resolve(reason);
    },
  });
  assertEquals(await waits, `no NATS server answers at ${server.url}: connection refused`);
  await server.start();
  const connection = await connecting;
  assertEquals(connection.isConnected, true);
  await connection.close();
  assertEquals(reasons.length, 1);
});

Deno.test("Reasons that come by turns are told once a minute each", () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const tell = onceAMinute((reason) => told.push(reason), clock);
  for (let second = 0; second < 60; second++) {
    tell("refused");
    tell("no such host");
    clock.advance(1000);
  }
  assertEquals(told, ["refused", "no such host"]);
  tell("refused");
  assertEquals(told, ["refused", "no such host", "refused"]);
});

natsTest("The first connection can be given up", async () => {
  await using server = await NatsServer.start();
  await server.kill();
  const abort = new AbortController();
  const error = await assertRejects(() =>
    NatsConnection.connect({
      servers: [server.url],
      name: "test",
      signal: abort.signal,
      waiting: () => abort.abort(),
    }), NatsError);
  assertEquals(error.kind, "closed");
});

natsTest("A connection is back after its server was killed, and subscriptions go on", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  const { connection } = client;
  const answer = Promise.withResolvers<string>();
  connection.subscribe("greeting", ({ data }) => answer.resolve(new TextDecoder().decode(data)));
  for (let round = 0; round < 3; round++) {
    await server.kill();
    await client.changed("disconnected");
    await server.start();
    await client.changed("connected");
  }
  connection.publish("greeting", "hello");
  assertEquals(await answer.promise, "hello");
});

natsTest("An unknown name of a server is waited for, and the other servers are used", async () => {
  await using server = await NatsServer.start();
  const { promise: waits, resolve } = Promise.withResolvers<string>();
  const abort = new AbortController();
  const unknown = NatsConnection.connect({
    servers: ["nats.invalid"],
    name: "test",
    signal: abort.signal,
    waiting: (reason) => {
      resolve(reason);
      abort.abort();
    },
  });
  await assertRejects(() => unknown, NatsError);
  assertEquals(await waits, "no NATS server answers at nats.invalid: no such host");
  await using client = await NatsClient.connect(["nats.invalid", server.url]);
  assertEquals(client.connection.address, `127.0.0.1:${server.port}`);
});

natsTest("A connection goes on at another server when its own is killed", async () => {
  await using cluster = await NatsCluster.start();
  await using client = await NatsClient.connect(cluster.urls);
  const { connection } = client;
  const own = cluster.servers.find(({ port }) => connection.address === `127.0.0.1:${port}`)!;
  await own.kill();
  await client.changed("connected");
  assert(connection.address !== `127.0.0.1:${own.port}`);
});

natsTest("A stopped server counts as away, and the connection is back when it goes on", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  await server.stop();
  await client.changed("disconnected");
  server.continue();
  await client.changed("connected");
});

natsTest("A stopped server counts as away also when it has stopped reading, and nothing hangs", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.withStreams([server.url]);
  await server.stop();
  const data = new Uint8Array(500_000);
  // Much more than the buffers of both sockets take.
  const sent = Array.from(
    { length: 60 },
    () =>
      client.publisher.publish(`${client.names.subjects.rooms}room`, data).then(
        () => "stored",
        ({ kind }) => kind,
      ),
  );
  await client.changed("disconnected");
  assertEquals((await Promise.all(sent)).filter((kind) => kind === "stored"), []);
  server.continue();
  await client.changed("connected");
  await client.publish(1);
});

Deno.test("A server that ends a connection while it is made is tried again", async () => {
  const info = '{"server_id":"x","version":"2.10.0","proto":1,"max_payload":1000';
  const greetings = [
    "",
    "INFO {",
    `INFO ${info}}\r\n`,
    `INFO ${info},"tls_required":true}\r\n`,
    "HTTP/1.1 400\r\n\r\n",
  ];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const abort = new AbortController();
  const serving = (async () => {
    let count = 0;
    for await (const conn of listener) {
      const greeting = greetings[count++ % greetings.length]!;
      if (greeting !== "") await conn.write(new TextEncoder().encode(greeting));
      conn.close();
      if (count === 2 * greetings.length) abort.abort();
    }
  })();
  const reasons: string[] = [];
  const error = await assertRejects(() =>
    NatsConnection.connect({
      servers: [`127.0.0.1:${(listener.addr as Deno.NetAddr).port}`],
      name: "test",
      signal: abort.signal,
      waiting: (reason) => reasons.push(reason),
    }), NatsError);
  assertEquals(error.kind, "closed");
  assert(
    reasons.some((reason) => reason.endsWith("the server does not speak the protocol of NATS")),
    String(reasons),
  );
  listener.close();
  await serving;
});

natsTest("An error in the callback of a subscription is reported, and the connection goes on", async () => {
  await using server = await NatsServer.start();
  await using client = await NatsClient.connect([server.url]);
  const reported = Promise.withResolvers<string>();
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.resolve(event.error.message);
  };
  globalThis.addEventListener("error", report);
  try {
    client.connection.subscribe("fault", () => {
      throw new Error("a fault of the hub");
    });
    client.connection.publish("fault", "");
    assertEquals(await reported.promise, "a fault of the hub");
    await client.connection.flush();
  } finally {
    globalThis.removeEventListener("error", report);
  }
});

natsTest(
  "A request to which nobody listens fails at once, one without an answer after its time",
  async () => {
    await using server = await NatsServer.start();
    await using client = await NatsClient.connect([server.url]);
    const { connection } = client;
    const nobody = await assertRejects(() => connection.request("nobody"), NatsError);
    assertEquals([nobody.kind, nobody.outcomeUnknown], ["unavailable", false]);
    connection.subscribe("silent", () => {});
    const silent = await assertRejects(() => connection.request("silent", "", 50), NatsError);
    assertEquals([silent.kind, silent.outcomeUnknown], ["timeout", true]);
  },
);

natsTest("Closing a connection ends its requests", async () => {
  await using server = await NatsServer.start();
  const connection = await NatsConnection.connect({ servers: [server.url], name: "test" });
  connection.subscribe("silent", () => {});
  const request = connection.request("silent").catch((error) => error as NatsError);
  await connection.close();
  assertEquals((await request as NatsError).kind, "closed");
  assertEquals((await assertRejects(() => connection.request("silent"), NatsError)).kind, "closed");
  await connection.close();
});

Deno.test("An address that is not one of NATS is refused with what was expected", async () => {
  for (const server of ["http://nats:4222", "nats://", "nats://host:99999", "nats://host/path", ""]) {
    const error = await assertRejects(
      () => NatsConnection.connect({ servers: [server], name: "test" }),
      ClusterError,
    );
    assertStringIncludes(
      error.message,
      `"${server}" of --cluster is not one of NATS: expected nats://HOST:PORT`,
    );
  }
});

Deno.test("The library is not loaded with the room", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "server/nats/mod.ts"],
    stderr: "null",
  }).output();
  assertEquals(code, 0);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { dependencies?: { code?: { specifier: string }; specifier: string; isDynamic?: boolean }[] }[];
  };
  const uses = modules.flatMap(({ dependencies = [] }) =>
    dependencies.filter(({ specifier, code }) =>
      specifier === "@nats-io/nats-core/internal" && code !== undefined
    )
  );
  assertEquals(uses.map(({ isDynamic }) => isDynamic), [true]);
});
