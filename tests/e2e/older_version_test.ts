/**
 * The program beside the one before names could belong to keys: the older client on this hub, and this client on the
 * older hub. The older program is taken from the history of git; where that is missing the tests are ignored.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { needs } from "../helpers/needs.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";

/** The last commit whose protocol has no owned names. */
const OLDER = "85bfdb1c23a76c54249003192809e263767d5d1a";

/** What the program consists of. */
const SOURCES = "main.ts deno.json deno.lock cli client identity load protocol runtime server".split(" ");

const ROOT = new URL("../../", import.meta.url);

/** Why the older program cannot run here; `undefined` if it can. */
const NO_OLDER: string | undefined = Deno.env.has("RIFTCHAT_EXE")
  ? "the older program runs from source only"
  : await git("cat-file", "-e", `${OLDER}^{commit}`) === undefined
  ? `git does not have the commit ${OLDER.slice(0, 7)}`
  : undefined;

/** Runs git in this repository; returns its output, or `undefined` if it fails or is not installed. */
async function git(...args: string[]): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", { args, cwd: ROOT, stderr: "null" }).output();
    return success ? stdout : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The older program in a folder of its own, which is removed at the end. */
class OlderProgram implements AsyncDisposable {
  readonly #folder: string;
  /** The URL of its main module. */
  readonly main: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.main = new URL("main.ts", `file://${folder}/`).href;
  }

  static async unpack(): Promise<OlderProgram> {
    const folder = await Deno.makeTempDir({ prefix: "older." });
    const archive = `${folder}/sources.tar`;
    await Deno.writeFile(archive, (await git("archive", OLDER, ...SOURCES))!);
    const { success } = await new Deno.Command("tar", { args: ["-xf", "sources.tar"], cwd: folder }).output();
    assert(success, "cannot unpack the older program");
    return new OlderProgram(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A hub and two clients talk, one of which is as old as the other program; each sees what the other says and does. */
async function talk(
  port: number,
  mains: { ana?: string | undefined; bo?: string | undefined },
): Promise<void> {
  const join = (name: string, main: string | undefined) =>
    new ClientProgram(port, ["-n", name, "--commands"], {}, main);
  await using ana = join("ana", mains.ana);
  await ana.waitForArrival("ana");
  await using bo = join("bo", mains.bo);
  await ana.waitForArrival("bo");
  await bo.type("hello, ana\n");
  // On a hub of today this client, and not the older one, marks names that belong to nobody.
  await ana.lineWhere((line) => /\d ~?bo {2}hello, ana$/.test(line));
  await ana.type("hello, bo\n:username Anna\n");
  await bo.lineWhere((line) => /\d ~?ana {2}hello, bo$/.test(line));
  await bo.waitForShown("* ana is now Anna");
  const direct = ["say", "--hub", `127.0.0.1:${port}`, "-n", "ci", "--to", "bo", "psst"];
  assertEquals((await run(direct, { main: mains.ana })).status, 0);
  await bo.lineWhere((line) => line.includes("psst"));
  await bo.type(":who\n");
  await bo.lineWhere((line) => line.includes("Anna"));
  assertEquals(await bo.typeAndFinish(), 0);
  await ana.waitForShown("* bo left");
  assertEquals(await ana.typeAndFinish(), 0);
  assertEquals([ana.stderr, bo.stderr], ["", ""]);
}

Deno.test({
  ...needs(
    "A client from before names could be owned talks on this hub, and gets no name of others",
    NO_OLDER,
  ),
  fn: async () => {
    await using older = await OlderProgram.unpack();
    using folder = new DataFolder();
    await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
    await talk(hub.port, { ana: older.main });
    await talk(hub.port, { bo: older.main });

    const key = await TestKey.make();
    await using owner = await OriginalClient.connect(hub.port);
    const { server } = await owner.nextOf(202);
    const proof = key.proof(server as { identity: string; nonce: string }, "eve");
    await owner.sendJson({ code: 102, client: "test/1", username: "eve", ...proof });
    await owner.say("mine");
    await owner.nextOf(200);
    await owner.close();
    const say = await run(["say", "--hub", `127.0.0.1:${hub.port}`, "-n", "Eve", "--exact-name", "hi"], {
      main: older.main,
    });
    assertEquals([say.status, say.stdout], [4, ""]);
    assertStringIncludes(say.stderr, "cannot use the name Eve: it belongs to somebody since");
    const said = await run(["say", "--hub", `127.0.0.1:${hub.port}`, "-n", "ci", "built"], {
      main: older.main,
    });
    assertEquals([said.status, said.stderr], [0, ""]);
    assertEquals(await hub.stop(), 0);
    assertEquals(hub.stderr.match(/ error .*/g), null);
  },
});

Deno.test({
  ...needs("This client talks on a hub from before names could be owned", NO_OLDER),
  fn: async () => {
    await using older = await OlderProgram.unpack();
    using folder = new DataFolder();
    const flags = ["--history", "on", "--data", folder.path];
    await using hub = await HubProgram.start(flags, { main: older.main });
    await talk(hub.port, {});
    await talk(hub.port, { bo: older.main });
    const said = await run(["say", "--hub", `127.0.0.1:${hub.port}`, "-n", "ci", "built"]);
    assertEquals([said.status, said.stderr], [0, ""]);
    const { stdout } = await run(["log", "--data", folder.path], { main: older.main });
    assertStringIncludes(stdout, "built");
    assertEquals(await hub.stop(), 0);
    assertEquals(hub.stderr.match(/ error .*/g), null);
  },
});
