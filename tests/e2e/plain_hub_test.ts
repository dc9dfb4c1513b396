/** Clients of hubs without TLS that are not known: what they say about it. */
import { assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { HubProgram } from "../helpers/program.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";

Deno.test("A pipe and say tell that an unknown hub elsewhere does not encrypt; --accept-new refuses it", async () => {
  using home = new Home();
  await using hub = await HubProgram.start(["--no-history"], { env: home.env });
  // 0.0.0.0 reaches this machine, but does not count as loopback.
  const address = `0.0.0.0:${hub.port}`;
  const notice =
    `riftchat: ${address} does not encrypt: others on the way can read and change all messages; `;
  const piped = await home.says(address);
  assertEquals([piped.status, piped.stderr.startsWith(notice), piped.stderr.split("\n").length], [
    0,
    true,
    2,
  ]);
  const said = await home.runs("say", "--hub", address, "-n", "ana", "hello");
  assertEquals([said.status, said.stderr.startsWith(notice)], [0, true], said.stderr);
  for (const where of [`rift://${address}`, `127.0.0.1:${hub.port}`]) {
    const { status, stderr } = await home.says(where);
    assertEquals([status, stderr], [0, ""]);
  }
  const refused = await home.says(address, ["--accept-new"]);
  assertEquals([refused.status, refused.stdout], [6, ""]);
  assertStringIncludes(refused.stderr, `to join it without encryption, use rift://${address}`);
});
