/** `riftchat bench` on hubs with a password, with and without TLS. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { Home, type TlsHub } from "../helpers/hubs/tls_hub.ts";
import { needs, NO_POSIX, OLD_RUNTIME } from "../helpers/needs.ts";

const LOAD = ["--clients", "5", "--senders", "2", "--seconds", "1", "--rate", "50", "--json"];
const SECRET = "open sesame, höflich";

/** Runs a test with a hub that has a password. */
function test(name: string, fn: (home: Home, hub: TlsHub, right: string) => Promise<void>): void {
  Deno.test({
    ...needs(name, NO_POSIX ?? OLD_RUNTIME),
    async fn() {
      using home = new Home();
      const right = home.write("right", `${SECRET}\n`);
      await using hub = await home.hub(["--tls-port", "0", "--rate-limit", "off", "--password-file", right]);
      await fn(home, hub, right);
      assert(!/sesame|barley/.test(hub.stderr), hub.stderr);
    },
  });
}

test(
  "bench --password-file is accepted, with and without TLS, and every message reaches every client",
  async (home, hub, right) => {
    for (const port of [hub.port, hub.tlsPort]) {
      const address = `127.0.0.1:${port}`;
      const { status, stdout, stderr } = await home.runs("bench", address, "--password-file", right, ...LOAD);
      assertEquals([status, stderr], [0, ""]);
      const { clients, deliveries, missing } = JSON.parse(stdout);
      assertEquals([clients, deliveries, missing], [5, 250, 0]);
    }
  },
);

test(
  "bench without the password, or with a wrong one, exits 4 and says what to do",
  async (home, hub) => {
    const address = `127.0.0.1:${hub.port}`;
    const none = await home.runs("bench", address, ...LOAD);
    assertEquals([none.status, none.stdout], [4, ""]);
    assertEquals(
      none.stderr,
      `riftchat: cannot put a load on ${address}: it wants a password; ` +
        "give a file that contains it with --password-file\n",
    );
    const wrong = home.write("wrong", "open barley\n");
    const refused = await home.runs("bench", address, "--password-file", wrong, ...LOAD);
    assertEquals([refused.status, refused.stdout], [4, ""]);
    assertMatch(refused.stderr, /cannot let you in with that password/i);
    const missing = await home.runs("bench", address, "--password-file", `${wrong}.none`, ...LOAD);
    assertEquals([missing.status, missing.stdout], [2, ""]);
    assertMatch(missing.stderr, /^riftchat: cannot use the password file /);
    const own = await home.runs("bench", "--password-file", wrong, ...LOAD);
    assertEquals(own.status, 2);
    assertMatch(own.stderr, /--password-file needs the address of a running hub; add it/);
  },
);

test(
  "bench sends the password to another machine only with --fingerprint or --insecure",
  async (home, hub, right) => {
    // 0.0.0.0 reaches this machine, but does not count as loopback.
    const elsewhere = (port: number, ...args: string[]) =>
      home.runs("bench", `0.0.0.0:${port}`, "--yes", "--password-file", right, ...LOAD, ...args);
    const clear = await elsewhere(hub.port);
    assertEquals([clear.status, clear.stdout], [6, ""]);
    assertMatch(clear.stderr, /it wants a password, but the connection is not encrypted/);
    const unknown = await elsewhere(hub.tlsPort);
    assertEquals([unknown.status, unknown.stdout], [6, ""]);
    assertMatch(
      unknown.stderr,
      /it is not known whether this is the right hub: add --fingerprint/,
    );
    const another = await elsewhere(hub.tlsPort, "--fingerprint", `SHA256:${"A".repeat(43)}`);
    assertEquals([another.status, another.stdout], [6, ""]);
    assertStringIncludes(another.stderr, `its certificate is ${hub.fingerprint}, but --fingerprint requires`);
    for (
      const [port, ...args] of [[hub.tlsPort, "--fingerprint", hub.fingerprint], [
        hub.port,
        "--insecure",
      ]] as const
    ) {
      const { status, stderr } = await elsewhere(port, ...args);
      assertEquals([status, stderr], [0, ""]);
    }
  },
);
