import { getLogger } from "@logtape/logtape";
import { warmUp } from "../../../server/serve/warm_up.ts";
import { assertRejects } from "../../helpers/assert.ts";

const LOG = getLogger("silent");

for (const keeping of [false, true]) {
  Deno.test(`A rehearsal of a hub that keeps ${keeping ? "what is said" : "nothing"} leaves nothing behind`, async () => {
    await warmUp(LOG, { kept: keeping, rated: keeping });
  });
}

Deno.test({
  name: "A rehearsal that nobody can come to leaves nothing behind either",
  // It may listen, but connect to no port.
  permissions: { net: ["127.0.0.1:0"] },
  fn: async () => {
    await assertRejects(() => warmUp(LOG), Deno.errors.NotCapable);
  },
});
