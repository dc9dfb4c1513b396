/** `riftchat import` says what of the input a hub deletes because of `--keep`, before it does. */
import { assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram, Program } from "../helpers/program.ts";

const DAY_MS = 86_400_000;

/** The time from which ages are counted: one for all, so that a day that ends during a test changes nothing. */
const NOW = Date.now();

/** An export with messages of these ages, in days; each text has so many characters. */
function exportOf(ages: number[], characters = 5): string {
  const lines = ages.map((age, i) => ({
    kind: "line",
    room: "main",
    sequence: i + 1,
    timestamp: NOW - Math.round(age * DAY_MS),
    username: "ana",
    verified: false,
    message: "x".repeat(characters),
  }));
  const records = [
    { kind: "history", version: 1 },
    { kind: "room", room: "main", last: ages.length },
    ...lines,
    { kind: "end", records: ages.length + 1 },
  ];
  return records.map((record) => JSON.stringify(record) + "\n").join("");
}

/** Imports a text; returns what the program says. */
async function imports(text: string, args: string[], env: Record<string, string> = {}) {
  await using program = new Program(["import", ...args], {
    stdin: "piped",
    env: { RIFTCHAT_KEEP: "", RIFTCHAT_CONFIG: "", ...env },
  });
  await program.type(text);
  await program.endInput();
  return { status: await program.status, stderr: program.stderr };
}

const dayOf = (age: number) => new Date(NOW - age * DAY_MS).toISOString().slice(0, 10);

Deno.test("import counts the messages that are older than a hub keeps, and names a --keep that keeps all", async () => {
  using folder = new DataFolder();
  const { status, stderr } = await imports(exportOf([400, 31, 1, 0.5]), ["--data", folder.path]);
  assertEquals(status, 0);
  assertStringIncludes(stderr, `5 records are now in ${folder.path}\n`);
  assertStringIncludes(
    stderr,
    "riftchat: 2 of 4 messages are older than a hub keeps (--keep 30d,1GiB, the default): it deletes them soon after " +
      `its start. The oldest is of ${
        dayOf(400)
      }. To keep all, start the hub with --keep 402d,1GiB or --keep forever\n`,
  );
  const args = ["--history", "on", "--data", folder.path];
  const count = () => Number(folder.query("SELECT count(*) AS count FROM lines")[0]!.count);
  {
    await using hub = await HubProgram.start([...args, "--keep", "402d,1GiB"]);
    await hub.stop();
    assertEquals(count(), 4);
  }
  await using hub = await HubProgram.start(args);
  await hub.waitForLog(/deleted 2 messages that were too old \(--keep\)/);
  assertEquals(count(), 2);
});

Deno.test("import --dry-run says the same and imports nothing", async () => {
  using folder = new DataFolder();
  const data = `${folder.path}/none`;
  const { status, stderr } = await imports(exportOf([40]), ["--data", data, "--dry-run"]);
  assertEquals(status, 0);
  assertStringIncludes(stderr, "riftchat: 2 records can be imported; nothing was imported (--dry-run)\n");
  assertMatch(stderr, /1 of 1 message is older than a hub keeps .* start the hub with --keep 42d,1GiB or/);
  await Deno.stat(data).then(() => {
    throw new Error("the folder was made");
  }, () => {});
  const invalid = await imports("nonsense\n", ["--data", data, "--dry-run"]);
  assertEquals(invalid.status, 1);
  assertMatch(invalid.stderr, /^riftchat: line 1: .*; nothing was imported\n$/);
});

Deno.test("import reads --keep from the flag, the environment or the config file, as serve does", async () => {
  using folder = new DataFolder();
  const config = `${folder.path}/hub.toml`;
  await Deno.writeTextFile(config, 'keep = "10d"\n');
  const says = async (args: string[], env: Record<string, string> = {}) => {
    const data = await Deno.makeTempDir({ dir: folder.path });
    return (await imports(exportOf([8]), ["--data", data, "--dry-run", ...args], env)).stderr.split("\n")[1];
  };
  assertMatch(
    await says(["--keep", "7d"]) ?? "",
    /\(--keep 7d, as given\).* with --keep 10d or --keep forever$/,
  );
  assertMatch(
    await says([], { RIFTCHAT_KEEP: "1h,5MiB" }) ?? "",
    /\(--keep 1h,5MiB, RIFTCHAT_KEEP of the environment\).* with --keep 10d,5MiB or/,
  );
  assertEquals(await says([], { RIFTCHAT_CONFIG: config }), "");
  await Deno.writeTextFile(config, 'keep = "2d"\n');
  assertMatch(await says([], { RIFTCHAT_CONFIG: config }) ?? "", /\(--keep 2d, .*hub\.toml, line 1\)/);
  assertEquals(await says(["--keep", "forever"], { RIFTCHAT_CONFIG: config }), "");
  const wrong = await imports("", ["--data", folder.path, "--keep", "a while"]);
  assertEquals(wrong.status, 2);
  assertMatch(wrong.stderr, /^riftchat: cannot use --keep: it must be a time, .*: it is "a while"\n$/);
});

Deno.test("import says when the messages take more than a hub keeps", async () => {
  using folder = new DataFolder();
  const text = exportOf(Array.from({ length: 600 }, () => 0), 4000);
  const { status, stderr } = await imports(text, ["--data", folder.path, "--keep", "7d,1MiB"]);
  assertEquals(status, 0);
  assertMatch(
    stderr,
    /riftchat: 600 messages take [3-9] MiB, and a hub keeps 1 MiB \(--keep 7d,1MiB, as given\): it deletes the oldest/,
  );
});
