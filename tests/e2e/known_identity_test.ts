/** Hubs that clients know by their identity: the real hub with a data folder, restarted, replaced and moved. */
import { join } from "node:path";
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { needs, OLD_RUNTIME } from "../helpers/needs.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";

Deno.test({
  ...needs(
    "A hub that is restarted is the same, one with another key is refused, and a moved one is told",
    OLD_RUNTIME,
  ),
  fn: async () => {
    using home = new Home();
    const data = join(home.path, "hub");
    const start = (port: number, ...args: string[]) =>
      TlsHub.start(["--port", String(port), "--tls", "--data", data, ...args], { env: home.env });
    const withHistory = ["--history", "on"];
    const port = keptPort();
    let address = "";
    const says = (...args: string[]) => home.says(address, ["--retry", "0", ...args]);
    {
      await using hub = await start(port, ...withHistory);
      ({ address } = hub);
      assertEquals((await says("--accept-new")).status, 0);
      assertMatch(home.known.join("\n"), new RegExp(`^${address} SHA256:\\S{43} identity:AAAA\\S{64}$`));
      assertEquals((await says()).status, 0);
      await hub.stop();
    }
    const known = home.known;
    {
      await using hub = await start(port, ...withHistory);
      assertEquals(await says().then(({ status, stderr }) => [status, stderr]), [0, ""]);
      await hub.stop();
    }
    {
      await using hub = await start(port, "--history", "off");
      const { status, stderr } = await says();
      assertEquals(status, 6);
      assertMatch(
        stderr,
        /it is known by its identity SHA256:\S{43} \(line 3 of \S+\) but shows none now: someone may/,
      );
      assertEquals((await says("--tls", "--insecure")).status, 0);
      await hub.stop();
    }
    const moved = join(home.path, "hub_identity");
    await Deno.rename(join(data, "hub_identity"), moved);
    {
      await using hub = await start(port, ...withHistory);
      const { status, stderr } = await says();
      assertEquals(status, 6);
      assertMatch(
        stderr,
        /its identity has changed: SHA256:\S{43} is known, but it shows SHA256:\S{43}: .*remove line 3 of/,
      );
      assertEquals(home.known, known);
      await hub.stop();
    }
    await Deno.rename(moved, join(data, "hub_identity"));
    await using hub = await start(0, ...withHistory);
    const { status, stderr } = await home.says(hub.address, ["--accept-new"]);
    assertEquals(status, 0);
    assertMatch(stderr, new RegExp(`^riftchat: ${hub.address} is the hub that is known as ${address}$`, "m"));
  },
});
