/** The message of the day, read from real files. */
import { MAX_BODY_BYTES } from "../../../protocol/mod.ts";
import { MAX_MOTD_BYTES } from "../../../server/limits.ts";
import { MotdError, readMotd } from "../../../server/admission/motd.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../helpers/assert.ts";

async function read(content: string | Uint8Array): Promise<string | undefined> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return await readMotd(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("The message of the day is the text of the file without its last line end", async () => {
  assertEquals(await read("Be kind.\n\n\tHave fun, Zoë.\n"), "Be kind.\n\n\tHave fun, Zoë.");
  assertEquals(await read("\ufeffBe kind.\r\nHave fun.\r\n"), "Be kind.\nHave fun.");
});

Deno.test("There is no message of the day without a file, or with an empty one", async () => {
  assertEquals([await readMotd(""), await read(""), await read("\n")], [undefined, undefined, undefined]);
});

Deno.test("The longest message of the day fits into one body, whatever its characters", async () => {
  // In JSON no byte becomes longer than a quote does; no line is longer than a message may be.
  const text = ('"'.repeat(4095) + "\n").repeat(MAX_MOTD_BYTES / 4096).slice(0, MAX_MOTD_BYTES);
  assertEquals((await read(text))!.length, MAX_MOTD_BYTES - 1);
  assert(JSON.stringify(text).length + 1000 < MAX_BODY_BYTES);
});

for (
  const [what, content, wanted] of [
    ["is too long", "x\n".repeat(MAX_MOTD_BYTES / 2) + "y", /: it must be at most 8192 bytes: it is longer$/],
    ["is not UTF-8", Uint8Array.of(0x61, 0xff), /: it must be UTF-8 text: it is not$/],
    ["has an escape sequence in it", "one\n\x1b[31mred", /: line 2 must be a valid message: .*U\+001B/],
    ["has a lone carriage return in it", "one\rtwo", /: line 1 must .*U\+000D/],
    ["has bidirectional control characters in it", "\u202eabc", /: line 1 must .*U\+202E/],
    ["has a line that is too long", "x".repeat(5000), /: line 1 must .* 5000 bytes/],
  ] as [string, string | Uint8Array, RegExp][]
) {
  Deno.test(`A message of the day that ${what} is refused`, async () => {
    const error = await assertRejects(() => read(content), MotdError, "Cannot use the message of the day ");
    assertMatch(error.message, wanted);
  });
}

Deno.test("An unreadable message of the day is refused, and an endless file is not read to its end", async () => {
  const missing = await assertRejects(() => readMotd("/no/such"), MotdError);
  assertMatch(missing.message, /^Cannot read the message of the day \/no\/such: .*: it does not exist$/);
  await assertRejects(() => readMotd(Deno.cwd()), MotdError);
  if (Deno.build.os !== "windows") {
    await assertRejects(() => readMotd("/dev/zero"), MotdError, "at most 8192");
  }
});
