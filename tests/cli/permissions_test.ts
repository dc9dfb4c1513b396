/** The permissions that each subcommand drops, tested with a process that starts with all of them. */
import { type Permission, permissionsOf } from "../../cli/mod.ts";
import { assertEquals } from "../helpers/assert.ts";

const CLI = new URL("../../cli/mod.ts", import.meta.url).href;
const MAIN = new URL("../../main.ts", import.meta.url).href;
const CONFIGURATION = `${import.meta.dirname}/../../deno.json`;

const EVERYTHING = ["run", "read", "write", "net", "env", "sys", "ffi", "import"] as const;

/** Tries one operation of each kind, and prints the permitted ones as one line of JSON on stderr. */
const PROBE = `
const [deno, file] = ${JSON.stringify([Deno.execPath(), import.meta.filename])};
const { listen, exit, connect } = Deno;
const operations = {
  run: () => new Deno.Command(deno, { args: ["--version"], stdout: "null" }).outputSync(),
  read: () => Deno.readTextFileSync(file),
  write: () => Deno.writeTextFileSync(file + ".no/such/folder", ""),
  net: () => listen({ hostname: "127.0.0.1", port: 0 }).close(),
  env: () => Deno.env.get("PATH"),
  sys: () => Deno.hostname(),
  ffi: () => Deno.dlopen(file, {}),
  import: () => {
    if (Deno.permissions.requestSync({ name: "import" }).state !== "granted") throw new Deno.errors.NotCapable();
  },
};
function probe() {
  const permitted = Object.keys(operations).filter((kind) => {
    try {
      operations[kind]();
      return true;
    } catch (error) {
      // A permitted operation may fail for another reason, such as a file that is no library.
      return !(error instanceof Deno.errors.NotCapable);
    }
  });
  console.error(JSON.stringify(permitted));
  exit(0);
}
`;

/** Returns the permissions of a process that starts with all of them, when `code` calls the probe. */
async function permissionsWhen(code: string, module?: string, args: string[] = []): Promise<string[]> {
  const probe = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(probe, PROBE + code);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--allow-all", "--config", CONFIGURATION],
        ...module === undefined ? [probe] : ["--preload", probe, module],
        ...args,
      ],
      stdin: "null",
      stdout: "null",
    }).output();
    return JSON.parse(new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1)!);
  } finally {
    await Deno.remove(probe);
  }
}

/** Returns the permissions of a process after it has dropped all except some. */
const remaining = (kept: readonly Permission[]) =>
  permissionsWhen(
    `(await import(${JSON.stringify(CLI)})).dropPermissionsExcept(${JSON.stringify(kept)}); probe();`,
  );

Deno.test("A process that drops no permission has all, and one that drops all has none", async () => {
  assertEquals(await remaining(EVERYTHING), [...EVERYTHING]);
  assertEquals(await remaining([]), []);
});

Deno.test("Each kind of permission is dropped separately", async () => {
  for (const kind of EVERYTHING) {
    assertEquals(await remaining(EVERYTHING.filter((other) => other !== kind)), [
      ...EVERYTHING.filter((other) => other !== kind),
    ]);
  }
});

Deno.test({
  name: "Only serve with --daemon may start other programs",
  permissions: "none",
  fn() {
    const hub = ["net", "read", "write", "env", "sys"];
    assertEquals(permissionsOf("serve", {}), hub as Permission[]);
    assertEquals(permissionsOf("serve", { daemon: "start" }), [...hub, "run"] as Permission[]);
    assertEquals(permissionsOf("no such thing", { daemon: "start" }), []);
  },
});

for (
  const [args, can] of [
    [["join", "127.0.0.1"], ["read", "write", "net", "env", "sys"]],
    [["join", "127.0.0.1", "--no-config"], ["net", "env"]],
    [["tail", "127.0.0.1"], ["read", "write", "net", "env", "sys"]],
    [["tail", "127.0.0.1", "--no-config"], ["net", "env"]],
    [["identity", "import", "/no such file"], ["read", "write", "env", "sys"]],
    [["identity", "--identity", "/no such file"], ["read", "write", "net", "env", "sys"]],
    [["log", "--data", "/no such folder"], ["read", "write", "env", "sys"]],
    [["export", "--data", "/no such folder"], ["read", "write", "env", "sys"]],
    [["ping", "127.0.0.1"], ["read", "net", "env", "sys"]],
    [["serve", "--port", "0"], ["read", "write", "net", "env", "sys"]],
    [["completions", "bash"], []],
    [["complete", "--", ""], []],
    [["help"], []],
    [[], []],
    [["--version"], []],
    [["jion"], []],
  ] as [string[], string[]][]
) {
  const name = ["riftchat", ...args].join(" ");
  Deno.test(`${name} starts with the permissions: ${can.join(", ") || "none"}`, async () => {
    // The first of these functions that each subcommand calls.
    const code = "Deno.listen = Deno.connect = Deno.exit = probe;";
    assertEquals(await permissionsWhen(code, MAIN, args), can);
  });
}
