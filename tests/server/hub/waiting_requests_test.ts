/**
 * Requests that wait in a cluster, as what a client has said is not in the log yet.
 *
 * @module
 */
import { assertEquals } from "../../helpers/assert.ts";
import { registryIn } from "../../helpers/hubs/owned_hub.ts";
import { PeopleHub, PeopleLog } from "../../helpers/hubs/people_hub.ts";

Deno.test("Clients whose requests wait get keep-alives, and no others", async () => {
  using hub = new PeopleHub("one", new PeopleLog(), registryIn(undefined));
  const ana = await hub.has("ana"), bo = await hub.has("bo"), base = hub.connect();
  base.sends({ code: 101, username: "base" });
  await hub.reads();
  base.sends({ code: 100, message: "hello" });
  ana.sends({ code: 103, room: "main", message: "hello", ref: "say" });
  const users = [ana, bo, base];
  for (const user of users) user.receives();
  hub.hub.sendKeepAlives();
  assertEquals(users.map((user) => user.receives()), [[], [], []]);
  ana.sends({ code: 110, ref: "ping" });
  hub.hub.sendKeepAlives();
  assertEquals(users.map((user) => user.receives()), [[{ code: 215 }], [], []]);
});
