import fc from "fast-check";
import { readLoadMessage, writeLoadMessage } from "../../load/load_message.ts";
import { MIN_MESSAGE_BYTES, splitPlan } from "../../load/load_plan.ts";
import { checkText, serialize } from "../../protocol/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("The shares add up to the plan, and no share has more senders than clients", () => {
  const plans = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), fc.nat(10_000))
    .map((
      [clients, senders, rate],
    ) => ({ clients, senders: Math.min(senders, clients), rate, seconds: 1, size: 64 }));
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 8 }), (plan, workers) => {
      const shares = splitPlan(plan, workers);
      const sum = (of: "clients" | "senders" | "messages") =>
        shares.reduce((sum, share) => sum + (share[of] ?? 0), 0);
      assertEquals([sum("clients"), sum("senders")], [plan.clients, plan.senders]);
      assertEquals(sum("messages"), plan.rate * plan.seconds);
      assert(shares.every((share) => share.senders > 0 || (share.messages ?? 0) === 0));
      let first = 0;
      for (const share of shares) {
        assertEquals(share.first, first);
        assert(share.clients >= 1 && share.senders <= share.clients);
        first += share.clients;
      }
    }),
  );
});

test("A message of a load is valid, has the given length, and is recognized when the hub sends it", () => {
  for (const size of [MIN_MESSAGE_BYTES, 64, 4096]) {
    const content = { author: 19_999, sentAt: 1_795_406_238_684.123 };
    const message = writeLoadMessage("load-0a1b2c3d", content, size);
    checkText(message);
    assertEquals(message.length, size);
    const body = serialize({ code: 200, message: { timestamp: 1, username: "ana", message, sequence: 1 } });
    assertEquals(readLoadMessage("load-0a1b2c3d", body), content);
    assertEquals(readLoadMessage("load-ffffffff", body), undefined);
    assertEquals(readLoadMessage("load-0a1b2c3d", body.replace("200", "201")), undefined);
  }
});
