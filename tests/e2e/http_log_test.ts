/** What the log says of requests over HTTP. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";

/** Sends a message and looks for others; returns the log of the hub from then on. */
async function logOf(level: string): Promise<string> {
  await using hub = await PageHub.start(["--log-level", level]);
  const posted = await fetch(`${hub.url}rooms/secret-room`, { method: "POST", body: "secret text" });
  assertEquals(posted.status, 201);
  await posted.body?.cancel();
  const found = await fetch(`${hub.url}rooms/secret-room/messages?match=secret`);
  assertEquals(found.status, 200);
  await found.body?.cancel();
  await hub.program.stop();
  return hub.program.stderr;
}

Deno.test("A request over HTTP has no line in the log, unless that is as exact as debug", async () => {
  const log = await logOf("info");
  assert(!/^\S+ \w+ (?:127\.0\.0\.1|c\d+) |secret/m.test(log), log);
});

Deno.test("With debug, the log has a line for each request: address, method, route and status", async () => {
  const log = await logOf("debug");
  assertMatch(log, / debug 127\.0\.0\.1 POST \/rooms\/\{room\}: 201$/m);
  assertMatch(log, / debug 127\.0\.0\.1 GET \/rooms\/\{room\}\/messages: 200$/m);
  // Neither the room nor what was looked for.
  assert(!log.includes("secret"), log);
});
