import { ClusterError, ensureStreams, NatsConnection, NatsError } from "../../../server/nats/mod.ts";
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { makeCertificate } from "../../helpers/hubs/certificates.ts";
import { NatsOperator } from "../../helpers/nats/credentials.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

Deno.test("Files of certificates and credentials that cannot be used are named", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const missing = `${folder}/missing`, other = `${folder}/other`;
    await Deno.writeTextFile(other, "something else");
    const refused = async (files: { caFile?: string; credsFile?: string }) =>
      (await assertRejects(
        () => NatsConnection.connect({ servers: ["127.0.0.1:1"], name: "test", ...files }),
        ClusterError,
      )).message;
    assertMatch(await refused({ caFile: missing }), /^Cannot read the file .*missing of --cluster-ca: /);
    assertMatch(
      await refused({ caFile: other }),
      /other of --cluster-ca has no certificate: it must be a PEM file$/,
    );
    assertMatch(
      await refused({ credsFile: missing }),
      /^Cannot read the file .*missing of --cluster-creds: /,
    );
    assertMatch(await refused({ credsFile: other }), /other of --cluster-creds has no credentials of NATS/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

natsTest("A password stands in the address, a wrong one ends the start, and no text shows it", async () => {
  await using server = await NatsServer.start({ config: 'authorization { user: hub, password: "s3:cr@t" }' });
  const address = (password: string) => server.url.replace("//", `//hub:${encodeURIComponent(password)}@`);
  await (await NatsConnection.connect({ servers: [address("s3:cr@t")], name: "test" })).close();
  const cases = [
    [server.url, "or name a file with credentials by --cluster-creds"],
    [address("wrong-one"), "check the user and the password in --cluster"],
  ] as const;
  for (const [url, remedy] of cases) {
    const error = await assertRejects(
      () => NatsConnection.connect({ servers: [url], name: "test" }),
      ClusterError,
    );
    assertStringIncludes(error.message, `Cannot log in to NATS at ${server.url}: `);
    assertStringIncludes(error.message, remedy);
    assertEquals(error.message.includes("wrong-one"), false);
  }
});

natsTest("A token stands in the address", async () => {
  await using server = await NatsServer.start({ config: "authorization { token: t0ken }" });
  const url = server.url.replace("//", "//t0ken@");
  await (await NatsConnection.connect({ servers: [url], name: "test" })).close();
});

natsTest("A file with credentials logs in; those of another operator end the start", async () => {
  const operator = new NatsOperator();
  await using server = await NatsServer.start({ config: operator.config });
  const credsFile = `${server.folder}/hub.creds`, otherFile = `${server.folder}/other.creds`;
  await operator.writeCredentials(credsFile);
  await new NatsOperator().writeCredentials(otherFile);
  {
    await using client = await NatsClient.connect([server.url], { credsFile });
    await ensureStreams(client.connection, { name: "test", replicas: 1 });
  }
  const error = await assertRejects(
    () => NatsConnection.connect({ servers: [server.url], name: "test", credsFile: otherFile }),
    ClusterError,
  );
  assertStringIncludes(error.message, `check that ${otherFile} belongs to this server and has not expired`);
});

natsTest("Credentials are read again at a reconnect", async () => {
  const operator = new NatsOperator(), next = new NatsOperator();
  await using server = await NatsServer.start({ config: operator.config });
  const credsFile = `${server.folder}/hub.creds`;
  await operator.writeCredentials(credsFile);
  const problems: string[] = [];
  const refused = Promise.withResolvers<void>();
  await using client = await NatsClient.connect([server.url], {
    credsFile,
    problem: (text) => {
      problems.push(text);
      refused.resolve();
    },
  });
  await server.kill();
  await client.changed("disconnected");
  server.configure(next.config);
  await server.start();
  await withDeadline(refused.promise, () => "waiting for a refusal");
  await next.writeCredentials(credsFile);
  await client.changed("connected");
  // Each attempt until then was refused, and told once.
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /authorization violation/i);
});

natsTest("A missing permission is reported", async () => {
  const operator = new NatsOperator();
  await using server = await NatsServer.start({ config: operator.config });
  const credsFile = `${server.folder}/hub.creds`;
  await operator.writeCredentials(credsFile, { pub: { deny: ["$JS.API.>"] } });
  const { promise, resolve } = Promise.withResolvers<string>();
  await using client = await NatsClient.connect([server.url], { credsFile, problem: resolve });
  const abort = new AbortController();
  const making = ensureStreams(client.connection, { name: "test", replicas: 1 }, { signal: abort.signal });
  assertMatch(await promise, /^permissions violation for publish to "\$JS\.API\.STREAM/i);
  abort.abort();
  await assertRejects(() => making, NatsError);
});

natsTest("TLS trusts the authority of a file, and no other", async () => {
  const authority = await makeCertificate({ ca: true }), other = await makeCertificate({ ca: true });
  const { pem, key } = await makeCertificate({ names: ["127.0.0.1", "localhost"], by: authority });
  const folder = await Deno.makeTempDir();
  try {
    const file = (name: string) => `${folder}/${name}.pem`;
    const files = { server: pem, key, authority: authority.pem, other: other.pem };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(file(name), text);
    await using server = await NatsServer.start({
      config: `tls { cert_file: "${file("server")}", key_file: "${file("key")}" }`,
    });
    const port = server.port;
    for (const url of [`nats://127.0.0.1:${port}`, `tls://127.0.0.1:${port}`, `tls://localhost:${port}`]) {
      await using client = await NatsClient.connect([url], { caFile: file("authority") });
      await ensureStreams(client.connection, { name: "test", replicas: 1 });
    }
    const untrusted = await assertRejects(
      () => NatsConnection.connect({ servers: [server.url], name: "test", caFile: file("other") }),
      ClusterError,
    );
    assertStringIncludes(untrusted.message, `Cannot trust the certificate of NATS at ${server.url}: `);
    assertStringIncludes(
      untrusted.message,
      `check that ${file("other")} has the certificate of its authority`,
    );
    const unnamed = await assertRejects(
      () => NatsConnection.connect({ servers: [server.url], name: "test" }),
      ClusterError,
    );
    assertStringIncludes(unnamed.message, "name the certificate of its authority by --cluster-ca");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

natsTest("A certificate without the address of the server is refused", async () => {
  const authority = await makeCertificate({ ca: true });
  const { pem, key } = await makeCertificate({ names: ["nats.example"], by: authority });
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ca.pem`, authority.pem);
    await Deno.writeTextFile(`${folder}/cert.pem`, pem);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    await using server = await NatsServer.start({
      config: `tls { cert_file: "${folder}/cert.pem", key_file: "${folder}/key.pem" }`,
    });
    for (const host of ["127.0.0.1", "localhost"]) {
      const servers = [`tls://${host}:${server.port}`];
      const error = await assertRejects(
        () => NatsConnection.connect({ servers, name: "test", caFile: `${folder}/ca.pem` }),
        ClusterError,
      );
      assertStringIncludes(error.message, "Cannot trust the certificate of NATS");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

natsTest("A server without TLS is refused when TLS is wanted", async () => {
  await using server = await NatsServer.start();
  const error = await assertRejects(
    () => NatsConnection.connect({ servers: [server.url.replace("nats:", "tls:")], name: "test" }),
    ClusterError,
  );
  assertStringIncludes(error.message, "the server has no TLS");
});
