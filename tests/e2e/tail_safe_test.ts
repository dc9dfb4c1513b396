/** `riftchat tail` on hubs that speak TLS and want a password: the real programs, and the real runtime's TLS. */
import { ExitStatus, thisMachine } from "../../client/machine/mod.ts";
import { tail } from "../../client/cli/tail.ts";
import { connectTcp } from "../../client/net/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { Recorder } from "../helpers/terminal/console.ts";
import { Program } from "../helpers/program.ts";
import { Home, pinTest } from "../helpers/hubs/tls_hub.ts";
import { needs, NO_POSIX, OLD_RUNTIME } from "../helpers/needs.ts";

const ANOTHER = `SHA256:${"A".repeat(43)}`;
const SECRET = "open sesame, höflich";

/** Listens until it has printed what somebody says there then, and says all that it wrote. */
async function hears(home: Home, address: string, args: string[], says: string[] = args) {
  await using listener = new Program(["tail", address, "-l", "0", ...args], { env: home.env });
  if (args.includes("--accept-new")) await listener.waitForLog(/stored in/);
  await home.saysUntilPrinted(listener, address, says);
  listener.kill("SIGTERM");
  assertEquals(await listener.status, 143);
  return listener.stderr;
}

pinTest("tail refuses an unknown hub with TLS, and prints its fingerprint and what to do", async () => {
  using home = new Home();
  await using hub = await home.hub();
  for (const address of [hub.address, `rifts://${hub.address}`]) {
    const { status, stdout, stderr } = await home.runs("tail", address);
    assertEquals([status, stdout], [6, ""]);
    assertStringIncludes(stderr, `its certificate is unknown: ${hub.fingerprint} (`);
    assertStringIncludes(
      stderr,
      `add --fingerprint ${hub.fingerprint}; or accept it unchecked with --accept-new`,
    );
  }
});

pinTest("tail --fingerprint accepts only the hub with it, and stores nothing with --no-config", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const wrong = await home.runs("tail", hub.address, "--fingerprint", ANOTHER);
  assertEquals([wrong.status, wrong.stdout], [6, ""]);
  assertStringIncludes(
    wrong.stderr,
    `its certificate is ${hub.fingerprint}, but --fingerprint requires ${ANOTHER}`,
  );
  const told = await hears(home, hub.address, ["--no-config", "--fingerprint", hub.fingerprint]);
  assertStringIncludes(told, "it is not stored for next time");
  assertEquals((await home.runs("tail", hub.address)).status, 6);
});

pinTest("tail --accept-new stores the certificate of a hub, which is then refused without TLS", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const told = await hears(home, hub.address, ["--accept-new"], []);
  assertStringIncludes(
    told,
    `the certificate of ${hub.address} is ${hub.fingerprint}; stored in ${home.knownHubs}`,
  );
  assertEquals(await hears(home, hub.address, []), "");
  const { status, stderr } = await home.runs("tail", `rift://${hub.address}`);
  assertEquals(status, 6);
  assertMatch(stderr, /it is known to speak TLS .* add --insecure/);
});

Deno.test("tail --tls does not listen to a hub without TLS", async () => {
  using home = new Home();
  await using hub = await home.hub(["--tls-port", "0"]);
  const { status, stdout, stderr } = await home.runs("tail", `127.0.0.1:${hub.port}`, "--tls");
  assertEquals([status, stdout], [3, ""]);
  assertMatch(stderr, /it does not speak TLS: to join it without encryption, use rift:\/\/\S+/);
});

Deno.test({
  ...needs(
    "tail --password-file is let in; with a wrong one or none it ends with status 4 and says what to do",
    NO_POSIX ?? OLD_RUNTIME,
  ),
  async fn() {
    using home = new Home();
    const right = home.write("right", `${SECRET}\n`);
    const wrong = home.write("wrong", "open barley\n");
    await using hub = await home.hub(["--tls", "--password-file", right]);
    const known = ["--fingerprint", hub.fingerprint];
    const none = await home.runs("tail", hub.address, ...known);
    assertEquals([none.status, none.stdout], [4, ""]);
    assertMatch(none.stderr, /it wants a password; name a file that holds it with --password-file/);
    const refused = await home.runs("tail", hub.address, ...known, "--password-file", wrong);
    assertEquals([refused.status, refused.stdout], [4, ""]);
    assertMatch(refused.stderr, /cannot let you in with that password/i);
    const told = await hears(home, hub.address, [...known, "--password-file", right]);
    for (const text of [hub.stderr, refused.stderr, none.stderr, told]) {
      assert(!/sesame|barley/.test(text), text);
    }
  },
});

Deno.test({
  ...needs("tail tells a password beyond this machine in the clear only with --insecure", NO_POSIX),
  async fn() {
    using home = new Home();
    const passwordFile = home.write("right", SECRET);
    await using hub = await home.hub(["--tls-port", "0", "--password-file", passwordFile]);
    const sent: string[] = [];
    const passwordSent = Promise.withResolvers<void>();
    /** Listens to a hub that is somewhere else, as far as it knows; says how that ended. */
    const listens = async (insecure: boolean) => {
      const [out, err] = [new Recorder(), new Recorder()];
      let end: (status: number) => void = () => {};
      const status = tail({
        address: `rift://chat.example.org:${hub.port}`,
        lines: "0",
        json: false,
        config: false,
        passwordFile,
        insecure,
      }, {
        ...thisMachine(),
        stdout: out,
        stderr: err,
        environment: () => undefined,
        onSignal: (ended) => {
          end = ended;
          return () => {};
        },
        connect: async ({ port }, signal) => {
          const connection = await connectTcp({ hostname: "127.0.0.1", port }, signal);
          const write = connection.write.bind(connection);
          connection.write = (bytes) => {
            sent.push(new TextDecoder().decode(bytes));
            if (sent.at(-1)!.includes("sesame")) passwordSent.resolve();
            return write(bytes);
          };
          return connection;
        },
      });
      if (insecure) {
        await passwordSent.promise;
        end(ExitStatus.Terminated);
      }
      return { status: await status, out: out.text, err: err.text };
    };
    const refused = await listens(false);
    assertEquals([refused.status, refused.out], [6, ""]);
    assertMatch(refused.err, /it wants a password, but the connection is not encrypted.* or add --insecure/);
    assertEquals(sent, []);
    assertEquals((await listens(true)).status, 143);
    assertStringIncludes(sent.join(""), "sesame");
  },
});
