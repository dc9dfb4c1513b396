/** A hub and its moderation: when bans are deleted that are over. */
import { getLogger } from "@logtape/logtape";
import { EXPIRE_SANCTIONS_MS } from "../../../server/limits.ts";
import { openModeration } from "../../../server/moderation/mod.ts";
import { ModerationManager } from "../../../server/serve/moderation_manager.ts";
import { assertEquals } from "../../helpers/assert.ts";

const HOUR_MS = 3_600_000, MONTH_MS = 30 * 24 * HOUR_MS;

Deno.test("A ban that is over is deleted when the clock has shown that for an hour, and a jump deletes none", () => {
  let elapsed = 0, ahead = 0;
  let run: (() => void) | undefined;
  const pass = (ms: number) => {
    for (const end = elapsed + ms; elapsed < end;) {
      elapsed += EXPIRE_SANCTIONS_MS;
      run?.();
    }
  };
  const moderation = openModeration({ folder: undefined, names: undefined, now: 0, report: () => {} });
  const manager = new ModerationManager(moderation, {
    clock: { wall: () => elapsed + ahead, elapsed: () => elapsed },
    timers: {
      soon: () => {},
      after: (_ms: number, next: () => void) => {
        run = next;
        return () => run = undefined;
      },
    },
    log: getLogger("test"),
  });
  manager.start();
  moderation.ban({ target: "ana", durationMs: 10 * HOUR_MS, by: { name: "boss", operator: true }, now: 0 });
  const isBanned = () => moderation.banOf({ name: "ana" }, elapsed + ahead) !== undefined;
  pass(2 * HOUR_MS);
  ahead = MONTH_MS;
  pass(HOUR_MS / 2);
  assertEquals([isBanned(), moderation.counts.bans], [false, 1]);
  ahead = 0;
  pass(2 * HOUR_MS);
  assertEquals([isBanned(), moderation.counts.bans], [true, 1]);
  ahead = MONTH_MS;
  pass(HOUR_MS / 2);
  assertEquals(moderation.counts.bans, 1);
  pass(HOUR_MS);
  assertEquals(moderation.counts.bans, 0);
  manager.close();
  assertEquals(run, undefined);
});
