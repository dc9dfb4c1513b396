/** The bundle that tests start in place of the source: the source works as it does. */
import { assertEquals } from "../helpers/assert.ts";
import { needs } from "../helpers/needs.ts";
import { ClientProgram, HubProgram, run, SOURCE } from "../helpers/program.ts";

Deno.test({
  ...needs(
    "Started from source, a hub and its clients do what they do from the bundle",
    Deno.env.has("RIFTCHAT_EXE") ? "the executable is tested" : undefined,
  ),
  async fn() {
    const conversation = async (main?: string) => {
      await using hub = await HubProgram.start([], { main });
      await using ana = new ClientProgram(hub.port, ["-n", "ana"], {}, main);
      await ana.waitForArrival("ana");
      await using bo = new ClientProgram(hub.port, ["-n", "bo"], {}, main);
      assertEquals(await bo.typeAndFinish("hello\n"), 0, bo.stderr);
      await ana.waitForShown("* bo left");
      assertEquals(await hub.stop(), 0);
      return ana.shownAfterJoin("ana");
    };
    assertEquals(await conversation(SOURCE), await conversation());
    for (const args of [["--version"], ["help", "serve"], ["serve", "--print-config"], ["jion"]]) {
      assertEquals(await run(args, { main: SOURCE }), await run(args));
    }
  },
});
