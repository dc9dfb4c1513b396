/** A hub with an internal error. It runs in a process of its own, since the error ends it. */
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const FAULTY = new URL("../../helpers/hubs/faulty_hub.ts", import.meta.url).pathname;

for (const how of ["throw", "reject"]) {
  Deno.test({
    ...needs(
      `An uncaught error (${how}) is in the log file and on stderr before the hub ends with status 1`,
      NO_POSIX,
    ),
    async fn() {
      const folder = await Deno.makeTempDir();
      const hub = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "-A", FAULTY, how, `${folder}/hub.log`],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const stdout = hub.stdout.getReader();
      assertMatch(new TextDecoder().decode((await stdout.read()).value), /^listening on /);
      hub.kill("SIGUSR2");
      const stderr = await new Response(hub.stderr).text();
      await stdout.cancel();
      assertEquals((await hub.status).code, 1);
      const log = await Deno.readTextFile(`${folder}/hub.log`);
      for (const text of [stderr, log]) {
        assertMatch(text, /fatal uncaught internal error: Error: this is the error\n +at /);
      }
      await Deno.remove(folder, { recursive: true });
    },
  });
}
