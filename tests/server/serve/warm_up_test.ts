import { getLogger } from "@logtape/logtape";
import { warmUp } from "../../../server/serve/warm_up.ts";
import { assertRejects } from "../../helpers/assert.ts";

const LOG = getLogger("silent");

for (const stored of [false, true]) {
  Deno.test(`A warm-up ${stored ? "with" : "without"} a history leaves nothing open`, async () => {
    await warmUp(LOG, { stored, rateLimited: stored });
  });
}

Deno.test({
  name: "A warm-up without a loopback interface leaves nothing open either",
  // It may listen, but not connect.
  permissions: { net: ["127.0.0.1:0"] },
  fn: async () => {
    await assertRejects(() => warmUp(LOG), Deno.errors.NotCapable);
  },
});
