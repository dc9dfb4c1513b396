import { MAX_PASSWORD_BYTES, PASSWORD_FILE_BYTES, readPassword } from "../../protocol/mod.ts";
import { assertEquals, assertStringIncludes } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const read = (text: string | Uint8Array, mode: number | null = 0o100600) =>
  readPassword(typeof text === "string" ? new TextEncoder().encode(text) : text, {
    mode,
    path: "/etc/secret",
  });

test("The password is the first line of its file, unchanged but without the line ending", () => {
  for (const end of ["", "\n", "\r\n", "\nmore\n"]) {
    assertEquals(read(` höre, so! ${end}`), { password: " höre, so! " });
  }
  const longest = "x".repeat(MAX_PASSWORD_BYTES);
  assertEquals(read(longest + "\n"), { password: longest });
});

test("A file that others may access is refused with the command that fixes it, if the system has modes", () => {
  for (const mode of [0o100640, 0o100604, 0o100660, 0o100601]) {
    const { why } = read("secret\n", mode) as { why: string };
    assertStringIncludes(why, "chmod 600 /etc/secret");
    assertStringIncludes(why, (mode & 0o777).toString(8));
  }
  assertEquals(read("secret\n", 0o100400), { password: "secret" });
  assertEquals(read("secret\n", null), { password: "secret" });
});

test("An empty, too long or non-UTF-8 password is refused, and not repeated", () => {
  const faults = ["", "\n", "\r\nsecret", "x".repeat(MAX_PASSWORD_BYTES + 1), Uint8Array.of(0xff, 0x41, 10)]
    .map((text) => read(text));
  assertEquals(faults.map((fault) => Object.keys(fault as object)), faults.map(() => ["why"]));
});

test("A byte order mark before the password is ignored, and UTF-16 is refused by its name", () => {
  assertEquals(read("\ufeffsecret\r\n"), { password: "secret" });
  assertEquals(Object.keys(read("\ufeff\n")), ["why"]);
  const longest = "x".repeat(MAX_PASSWORD_BYTES);
  const bytes = new TextEncoder().encode(`\ufeff${longest}\r\nmore`).subarray(0, PASSWORD_FILE_BYTES);
  assertEquals(read(bytes), { password: longest });
  const { why } = read(Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x0a, 0)) as { why: string };
  assertStringIncludes(why, "it is UTF-16; save it as UTF-8");
});
