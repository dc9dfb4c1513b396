/**
 * What a hub of a cluster tells the others of its sessions, and what members of rooms there see of them: in which order
 * they read it.
 *
 * @module
 */
import type { HubCluster } from "../../../server/hub/mod.ts";
import type { HubStart } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { silentLog } from "../../helpers/hubs/silent_log.ts";
import { TestHub } from "../../helpers/hubs/test_hub.ts";

/** A hub, and what it writes to the log, in short form. */
function hubWithLog(folder: DataFolder): { hub: TestHub; history: { close(): void }; log: string[] } {
  const from: HubStart = { hub: "one", epoch: "1" };
  const log: string[] = [];
  const cluster: HubCluster = {
    log: {
      ...silentLog(from, ({ room, message: { code } }) => void log.push(`${code} in ${room}`)),
      send: ({ place }) => void log.push(`batch of ${place}`),
    },
    tell(event) {
      log.push(event.kind === "here" ? `${event.is.name} is in ${event.is.rooms}` : event.kind);
      // What a session takes it has at once.
      if (event.kind === "take") queueMicrotask(() => hub.hub.tellPeople(event, from));
      return true;
    },
    announce() {},
  };
  const history = folder.open();
  const hub = new TestHub(history, undefined, undefined, undefined, () => ({ cluster }));
  return { hub, history, log };
}

/** Waits until a hub has done all that its sessions have asked for. */
const done = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("Other hubs know a session before members there see it come, and until they see it go", async () => {
  using folder = new DataFolder();
  const { hub, history, log } = hubWithLog(folder);
  const ana = hub.connect();
  const steps: [what: () => void, written: string[]][] = [
    [
      () => ana.sends({ code: 102, client: "test/1", username: "ana", rooms: ["dev"] }),
      ["take", "ana is in main,dev", "201 in main", "211 in dev"],
    ],
    [() => ana.sends({ code: 107, room: "ops" }), ["ana is in main,dev,ops", "211 in ops"]],
    [() => ana.sends({ code: 101, username: "bo" }), ["take", "203 in main", "bo is in main,dev,ops"]],
    [() => ana.sends({ code: 108, room: "dev" }), ["212 in dev", "bo is in main,ops"]],
    [() => ana.disconnects(), ["204 in main", "left"]],
  ];
  for (const [what, written] of steps) {
    what();
    await done();
    assertEquals(log.splice(0), written);
  }
  history.close();
});

Deno.test("Members at other hubs see somebody come before they read what that one says", async () => {
  using folder = new DataFolder();
  const { hub, history, log } = hubWithLog(folder);
  const ana = hub.connect(), bo = hub.connect();
  ana.sends({ code: 100, message: "hello" });
  await done();
  assertEquals(log.splice(0), [`${ana.name} is in main`, "201 in main", "batch of main"]);
  // Of the batch that is in flight nothing comes back: what is said meanwhile waits for it.
  bo.sends({ code: 100, message: "hi" });
  await done();
  assertEquals(log.splice(0), [`${bo.name} is in main`, "201 in main"]);
  history.close();
});
