import fc from "fast-check";
import { readLine, writeLine } from "../../load/load_line.ts";
import { MIN_LINE_BYTES, shareOut } from "../../load/load_plan.ts";
import { checkText, serialize } from "../../protocol/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A load is shared out whole and evenly, and nobody has more senders than clients", () => {
  const plans = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), fc.nat(10_000))
    .map((
      [clients, senders, rate],
    ) => ({ clients, senders: Math.min(senders, clients), rate, seconds: 1, size: 64 }));
  fc.assert(
    fc.property(plans, fc.integer({ min: 1, max: 8 }), (plan, workers) => {
      const shares = shareOut(plan, workers);
      const sum = (of: "clients" | "senders" | "lines") =>
        shares.reduce((sum, share) => sum + (share[of] ?? 0), 0);
      assertEquals([sum("clients"), sum("senders")], [plan.clients, plan.senders]);
      assertEquals(sum("lines"), plan.rate * plan.seconds);
      assert(shares.every((share) => share.senders > 0 || (share.lines ?? 0) === 0));
      let first = 0;
      for (const share of shares) {
        assertEquals(share.first, first);
        assert(share.clients >= 1 && share.senders <= share.clients);
        first += share.clients;
      }
    }),
  );
});

test("A line of a load may be said, has the length that was asked for, and is read again out of what the hub tells", () => {
  for (const size of [MIN_LINE_BYTES, 64, 4096]) {
    const line = { author: 19_999, sentAt: 1_795_406_238_684.123 };
    const message = writeLine("load-0a1b2c3d", line, size);
    checkText(message);
    assertEquals(message.length, size);
    const body = serialize({ code: 200, message: { timestamp: 1, username: "ana", message, sequence: 1 } });
    assertEquals(readLine("load-0a1b2c3d", body), line);
    assertEquals(readLine("load-ffffffff", body), undefined);
    assertEquals(readLine("load-0a1b2c3d", body.replace("200", "201")), undefined);
  }
});
