/** Clients of hubs with TLS: which certificates join, tail, ping and bench accept. */
import { fingerprintOf } from "../../identity/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { needs, OLD_RUNTIME } from "../helpers/needs.ts";
import { HubProgram, Program } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { Home, pinTest } from "../helpers/hubs/tls_hub.ts";

const ANOTHER = `SHA256:${"A".repeat(43)}`;

pinTest("join in a pipe refuses an unknown hub, and prints its fingerprint and what to do", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stdout, stderr } = await home.says(hub.address);
  assertEquals([status, stdout], [6, ""]);
  assertStringIncludes(
    stderr,
    `riftchat: cannot join ${hub.address}: its certificate is unknown: ${hub.fingerprint} (`,
  );
  assertStringIncludes(
    stderr,
    `add --fingerprint ${hub.fingerprint}; or accept it unchecked with --accept-new`,
  );
  assertEquals(stderr.trimEnd().split("\n").slice(1), ["riftchat: line 1 was not sent"]);
});

pinTest(
  "join --accept-new accepts an unknown hub once and stores its certificate, for its owner only",
  async () => {
    using home = new Home();
    await using hub = await home.hub();
    const first = await home.says(hub.address, ["--accept-new"]);
    assertEquals(first.status, 0, first.stderr);
    assertStringIncludes(
      first.stderr,
      `the certificate of ${hub.address} is ${hub.fingerprint}; stored in ${home.knownHubs}`,
    );
    const second = await home.says(hub.address);
    assertEquals([second.status, second.stderr], [0, ""]);
    assertMatch(second.stdout, /ana {2}hello/);
    assertMatch(
      home.known.join("\n"),
      new RegExp(`^127\\.0\\.0\\.1:\\d+ ${hub.fingerprint.replaceAll("+", "\\+")}$`),
    );
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(home.knownHubs)).mode! & 0o777, 0o600);
  },
);

pinTest("join --fingerprint accepts only the hub with that fingerprint", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const wrong = await home.says(hub.address, ["--fingerprint", ANOTHER]);
  assertEquals([wrong.status, wrong.stdout], [6, ""]);
  assertStringIncludes(wrong.stderr, hub.fingerprint);
  assertStringIncludes(wrong.stderr, ANOTHER);
  const nonsense = await home.says(hub.address, ["--fingerprint", "SHA256:abc"]);
  assertEquals(nonsense.status, 2);
  assertMatch(nonsense.stderr, /cannot use --fingerprint: it must be SHA256: and 43 characters/i);
  const right = await home.says(hub.address, ["--fingerprint", hub.fingerprint]);
  assertEquals(right.status, 0, right.stderr);
});

pinTest("join --no-config stores no certificate, and says so", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stderr } = await home.says(hub.address, ["--no-config", "--accept-new"]);
  assertEquals(status, 0, stderr);
  assertStringIncludes(stderr, "it is not stored for next time");
  assertEquals((await home.says(hub.address)).status, 6);
});

pinTest("A machine in the middle with another certificate is refused, with --accept-new too", async () => {
  using home = new Home();
  const port = keptPort();
  let known = "";
  {
    await using hub = await home.hub(undefined, port);
    assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
    known = hub.fingerprint;
    await hub.stop();
  }
  await Deno.remove(`${home.env.XDG_DATA_HOME}/riftchat`, { recursive: true });
  await using other = await home.hub(["--tls"], port);
  assert(other.fingerprint !== known);
  for (const args of [[], ["--accept-new"]]) {
    const { status, stdout, stderr } = await home.says(other.address, args);
    assertEquals([status, stdout], [6, ""]);
    assertStringIncludes(
      stderr,
      `its certificate has changed: ${known} is known, but it shows ${other.fingerprint}`,
    );
    assertStringIncludes(stderr, `remove line 3 of ${home.knownHubs}`);
    assertEquals(stderr.trimEnd().split("\n").slice(1), ["riftchat: line 1 was not sent"]);
  }
  const ping = await home.runs("ping", other.address);
  assertEquals(ping.status, 6, ping.stderr);
  assertEquals((await home.says(other.address, ["--fingerprint", other.fingerprint])).status, 0);
  assertEquals(home.known.length, 1);
  assertEquals((await home.says(other.address)).status, 0);
});

pinTest("A certificate without its key is refused", async () => {
  using home = new Home();
  const [real, key] = [await makeCertificate({ names: ["hub.invalid"] }), await makeCertificate()];
  // The same name as the known certificate, signed as if by its key.
  const forged = await makeCertificate({ names: ["hub.invalid"], by: { ...real, keys: key.keys } });
  const cert = home.write("cert.pem", forged.pem), keyFile = home.write("key.pem", forged.key);
  await using hub = await home.hub(["--tls", "--tls-cert", cert, "--tls-key", keyFile]);
  await Deno.mkdir(`${home.env.XDG_CONFIG_HOME}/riftchat`, { recursive: true });
  const fingerprint = await fingerprintOf(real.der);
  await Deno.writeTextFile(
    home.knownHubs,
    `${hub.address} ${fingerprint} ${btoa(String.fromCharCode(...real.der))}\n`,
  );
  const { status, stderr } = await home.says(hub.address);
  assertEquals(status, 6);
  assertStringIncludes(stderr, `${fingerprint} is known, but it shows ${await fingerprintOf(forged.der)}`);
});

pinTest("A hub that was known with TLS is refused without TLS, unless --insecure is given", async () => {
  using home = new Home();
  const port = keptPort();
  {
    await using hub = await home.hub(undefined, port);
    assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
    const plain = await home.says(`rift://${hub.address}`);
    assertEquals([plain.status, plain.stdout], [6, ""]);
    assertStringIncludes(plain.stderr, `it is known to speak TLS (line 3 of ${home.knownHubs})`);
    await hub.stop();
  }
  await using plain = await HubProgram.start(["--port", String(port), "--no-history"], { env: home.env });
  const address = `127.0.0.1:${plain.port}`;
  for (const where of [address, `rifts://${address}`]) {
    const { status, stdout, stderr } = await home.says(where);
    assertEquals([status, stdout], [6, ""]);
    assertStringIncludes(stderr, "but does not now: someone may be intercepting the connection");
  }
  const { status, stderr } = await home.says(address, ["--insecure"]);
  assertEquals(status, 0, stderr);
  assertMatch(
    stderr,
    /^riftchat: 127\.0\.0\.1:\d+ is known to speak TLS .*; this connection is not encrypted because of --insecure/,
  );
});

Deno.test("rift:// on a port with TLS, and rifts:// on a port without TLS, fail and name the cause", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const plain = await home.says(`rift://${hub.address}`);
  assertEquals(plain.status, 3);
  assertStringIncludes(plain.stderr, `this port speaks TLS: use rifts://${hub.address}`);
  await using other = await HubProgram.start(["--no-history"], { env: home.env });
  const tls = await home.says(`rifts://127.0.0.1:${other.port}`);
  assertEquals(tls.status, 3);
  assertStringIncludes(
    tls.stderr,
    `it does not speak TLS: to join it without encryption, use rift://127.0.0.1:${other.port}`,
  );
  const both = await home.says(`rift://127.0.0.1:${other.port}`, ["--tls"]);
  assertEquals(both.status, 2);
  // A user who pins a certificate does not want a connection without one.
  const pinned = await home.says(`rift://127.0.0.1:${other.port}`, ["--fingerprint", ANOTHER]);
  assertEquals([pinned.status, pinned.stdout], [2, ""]);
  assertStringIncludes(pinned.stderr, `use rifts://127.0.0.1:${other.port}`);
});

pinTest("tail works on a hub with TLS and a password, with the same flags as join", async () => {
  using home = new Home();
  const password = home.write("password", "open sesame\n");
  await using hub = await home.hub(["--tls", "--password-file", password]);
  const tail = (...args: string[]) => home.runs("tail", hub.address, ...args);
  const unknown = await tail();
  assertEquals([unknown.status, unknown.stdout], [6, ""]);
  assertStringIncludes(unknown.stderr, `add --fingerprint ${hub.fingerprint}`);
  assertEquals((await tail("--fingerprint", ANOTHER)).status, 6);
  assertEquals((await tail("--fingerprint", "SHA256:abc")).status, 2);
  assertEquals((await tail("--accept-new", "--password-file", `${password}.none`)).status, 2);
  const none = await tail("--accept-new");
  assertEquals(none.status, 4, none.stderr);
  assertStringIncludes(none.stderr, `stored in ${home.knownHubs}`);
  assertStringIncludes(none.stderr, "name a file that holds it with --password-file");
  // The certificate is known from now on, but not without a config folder.
  assertEquals((await tail("--no-config", "--password-file", password)).status, 6);
  await using listener = new Program(["tail", hub.address, "--tls", "--password-file", password], {
    env: home.env,
  });
  await home.saysUntilPrinted(listener, hub.address, ["--password-file", password]);
  hub.kill("SIGKILL");
  await listener.waitForLog(/connecting again\n/);
  assertMatch(
    listener.stderr,
    /connection lost: the (hub closed the connection|connection was reset); connecting again\n$/,
  );
});

pinTest("A certificate of a trusted authority is accepted for its host name and for no other", async () => {
  using home = new Home();
  const authority = await makeCertificate({ ca: true });
  const leaf = await makeCertificate({ names: ["localhost"], by: authority });
  const ca = home.write("ca.pem", authority.pem);
  const files = [
    "--tls-cert",
    home.write("cert.pem", leaf.pem),
    "--tls-key",
    home.write("key.pem", leaf.key),
  ];
  await using hub = await home.hub(["--tls", ...files]);
  const env = { DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: ca };
  const named = await home.says(`localhost:${hub.port}`, [], env);
  assertEquals([named.status, named.stderr], [0, ""]);
  assertEquals(home.known, [`localhost:${hub.port} authority`]);
  // The hub is known to use TLS from now on.
  assertEquals((await home.says(`rift://localhost:${hub.port}`, [], env)).status, 6);
  const numbered = await home.says(hub.address, [], env);
  assertEquals(numbered.status, 6, numbered.stderr);
  assertStringIncludes(numbered.stderr, "its certificate is unknown");
  // If the authority is not trusted, the hub is not either.
  const alone = await home.says(`localhost:${hub.port}`, ["--accept-new"]);
  assertEquals(alone.status, 6);
  assertStringIncludes(alone.stderr, "no authority that this machine knows vouches for it");
});

pinTest("A certificate is pinned whatever its names, its dates and its purpose are", async () => {
  const cases: Parameters<typeof makeCertificate>[0][] = [
    { names: ["hub.local"], ca: true },
    { names: ["hub.local"], until: new Date(1_100_000_000_000) },
    {},
    { names: ["www.example.org"] },
  ];
  for (const wishes of cases) {
    using home = new Home();
    const { pem, key } = await makeCertificate(wishes);
    const files = ["--tls-cert", home.write("cert.pem", pem), "--tls-key", home.write("key.pem", key)];
    await using hub = await home.hub(["--tls", ...files]);
    const first = await home.says(hub.address, ["--accept-new"]);
    assertEquals(first.status, 0, first.stderr);
    const second = await home.says(hub.address);
    assertEquals([second.status, second.stderr], [0, ""]);
  }
});

const OLD_ONLY = OLD_RUNTIME === undefined ? "this is not an executable with an old runtime" : undefined;

Deno.test(
  needs("A client that cannot tell certificates refuses the hub, and says what to do", OLD_ONLY),
  async () => {
    using home = new Home();
    await using hub = await home.hub();
    for (const args of [[], ["--accept-new"], ["--fingerprint", hub.fingerprint]]) {
      const { status, stdout, stderr } = await home.says(hub.address, args);
      assertEquals([status, stdout], [6, ""]);
      assertStringIncludes(
        stderr,
        "does not tell the certificate of a connection, as Deno 2.9 does: use a riftchat",
      );
    }
  },
);

pinTest("ping prints that a hub speaks TLS and its certificate, and stores nothing", async () => {
  using home = new Home();
  await using hub = await home.hub();
  for (const address of [hub.address, `rifts://${hub.address}`]) {
    const { status, stdout, stderr } = await home.runs("ping", address);
    assertEquals([status, stderr], [0, ""]);
    assertMatch(
      stdout,
      /answered in [\d.]+ ms with TLS; certificate SHA256:\S{43}, which is not known here\n$/,
    );
    assertStringIncludes(stdout, hub.fingerprint);
  }
  assertEquals((await home.says(hub.address)).status, 6);
});

pinTest("bench works on a hub with TLS", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stdout, stderr } = await home.runs(
    ...["bench", hub.address, "--clients", "5", "--senders", "2", "--seconds", "1", "--rate", "50", "--json"],
  );
  assertEquals(status, 0, stderr);
  assertEquals(JSON.parse(stdout).clients, 5);
});
