/** Hubs with TLS: `serve --tls`, its certificate, ports, reloads and metrics. */
import { connect as connectTls } from "node:tls";
import { fingerprintOf } from "../../identity/mod.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { needs, NO_LINUX, OLD_RUNTIME } from "../helpers/needs.ts";
import { Program, run } from "../helpers/program.ts";
import { Home, pinTest, TlsHub } from "../helpers/hubs/tls_hub.ts";

pinTest("serve --tls-port opens a second port of the same hub", async () => {
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

pinTest("SIGHUP loads a new certificate, or keeps the old one if the new one is invalid", async () => {
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
    /cannot reload: certificate; the old one stays in use: .*the key belongs to another certificate/,
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

Deno.test({
  ...needs(
    "No connection is refused or reset while SIGHUP exchanges the certificate",
    NO_LINUX ?? OLD_RUNTIME,
  ),
  fn: async () => {
    using home = new Home();
    const certificates = [
      await makeCertificate({ names: ["localhost"] }),
      await makeCertificate({
        names: ["localhost"],
      }),
    ];
    const install = (round: number) => {
      const { pem, key } = certificates[round % 2]!;
      return ["--tls-cert", home.write("cert.pem", pem), "--tls-key", home.write("key.pem", key)];
    };
    await using hub = await home.hub(["--tls", ...install(0)]);
    const caCerts = certificates.map(({ pem }) => pem);
    let done = false;
    const connectUntilDone = async () => {
      while (!done) {
        const tcp = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
        using client = await Deno.startTls(tcp, { hostname: "localhost", caCerts });
        // The hub greets its clients.
        assert(await client.read(new Uint8Array(1)) === 1);
      }
    };
    const reloadOften = async () => {
      try {
        for (let round = 1; round <= 10; round++) {
          install(round);
          hub.kill("SIGHUP");
          await hub.waitForLog(new RegExp(`(?:reloaded: certificate[^]*){${round}}`));
        }
      } finally {
        done = true;
      }
    };
    await Promise.all([reloadOften(), ...Array.from({ length: 4 }, connectUntilDone)]);
  },
});

Deno.test("A hub's own certificate is made once, stored for its owner only, and used again", async () => {
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
    assertEquals(hub.stderr.includes("made a certificate for this hub"), starts === 0);
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
  assertMatch(stderr, /only its owner may have access to it: its mode is 0644; run chmod 600 /);
});

Deno.test("serve refuses unusable certificates and contradictory settings, with the reason", async () => {
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
      [
        ["--tls", "--tls-cert", files.pem, "--tls-key", files.other],
        1,
        /the key belongs to another certificate/,
      ],
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
        /cannot read the certificate \/no\/such: it does not exist/,
      ],
      [["--tls", "--tls-cert", files.pem], 2, /cannot use --tls-cert: .*add --tls-key/],
      [["--tls-cert", files.pem, "--tls-key", files.key], 2, /TLS is off; add --tls or --tls-port/],
      [["--tls", "--tls-port", "0"], 2, /cannot use --tls-port: it needs a first port without TLS/],
      [["--tls=maybe"], 2, /one of on, off|Allowed choices are on, off/],
    ] as [string[], number, RegExp][]
  ) {
    const result = await run([...serve, ...args], { env: home.env });
    assertEquals(result.status, status, args.join(" "));
    assertMatch(result.stderr, why);
  }
});

Deno.test("TLS 1.1 is refused, 1.2 and 1.3 are accepted", async () => {
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

pinTest("A connection without a TLS handshake delays nobody, and is closed with the hub", async () => {
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

Deno.test("serve --json and --daemon status print the TLS address, and the certificate with its words", async () => {
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

Deno.test("A hub that listens beyond its machine without TLS warns once at its start", async () => {
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

pinTest(
  "Metrics count TLS connections and failed handshakes, and report when the certificate expires",
  async () => {
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
  },
);

Deno.test("The TLS client of Deno completes the handshake", async () => {
  using home = new Home();
  await using hub: TlsHub = await home.hub();
  const socket = connectTls({ host: "127.0.0.1", port: hub.port, rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => socket.once("data", () => resolve()).once("error", reject));
  socket.destroy();
  await new Promise((resolve) => socket.once("close", resolve));
});
