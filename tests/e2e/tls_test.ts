/** Hubs that speak TLS, and clients that know them or not: the real programs, and the real runtime's TLS. */
import { connect as connectTls } from "node:tls";
import { fingerprintOf } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";

const ANOTHER = `SHA256:${"A".repeat(43)}`;

Deno.test("join in a pipe refuses a hub that is not known, and says its fingerprint and what to do", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stdout, stderr } = await home.says(hub.address);
  assertEquals([status, stdout], [6, ""]);
  assertStringIncludes(
    stderr,
    `riftchat: cannot join ${hub.address}: its certificate is not known here: ${hub.fingerprint} (`,
  );
  assertStringIncludes(stderr, `add --fingerprint ${hub.fingerprint}, or take it unseen with --accept-new`);
  assertEquals(stderr.trimEnd().split("\n").length, 1);
});

Deno.test("join --accept-new believes a hub once, keeps its certificate for its owner alone, and then asks nothing", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const first = await home.says(hub.address, ["--accept-new"]);
  assertEquals(first.status, 0, first.stderr);
  assertStringIncludes(
    first.stderr,
    `the certificate of ${hub.address} is ${hub.fingerprint}; kept in ${home.knownHubs}`,
  );
  const second = await home.says(hub.address);
  assertEquals([second.status, second.stderr], [0, ""]);
  assertMatch(second.stdout, /ana {2}hello/);
  assertMatch(
    home.known.join("\n"),
    new RegExp(`^127\\.0\\.0\\.1:\\d+ ${hub.fingerprint.replaceAll("+", "\\+")} \\S+$`),
  );
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(home.knownHubs)).mode! & 0o777, 0o600);
});

Deno.test("join --fingerprint believes the hub that has it, and no other", async () => {
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

Deno.test("join --no-config believes nobody for longer than it runs, and says so", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stderr } = await home.says(hub.address, ["--no-config", "--accept-new"]);
  assertEquals(status, 0, stderr);
  assertStringIncludes(stderr, "it is not kept for the next time");
  assertEquals((await home.says(hub.address)).status, 6);
});

Deno.test("Somebody in the middle with a certificate of his own is refused, also with --accept-new, and told how to go on", async () => {
  using home = new Home();
  let known = "", port = 0;
  {
    await using hub = await home.hub();
    assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
    known = hub.fingerprint;
    port = hub.port;
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
      `its certificate has changed: known is ${known}, it shows ${other.fingerprint}`,
    );
    assertStringIncludes(stderr, `remove line 3 of ${home.knownHubs}`);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
  }
  const ping = await home.runs("ping", other.address);
  assertEquals(ping.status, 6, ping.stderr);
  assertEquals((await home.says(other.address, ["--fingerprint", other.fingerprint])).status, 0);
  assertEquals(home.known.length, 1);
  assertEquals((await home.says(other.address)).status, 0);
});

Deno.test("A certificate without its key is worth nothing, whoever shows it", async () => {
  using home = new Home();
  const [real, key] = [await makeCertificate({ names: ["hub.invalid"] }), await makeCertificate()];
  // The same name, as if the known one had vouched for it.
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
  assertStringIncludes(stderr, `known is ${fingerprint}, it shows ${await fingerprintOf(forged.der)}`);
});

Deno.test("Somebody in the middle who shows the right certificate first, and then has another one, is refused", async () => {
  using home = new Home();
  using other = new Home();
  await using hub = await home.hub();
  await using his = await other.hub();
  using middle = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relaying = (async () => {
    for (let count = 0; count < 3; count++) {
      const client = await middle.accept();
      // The first asks for the certificate alone; the others are to be believed.
      const server = await Deno.connect({ hostname: "127.0.0.1", port: count === 0 ? hub.port : his.port });
      const pipe = (from: Deno.TcpConn, to: Deno.TcpConn) =>
        from.readable.pipeTo(to.writable).catch(() => {});
      pipe(client, server);
      pipe(server, client);
    }
  })().catch(() => {});
  const address = `rifts://127.0.0.1:${middle.addr.port}`;
  const { status, stdout, stderr } = await home.says(address, ["--fingerprint", hub.fingerprint]);
  assertEquals([status, stdout], [6, ""], stderr);
  assertStringIncludes(stderr, `its certificate ${hub.fingerprint} cannot be relied on: no authority`);
  await relaying;
});

Deno.test("A hub that is known to speak TLS is talked to without only where --insecure says so", async () => {
  using home = new Home();
  let port = 0;
  {
    await using hub = await home.hub();
    port = hub.port;
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
    assertStringIncludes(stderr, "and does not now: somebody may be between you and the hub");
  }
  const { status, stderr } = await home.says(address, ["--insecure"]);
  assertEquals(status, 0, stderr);
  assertMatch(
    stderr,
    /^riftchat: 127\.0\.0\.1:\d+ is known to speak TLS .*; talking to it without encryption/,
  );
});

Deno.test("rift:// on a port that speaks TLS, and rifts:// on one that does not, say what it is", async () => {
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
    `it does not speak TLS; rift://127.0.0.1:${other.port} joins it without encryption`,
  );
  const both = await home.says(`rift://127.0.0.1:${other.port}`, ["--tls"]);
  assertEquals(both.status, 2);
  // Who says by which certificate the hub is to be known does not want to talk to one without.
  const pinned = await home.says(`rift://127.0.0.1:${other.port}`, ["--fingerprint", ANOTHER]);
  assertEquals([pinned.status, pinned.stdout], [2, ""]);
  assertStringIncludes(pinned.stderr, `use rifts://127.0.0.1:${other.port}`);
});

Deno.test("tail listens on a hub with TLS and a password, by the same flags as join, and no other hub", async () => {
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
  assertStringIncludes(none.stderr, `kept in ${home.knownHubs}`);
  assertStringIncludes(none.stderr, "name a file that holds it with --password-file");
  // It is known from then on, without a config folder it is not.
  assertEquals((await tail("--no-config", "--password-file", password)).status, 6);
  await using listener = new Program(["tail", hub.address, "--tls", "--password-file", password], {
    env: home.env,
  });
  await listener.lineWhere((line) => line.includes("joined"));
  const said = await home.says(hub.address, ["--password-file", password]);
  assertEquals(said.status, 0, said.stderr);
  await listener.lineWhere((line) => line.endsWith("ana  hello"));
  hub.kill("SIGKILL");
  await listener.waitForLog(/connecting again\n/);
  assertMatch(listener.stderr, /connection lost: the connection was (cut off|reset); connecting again\n$/);
});

Deno.test("serve --tls-port is one hub with two doors: those who come by either hear the others", async () => {
  using home = new Home();
  await using hub = await home.hub(["--tls-port", "0"]);
  await using bo = await OriginalClient.connect(hub.port);
  await bo.nextOf(202);
  assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
  assertEquals((await bo.nextOf(200)).message, {
    ...(await lastLine(bo)),
    username: "ana",
    message: "hello",
  });
  // The plain port stays one that a base client finds as it always was.
  assertEquals((await home.says(`127.0.0.1:${hub.port}`)).status, 0);
});

function lastLine(client: OriginalClient) {
  const said = client.received.findLast(({ code }) => code === 200);
  return Promise.resolve(said!.message as Record<string, unknown>);
}

Deno.test("A certificate of an authority that the machine knows is believed for its host name and for no other", async () => {
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
  // It is known to speak TLS from then on.
  assertEquals((await home.says(`rift://localhost:${hub.port}`, [], env)).status, 6);
  const numbered = await home.says(hub.address, [], env);
  assertEquals(numbered.status, 6, numbered.stderr);
  assertStringIncludes(numbered.stderr, "its certificate is not known here");
  // Where the authority is not known, neither is the hub.
  const alone = await home.says(`localhost:${hub.port}`, ["--accept-new"]);
  assertEquals(alone.status, 6);
  assertStringIncludes(alone.stderr, "no authority that this machine knows vouches for it");
});

Deno.test("A certificate that cannot be held to is refused with why", async () => {
  const cases: [Parameters<typeof makeCertificate>[0], RegExp][] = [
    [{ names: ["hub.local"], ca: true }, /it may vouch for others \(CA:TRUE\)/],
    [{ names: ["hub.local"], until: new Date(1_100_000_000_000) }, /it has expired/],
    [{}, /it has no name \(subjectAltName\)/],
    [
      { names: ["chat.example.org", "www.google.com"].slice(1) },
      /it is for www\.google\.com; join the hub under such a name/,
    ],
  ];
  for (const [wishes, why] of cases) {
    using home = new Home();
    const { pem, key } = await makeCertificate(wishes);
    const files = ["--tls-cert", home.write("cert.pem", pem), "--tls-key", home.write("key.pem", key)];
    await using hub = await home.hub(["--tls", ...files]);
    const { status, stdout, stderr } = await home.says(hub.address, ["--accept-new"]);
    assertEquals([status, stdout], [6, ""], stderr);
    assertMatch(stderr, why);
  }
});

Deno.test("SIGHUP shows a new certificate to those who come, drops nobody, and keeps the old one where the new is broken", async () => {
  using home = new Home();
  const [one, two] = [
    await makeCertificate({ names: ["one.invalid"] }),
    await makeCertificate({ names: ["two.invalid"] }),
  ];
  const cert = home.write("cert.pem", one.pem), key = home.write("key.pem", one.key);
  await using hub = await home.hub(["--tls", "--tls-cert", cert, "--tls-key", key]);
  await using bo = new Program(["join", hub.address, "-n", "bo", "--accept-new", "--no-config"], {
    stdin: "piped",
    env: home.env,
  });
  await bo.lineWhere((line) => line.includes("bo"));
  await Deno.writeTextFile(cert, two.pem);
  hub.kill("SIGHUP");
  await hub.waitForLog(
    /cannot reload: certificate; the old one stays in use: .*the key is that of another one/,
  );
  const before = await home.says(hub.address, ["--fingerprint", await fingerprintOf(one.der), "--no-config"]);
  assertEquals(before.status, 0, before.stderr);
  await Deno.writeTextFile(key, two.key);
  hub.kill("SIGHUP");
  await hub.waitForLog(/reloaded: certificate/);
  const after = await home.says(hub.address, ["--fingerprint", await fingerprintOf(two.der), "--no-config"]);
  assertEquals(after.status, 0, after.stderr);
  assertEquals(
    (await home.says(hub.address, ["--fingerprint", await fingerprintOf(one.der), "--no-config"])).status,
    6,
  );
  await bo.type("still here\n");
  await bo.lineWhere((line) => line.endsWith("bo  still here"));
  assert(!bo.stderr.includes("lost"), bo.stderr);
});

Deno.test("A hub's own certificate is made once, kept for its owner alone, and is the same at the next start", async () => {
  using home = new Home();
  const path = `${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`;
  const fingerprints: string[] = [];
  for (let starts = 0; starts < 2; starts++) {
    await using hub = await home.hub();
    fingerprints.push(hub.fingerprint);
    await hub.waitForLog(
      new RegExp(`certificate ${hub.fingerprint.replaceAll("+", "\\+")}; in words: (\\w+ ?){12}`),
    );
    await hub.stop();
    assertEquals(hub.stderr.includes("made a certificate of its own"), starts === 0);
    // Nothing of the key is ever told.
    const key = (await Deno.readTextFile(path)).split("\n")[1]!;
    assertEquals(hub.stderr.includes(key.slice(0, 20)), false);
  }
  assertEquals(fingerprints[0], fingerprints[1]);
  if (Deno.build.os === "windows") return;
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  await Deno.chmod(path, 0o644);
  const { status, stderr } = await home.runs(
    "serve",
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--no-history",
    "--tls",
  );
  assertEquals(status, 1);
  assertMatch(stderr, /its owner alone must be able to read it: its mode is 0644; chmod 600 mends it/);
});

Deno.test("serve refuses certificates that cannot be used, and settings that make no sense together, with why", async () => {
  using home = new Home();
  const { pem, key } = await makeCertificate({ names: ["hub.local"] });
  const other = await makeCertificate({ names: ["hub.local"] });
  const files = {
    pem: home.write("cert.pem", pem),
    key: home.write("key.pem", key),
    other: home.write("other.pem", other.key),
    none: home.write("none.pem", "nothing\n"),
  };
  const serve = ["serve", "--host", "127.0.0.1", "--port", "0", "--no-history"];
  for (
    const [args, status, why] of [
      [["--tls", "--tls-cert", files.pem, "--tls-key", files.other], 1, /the key is that of another one/],
      [
        ["--tls", "--tls-cert", files.none, "--tls-key", files.key],
        1,
        /none\.pem: it must be PEM with "BEGIN CERTIFICATE"/,
      ],
      [
        ["--tls", "--tls-cert", files.pem, "--tls-key", files.none],
        1,
        /none\.pem: it must be PEM with "BEGIN PRIVATE KEY"/,
      ],
      [
        ["--tls", "--tls-cert", "/no/such", "--tls-key", files.key],
        1,
        /Cannot read the certificate \/no\/such: it does not exist/,
      ],
      [["--tls", "--tls-cert", files.pem], 2, /Cannot use --tls-cert: .*add --tls-key/],
      [["--tls-cert", files.pem, "--tls-key", files.key], 2, /TLS is off; add --tls or --tls-port/],
      [["--tls", "--tls-port", "0"], 2, /Cannot use --tls-port: it needs a first port without TLS/],
      [["--tls=maybe"], 2, /one of on, off|Allowed choices are on, off/],
    ] as [string[], number, RegExp][]
  ) {
    const result = await run([...serve, ...args], { env: home.env });
    assertEquals(result.status, status, args.join(" "));
    assertMatch(result.stderr, why);
  }
});

Deno.test("TLS before 1.2 is refused, 1.2 and 1.3 are not", async () => {
  using home = new Home();
  await using hub = await home.hub();
  // Deno's own TLS has nothing older; openssl does.
  const handshake = async (version: string) => {
    const { stdout, stderr } = await new Deno.Command("openssl", {
      args: ["s_client", "-connect", hub.address, version, "-cipher", "ALL:@SECLEVEL=0"],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  };
  let text: string;
  try {
    text = await handshake("-tls1_1");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  assertMatch(text, /alert|no protocols available|unsupported protocol/);
  assert(!/New, TLS/.test(text), text);
  assertMatch(await handshake("-tls1_2"), /New, TLSv1\.2/);
});

Deno.test("Who connects to a port that speaks TLS and stays silent keeps nobody waiting, and goes with the hub", async () => {
  using home = new Home();
  await using hub = await home.hub();
  using _silent = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
  // Somebody who does not speak TLS is hung up on.
  using plain = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  await plain.write(new TextEncoder().encode("\0\0\0\0\0\0\0\x1b{}"));
  const buffer = new Uint8Array(64);
  while (await plain.read(buffer).catch(() => null) !== null);
  await hub.stop();
  assertEquals(await hub.status, 0);
});

Deno.test("ping says that a hub speaks TLS and whose certificate that is, and keeps nothing", async () => {
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

Deno.test("bench puts a load on a hub that speaks TLS", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const { status, stdout, stderr } = await home.runs(
    ...["bench", hub.address, "--clients", "5", "--senders", "2", "--seconds", "1", "--rate", "50", "--json"],
  );
  assertEquals([status, stderr], [0, ""]);
  assertEquals(JSON.parse(stdout).clients, 5);
});

Deno.test("serve --json and --daemon status say where TLS is spoken, and the certificate with its words", async () => {
  using home = new Home();
  await using hub = new Program(
    ["serve", "--host", "127.0.0.1", "--port", "0", "--no-history", "--tls", "--json"],
    { env: home.env },
  );
  const { listening, tls } = JSON.parse((await hub.line())!);
  assertEquals(tls.port, listening.port);
  assertMatch(tls.fingerprint, /^SHA256:\S{43}$/);
  assertEquals(tls.words.split(" ").length, 12);
});

Deno.test("A hub that listens beyond this machine without TLS says so once at its start", async () => {
  using home = new Home();
  for (
    const [host, args, says] of [["0.0.0.0", [], 1], ["127.0.0.1", [], 0], ["0.0.0.0", ["--tls"], 0]] as const
  ) {
    await using hub = new Program(["serve", "--host", host, "--port", "0", "--no-history", ...args], {
      env: home.env,
    });
    await hub.line();
    hub.kill("SIGTERM");
    await hub.status;
    assertEquals(hub.stderr.split("are not encrypted").length - 1, says);
  }
});

Deno.test("Metrics tell of TLS: who speaks it, who failed, until when the certificate is valid", async () => {
  using home = new Home();
  await using hub = await home.hub(["--tls", "--metrics", "127.0.0.1:0"]);
  await hub.waitForLog(/metrics on (\S+)/);
  const url = hub.stderr.match(/metrics on (\S+)/)![1]!;
  await using bo = new Program(["join", hub.address, "-n", "bo", "--accept-new"], {
    stdin: "piped",
    env: home.env,
  });
  await bo.lineWhere((line) => line.includes("bo"));
  const text = await (await fetch(url)).text();
  assertMatch(text, /^riftchat_tls_connections 1$/m);
  // The client has looked at the certificate before it spoke TLS.
  assertMatch(text, /^riftchat_tls_handshakes_failed_total [1-9]$/m);
  assertMatch(text, /^riftchat_tls_certificate_expiry_time_seconds 253402300799$/m);
});

Deno.test("The runtime's own client gets through the handshake", async () => {
  using home = new Home();
  await using hub: TlsHub = await home.hub();
  const socket = connectTls({ host: "127.0.0.1", port: hub.port, rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => socket.once("data", () => resolve()).once("error", reject));
  socket.destroy();
  await new Promise((resolve) => socket.once("close", resolve));
});
