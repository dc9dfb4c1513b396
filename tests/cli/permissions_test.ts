/** What each subcommand gives up: tried for real, by a process that has everything to begin with. */
import { type Permission, permissionsOf } from "../../cli/mod.ts";
import { assertEquals } from "../helpers/assert.ts";

const CLI = new URL("../../cli/mod.ts", import.meta.url).href;
const MAIN = new URL("../../main.ts", import.meta.url).href;
const CONFIGURATION = `${import.meta.dirname}/../../deno.json`;

const EVERYTHING = ["run", "read", "write", "net", "env", "sys", "ffi", "import"] as const;

/** Does one thing of each kind and says which of them it could, as one line of JSON on stderr. */
const PROBE = `
const [deno, file] = ${JSON.stringify([Deno.execPath(), import.meta.filename])};
const { listen, exit, connect } = Deno;
const acts = {
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
  const could = Object.keys(acts).filter((kind) => {
    try {
      acts[kind]();
      return true;
    } catch (error) {
      // What is permitted may fail for another reason, such as a file that is no library.
      return !(error instanceof Deno.errors.NotCapable);
    }
  });
  console.error(JSON.stringify(could));
  exit(0);
}
`;

/** What a process can do that has every permission to begin with, and probes where `code` says. */
async function possible(code: string, module?: string, args: string[] = []): Promise<string[]> {
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

/** What a process can still do that kept some of all permissions. */
const possibleWith = (kept: readonly Permission[]) =>
  possible(`(await import(${JSON.stringify(CLI)})).keepOnly(${JSON.stringify(kept)}); probe();`);

Deno.test("A process that gives nothing up can do everything, and one that gives all up nothing", async () => {
  assertEquals(await possibleWith(EVERYTHING), [...EVERYTHING]);
  assertEquals(await possibleWith([]), []);
});

Deno.test("Each kind of permission is given up by itself", async () => {
  for (const kind of EVERYTHING) {
    assertEquals(await possibleWith(EVERYTHING.filter((other) => other !== kind)), [
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
  Deno.test(`${name}, when it begins, can do ${can.join(", ") || "nothing"} and no more`, async () => {
    // The first thing of note that each of them does.
    const code = "Deno.listen = Deno.connect = Deno.exit = probe;";
    assertEquals(await possible(code, MAIN, args), can);
  });
}
