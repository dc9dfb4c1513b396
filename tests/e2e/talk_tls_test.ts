/** A hub with TLS, on a terminal: the question about its certificate, and the notices. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { needs, NO_PTY, OLD_RUNTIME } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { keptPort } from "../helpers/kept_ports.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs(name, NO_PTY ?? OLD_RUNTIME), fn });
}

function joinHub(home: Home, address: string): Promise<Pty> {
  return Pty.start(["join", address, "-n", "ana"], {
    columns: 120,
    rows: 24,
    config: home.env.XDG_CONFIG_HOME,
  });
}

const ASKS = /^Is it the same\? Type yes, no, or the fingerprint or words to compare:/;

test("The user is asked about the certificate once", async () => {
  using home = new Home();
  await using hub = await home.hub();
  {
    await using pty = await joinHub(home, hub.address);
    await pty.until(ASKS);
    assert(pty.window.some((row) => row.includes(`The hub ${hub.address} is not known on this machine.`)));
    assert(pty.window.some((row) => row.trim() === hub.fingerprint));
    await pty.type("perhaps\r");
    await pty.until(/^Type yes, no, or the fingerprint or words to compare:/);
    await pty.type("yes\r");
    await pty.until(
      new RegExp(`^-- connected to ${hub.address}, encrypted; its certificate is known; :help`),
    );
    await pty.until(() => pty.cursorRow === "> |");
    await pty.type("hello\r");
    await pty.until(/ana {2,}hello$/);
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
  }
  await using pty = await joinHub(home, hub.address);
  await pty.until(/^-- connected to .*, encrypted; its certificate is known/);
  assertEquals(pty.allRows.some((row) => ASKS.test(row)), false);
  await pty.type("\x04");
  assertEquals(await pty.status, 0);
});

for (const how of ["no", "another fingerprint", "the end of the input"]) {
  test(`After the answer ${how} the client does not join and stores nothing`, async () => {
    using home = new Home();
    await using hub = await home.hub();
    await using pty = await joinHub(home, hub.address);
    await pty.until(ASKS);
    await pty.type({ no: "no\r", "another fingerprint": `SHA256:${"A".repeat(43)}\r` }[how] ?? "\x04");
    assertEquals(await pty.status, 6);
    await pty.until(/^riftchat: not joined: you did not accept the certificate SHA256:/);
    assertEquals(await Deno.stat(home.knownHubs).catch(() => undefined), undefined);
  });
}

test("The user can answer with the words of the certificate", async () => {
  using home = new Home();
  await using hub = await home.hub();
  const words = /in words: (.+)/.exec(hub.stderr)![1]!;
  await using pty = await joinHub(home, hub.address);
  await pty.until(ASKS);
  await pty.type(`${words.toUpperCase()}\r`);
  await pty.until(/^-- connected to .*, encrypted; its certificate is known/);
  await pty.type("\x04");
  assertEquals(await pty.status, 0);
});

test("Ctrl-C at the question ends the client with status 130", async () => {
  using home = new Home();
  await using hub = await home.hub();
  await using pty = await joinHub(home, hub.address);
  await pty.until(ASKS);
  await pty.type("\x03");
  assertEquals(await pty.status, 130);
});

test("A hub that restarts with another certificate ends the chat, with both fingerprints", async () => {
  using home = new Home();
  const port = keptPort();
  let known = "";
  await using pty = await (async () => {
    await using hub = await home.hub(undefined, port);
    known = hub.fingerprint;
    const pty = await joinHub(home, hub.address);
    await pty.until(ASKS);
    await pty.type("yes\r");
    await pty.until(() =>
      pty.cursorRow === "> |" && pty.allRows.some((row) => row.startsWith("-- connected"))
    );
    await hub.stop();
    return pty;
  })();
  await Deno.remove(`${home.env.XDG_DATA_HOME}/riftchat`, { recursive: true });
  await using hub = await home.hub(["--tls"], port);
  await pty.type(":reconnect\r");
  assertEquals(await pty.status, 6);
  const text = pty.allRows.join("");
  assert(text.includes(known) && text.includes(hub.fingerprint), text);
});
