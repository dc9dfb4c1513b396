/** The running clock, alone and in a hub. */
import { getLogger } from "@logtape/logtape";
import { type Clock, systemTimers, type Timers } from "../../../runtime/mod.ts";
import { CHECK_INTERVAL_MS, MAX_FRAME_MS } from "../../../server/limits.ts";
import { MAX_GAP_MS, RunningClock } from "../../../server/serve/running_clock.ts";
import { startHub } from "../../../server/serve/serve.ts";
import { assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";

const MINUTE_MS = 60_000;

Deno.test({
  name: "A running clock skips a gap in which nothing read it, and does not change the time of day",
  permissions: "none",
  fn: () => {
    let now = 1000;
    const clock = new RunningClock({ wall: () => now, elapsed: () => now });
    const begin = clock.elapsed();
    now += MAX_GAP_MS;
    assertEquals(clock.elapsed() - begin, MAX_GAP_MS);
    now += MINUTE_MS;
    assertEquals([clock.elapsed() - begin, clock.wall()], [MAX_GAP_MS, now]);
    now += 5;
    assertEquals(clock.elapsed() - begin, MAX_GAP_MS + 5);
  },
});

Deno.test("A suspended hub does not time out a frame; a slow client is still timed out", async () => {
  let now = 0;
  let runCheck = () => {};
  const system: Clock = { wall: () => now, elapsed: () => now };
  const timers: Timers = {
    soon: systemTimers.soon,
    after: (ms, run) => {
      if (ms !== CHECK_INTERVAL_MS) return systemTimers.after(ms, run);
      runCheck = run;
      return () => {};
    },
  };
  const options = { host: "127.0.0.1", port: 0, maxConnections: 0 };
  const hub = startHub(options, getLogger("silent"), { clock: new RunningClock(system), timers });
  await using ana = await OriginalClient.connect(hub.address.port);
  await ana.nextOf(202);
  const half = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 27, 123);
  const rest = new TextEncoder().encode('"code":100,"message":"hi"}');
  // The hub reads in order: when it answers the first frame, it has half of the next one.
  const body = new TextEncoder().encode('{"code":100,"message":"ho"}');
  await ana.sendRaw(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 27, ...body, ...half));
  await ana.nextOf(200);
  now += MINUTE_MS;
  runCheck();
  await ana.sendRaw(Uint8Array.of(...rest, ...half));
  assertEquals(((await ana.nextOf(200)).message as { message: string }).message, "hi");
  for (let waited = 0; waited < MAX_FRAME_MS; waited += CHECK_INTERVAL_MS) {
    now += CHECK_INTERVAL_MS;
    runCheck();
  }
  assertStringIncludes(JSON.stringify((await ana.nextOf(200)).message), "must be complete");
  await ana.closed;
  await hub.stop();
});
