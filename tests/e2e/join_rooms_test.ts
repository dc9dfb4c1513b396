/** Rooms for piped lines. */
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { bo, receives } from "../helpers/terminal/users.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";

Deno.test("Piped lines go to the first of the given rooms, and messages of other rooms show their room", async () => {
  await using hub = await HubProgram.start();
  await using base = await bo(hub);
  await using listener = new ClientProgram(hub.port, ["-n", "ana", "--room", "ops", "-r", "#dev"]);
  await listener.waitForArrival("ana");
  await using ci = new ClientProgram(hub.port, ["-n", "ci", "-r", "#dev", "-r", "ops", "--commands"]);
  assertEquals(await ci.typeAndFinish("built\n:who\n"), 0);
  await listener.waitForShown("00:00 #dev ci  built");
  await listener.waitForShown("* ci left");
  assert(listener.shown.includes("* ci joined #ops"), listener.shown.join("\n"));
  await using main = new ClientProgram(hub.port, ["-n", "cy", "-r", "main"]);
  assertEquals(await main.typeAndFinish("to all\n"), 0);
  assertEquals(await receives(base, "to all"), "cy");
  await listener.waitForShown("00:00 cy  to all");
  assert(!base.received.some((message) => JSON.stringify(message).includes("built")));
});

Deno.test("If a room cannot be joined nothing is sent, not even to main", async () => {
  await using original = new OriginalServer();
  await using ana = new ClientProgram(original.port, ["-r", "dev"]);
  assertEquals(await ana.typeAndFinish("for dev\n"), 4);
  assertStringIncludes(ana.stderr, "riftchat: cannot join #dev: this hub has no rooms\n");
  assert(!original.requests.some((request) => JSON.stringify(request).includes("for dev")));
  const wrong = await run(["join", "127.0.0.1:1", "-r", "#"]);
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.stderr, "cannot use the room #");
  await using hub = await HubProgram.start();
  const many = Array.from({ length: 70 }, (_, i) => ["-r", `r${i}`]).flat();
  await using eager = new ClientProgram(hub.port, many);
  assertEquals(await eager.typeAndFinish("x\n"), 4);
  assertStringIncludes(eager.stderr, "64 rooms at once");
});
