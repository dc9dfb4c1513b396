/** What the flags of the limits say reaches the hub; each limit itself is tested where it is. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/original_client.ts";
import { HubProgram, run } from "../helpers/program.ts";

Deno.test("serve --rate-limit lets a flood wait, and nothing of it is lost", async () => {
  await using hub = await HubProgram.start(["--rate-limit", "2/20"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  const start = performance.now();
  for (let i = 0; i < 8; i++) await ana.say(`line ${i}`);
  await ana.until(({ message }) => (message as { message?: string })?.message === "line 7");
  assert(performance.now() - start >= 299);
});

Deno.test("serve with limits for addresses never limits this machine", async () => {
  await using hub = await HubProgram.start(["--max-per-address", "1", "--max-new-per-address", "1"]);
  await using ana = await OriginalClient.connect(hub.port);
  await using bo = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await bo.nextOf(202);
});

for (
  const [args, expected] of [
    [
      ["--rate-limit", "fast"],
      /--rate-limit.*must be off, or how many may come at once.*10\/2.*it is "fast"/s,
    ],
    [["--rate-limit", "0/5"], /--rate-limit/],
    [["--rate-limit", "5/0"], /--rate-limit/],
    [["--max-per-address", "-1"], /--max-per-address.*whole number from 1 to 1000000, or 0 or off/s],
    [["--trust", "ten"], /--trust/],
  ] as [string[], RegExp][]
) {
  Deno.test(`serve ${args.join(" ")} is a usage error`, async () => {
    const { status, stderr } = await run(["serve", ...args]);
    assertEquals(status, 2);
    assertMatch(stderr, expected);
  });
}

Deno.test("serve --trust with what only looks like a network says so and does not start", async () => {
  const { status, stderr } = await run(["serve", "--port", "0", "--trust", "10.0.0.0/8, 10.0.0.0/33"]);
  assertEquals(status, 1);
  assertStringIncludes(stderr, 'Cannot trust "10.0.0.0/33": it must be a network');
});
