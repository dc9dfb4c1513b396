/** The operators of a hub: the file that --operators names. */
import { formatPublicKey } from "../../identity/mod.ts";
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { HubProgram, run } from "../helpers/program.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

const line = (byte: number) =>
  formatPublicKey({ key: new Uint8Array(32).fill(byte), comment: `key ${byte}` });

/** Writes a file that only its owner may write, in a folder of its own. */
async function fileWith(text: string): Promise<{ path: string; folder: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/operators`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return { path, folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

Deno.test({
  ...needs("serve reads the operators again on SIGHUP, and skips lines that are no Ed25519 key", NO_POSIX),
  async fn() {
    await using file = await fileWith(
      `# of the team\n\nfrom="10.0.0.1",no-pty ${line(9)}\nssh-rsa AAAA bob\n`,
    );
    await using hub = await HubProgram.start([
      "--history",
      "on",
      "--data",
      `${file.folder}/data`,
      "--operators",
      file.path,
    ]);
    await hub.waitForLog(
      /warn\S* \S+operators: line 4 was skipped: it must be an Ed25519 key: it is an RSA key; .*\n/,
    );
    await hub.waitForLog(/info 1 operator in /);
    await Deno.writeTextFile(file.path, `${line(9)}\n${line(9)}\n${line(5)}\n`);
    hub.kill("SIGHUP");
    await hub.waitForLog(/info 2 operators in .*\n.*info reloaded: operators\n/);
    await Deno.chmod(file.path, 0o666);
    hub.kill("SIGHUP");
    await hub.waitForLog(/error cannot reload: operators; the old one stays in use: .*run chmod go-w .*\n/);
    assertEquals(await hub.stop(), 0);
  },
});

Deno.test("serve with operators that cannot be used prints one line and exits 1, or 2", async () => {
  await using file = await fileWith("");
  const data = ["--history", "on", "--data", `${file.folder}/data`, "--port", "0", "--host", "127.0.0.1"];
  const missing = await run(["serve", ...data, "--operators", `${file.folder}/none`]);
  assertEquals([missing.stdout, missing.status], ["", 1]);
  assertMatch(
    missing.stderr,
    /fatal cannot use the operators \S+none: it must be a file that can be read: .*\n$/,
  );
  for (const flags of [["--no-history"], ["--name-days", "0"]]) {
    const { status, stderr } = await run(["serve", ...data, "--operators", file.path, ...flags]);
    assertEquals(status, 2, stderr);
    assertMatch(
      stderr,
      /^riftchat: cannot use --operators: .*names belong to keys, and --(?:history|name-days) turns that off\n$/i,
    );
  }
});
