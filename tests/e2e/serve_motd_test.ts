/** The message of the day, from the file of the hub to the screen of the client. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";

/** Writes a file, which is removed when the result is disposed. */
async function fileWith(text: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("serve --motd-file: our client shows the text when it connects, an original one does not", async () => {
  await using file = await fileWith("Be kind.\nHave fun.\n");
  await using hub = await HubProgram.start(["--motd-file", file.path]);
  await using ana = new ClientProgram(hub.port, ["--name", "ana"]);
  await ana.waitForArrival("ana");
  assertEquals(ana.shown.slice(0, 4), [
    "* your name is ana",
    "* message of the day:",
    "  │ Be kind.",
    "  │ Have fun.",
  ]);
  await using bo = await OriginalClient.connect(hub.port);
  await bo.nextOf(202);
  await bo.say("hello");
  await bo.nextOf(200);
  assert(!JSON.stringify(bo.received).includes("kind"));
});

Deno.test("serve with an invalid message of the day prints one line and exits 1", async () => {
  await using file = await fileWith("\x1b]0;title\x07");
  const { stdout, stderr, status } = await run(["serve", "--port", "0", "--motd-file", file.path]);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(stderr, /^\S+ fatal cannot use the message of the day .*: line 1 must .*U\+001B[^\n]*\n$/);
});
