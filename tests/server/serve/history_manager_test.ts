/**
 * The connection of a hub with its history.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import type { JournaledHistory } from "../../../server/history/journaled_history.ts";
import { StorageError } from "../../../server/history/mod.ts";
import { Hub } from "../../../server/hub/mod.ts";
import { HistoryManager } from "../../../server/serve/history_manager.ts";
import { STORAGE_RETRY_MS } from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START, TestHub, TestUser } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

Deno.test("Damage that cannot be recorded does not end the hub", () => {
  using folder = new DataFolder();
  const history = folder.open();
  history.recordState = () => {
    throw new Error("Input/output error (os error 5)");
  };
  const historyManager = new HistoryManager(history, {
    clock: systemClock,
    timers: systemTimers,
    log: getLogger("silent"),
  });
  historyManager.readFailed(new StorageError(new Error("database disk image is malformed")));
  historyManager.close();
});

Deno.test("When the disk works again, the journal is moved to the database before new messages are stored", () => {
  using folder = new DataFolder();
  const history = folder.open() as JournaledHistory;
  const waiting: { ms: number; run: () => void }[] = [];
  /** Runs the first timer of this duration; returns whether there was one. */
  const pass = (ms: number) => {
    const at = waiting.findIndex((timer) => timer.ms === ms);
    if (at >= 0) waiting.splice(at, 1)[0]!.run();
    return at >= 0;
  };
  const clock = { wall: () => START, elapsed: () => performance.now() };
  const timers = {
    soon: (run: () => void) => run(),
    after: (ms: number, run: () => void) => (waiting.push({ ms, run }), () => {}),
  };
  const historyManager = new HistoryManager(history, { clock, timers, log: getLogger("silent") });
  const hub = new Hub({
    clock,
    randomBytes: (count) => new Uint8Array(count),
    roomGrew: () => {},
    wakeAfter: () => {},
    history: historyManager,
  });
  historyManager.start(hub);
  const ana = new TestUser(hub);
  const place = history.conversation("main");
  const long = "x".repeat(4000);
  for (let i = 0; i < 1000; i++) {
    const line = {
      timestamp: START,
      username: "ana",
      message: long,
      sequence: ++place.last,
      room: "main",
      verified: false,
    };
    history.append([encodeFrame(serialize({ code: Code.Said, message: line }))]);
  }
  folder.fill();
  ana.sends({ code: 100, message: long });
  hub.settle();
  // While the disk is full nothing can be moved, and it is retried later.
  assert(pass(STORAGE_RETRY_MS));
  assertEquals([pass(0), history.pendingBytes > 4_000_000], [false, true]);
  folder.empty();
  const keep = history.insert.bind(history);
  let behind = NaN;
  history.insert = (lines, more) => {
    behind = history.pendingBytes;
    keep(lines, more);
  };
  assert(pass(STORAGE_RETRY_MS));
  let steps = 0;
  while (pass(0)) steps++;
  assert(steps > 1, `it took ${steps} steps`);
  assertEquals(behind, 0);
  ana.sends({ code: 100, message: "kept" });
  hub.settle();
  for (const _ of history.catchUp());
  assertEquals(
    history.page({ conversation: "main", limit: 1, bytes: 1000 }).lines.map(({ message }) => message),
    [
      "kept",
    ],
  );
  historyManager.close();
});

Deno.test("Messages of a room are stored unchanged after its last member leaves and its memory is reused", () => {
  const long = "\u{8a9e}".repeat(1300);
  // Where the pieces of the log end depends on how much was said before.
  for (let before = 150; before <= 215; before += 5) {
    using folder = new DataFolder();
    let history = folder.open();
    const chat = new TestHub(history);
    const [ana, bo] = [chat.join("ana"), chat.join("bo")];
    ana.sends({ code: Code.Join, room: "alpha" });
    bo.sends({ code: Code.Join, room: "beta" });
    const said = { alpha: 0, beta: 0 };
    const say = (who: TestUser, room: "alpha" | "beta") =>
      who.sends({ code: Code.SayIn, room, message: `${said[room]++} ${long}` });
    while (said.alpha < before) {
      for (const [who, room] of [[ana, "alpha"], [bo, "beta"]] as const) {
        say(who, room);
        who.receives();
      }
    }
    // All in one turn: as many messages as one turn allows, then ana leaves, and messages follow in another room.
    for (let i = 0; i < 80; i++) say(ana, "alpha");
    ana.disconnects();
    for (let i = 0; i < 25; i++) say(bo, "beta");
    chat.hub.settle();
    history.close();

    history = folder.open();
    for (const steps = history.catchUp(); !steps.next().done;);
    assertEquals([history.conversation("alpha").last, history.conversation("beta").last], [
      said.alpha,
      said.beta,
    ]);
    const { lines } = history.page({ conversation: "alpha", limit: 500, bytes: 10_000_000 });
    assert(lines.every(({ message }, i) => message === `${i} ${long}`));
    assertEquals([lines.length, folder.reports], [said.alpha, []]);
    history.close();
  }
});
