/** The permissions that each subcommand drops, tested with a process that starts with all of them. */
import config from "../../deno.json" with { type: "json" };
import { type Permission, permissionsOf, permissionsOfArguments } from "../../cli/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { DENO_DIR } from "../helpers/deno_dir.ts";

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

Deno.test({
  name: "Before the arguments are parsed, run stays only with --daemon, and nothing for help",
  permissions: "none",
  fn() {
    const hub = ["net", "read", "write", "env", "sys"];
    for (
      const [args, kept] of [
        [["serve"], hub],
        [["serve", "--port", "0", "--daemon"], [...hub, "run"]],
        [["serve", "--daemon=stop"], [...hub, "run"]],
        [["serve", "--help"], []],
        [["help", "serve", "--daemon"], []],
        [["--daemon"], []],
        // Here --help is a name, so that everything may be needed.
        [["join", "-n", "--help"], ["net", "env", "read", "write", "sys"]],
        [["join", "--daemon"], ["net", "env", "read", "write", "sys"]],
        [["join", "--identity", "agent"], ["net", "env", "read", "write", "sys"]],
        [["identity"], ["read", "write", "env", "sys"]],
        [["identity", "export", "--identity=agent"], ["read", "write", "env", "sys", "net"]],
      ] as [string[], Permission[]][]
    ) assertEquals(permissionsOfArguments(args), kept, args.join(" "));
  },
});

/**
 * Runs the program with all permissions, and with modules around its packages that write down which permissions are
 * left when the package is evaluated.
 *
 * @param args the arguments of the program
 * @returns the permissions by package, in the order of evaluation
 */
async function permissionsOfPackages(args: readonly string[]): Promise<[name: string, Permission[]][]> {
  const folder = await Deno.makeTempDir();
  try {
    const imports = Object.fromEntries(
      Object.entries(config.imports).map(([name, target], i) => [name, { target, file: `package${i}.ts` }]),
    );
    for (const [name, { target, file }] of Object.entries(imports)) {
      await Deno.writeTextFile(
        `${folder}/before_${file}`,
        `
        const left = ${JSON.stringify(EVERYTHING)}.filter((name) => {
          try {
            return Deno.permissions.querySync({ name }).state === "granted";
          } catch {
            return false;
          }
        });
        console.error("EVALUATED " + JSON.stringify([${JSON.stringify(name)}, left]));`,
      );
      await Deno.writeTextFile(
        `${folder}/${file}`,
        `
        import "./before_${file}";
        export * from "${target}";
        import * as all from "${target}";
        export default (all as { default?: unknown }).default;`,
      );
    }
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({
        imports: Object.fromEntries(Object.entries(imports).map(([name, { file }]) => [name, `./${file}`])),
      }),
    );
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-lock",
        "--allow-all",
        "--config",
        `${folder}/deno.json`,
        MAIN,
        ...args,
      ],
      stdin: "null",
      stdout: "null",
      env: { HOME: folder, DENO_DIR, XDG_CONFIG_HOME: folder },
    }).output();
    return new TextDecoder().decode(stderr).split("\n").filter((line) => line.startsWith("EVALUATED "))
      .map((line) => JSON.parse(line.slice("EVALUATED ".length)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [args, can] of [
    [["join", "rift://127.0.0.1:1", "--retry", "0"], ["read", "write", "net", "env", "sys"]],
    [["log", "--data", "/no such folder"], ["read", "write", "env", "sys"]],
    [["ping", "127.0.0.1:1"], ["read", "net", "env", "sys"]],
    [["bench", "127.0.0.1:1"], ["read", "net", "env"]],
    [["serve", "--print-config"], ["read", "write", "net", "env", "sys"]],
    [["serve", "--daemon", "status"], ["run", "read", "write", "net", "env", "sys"]],
    [["completions", "bash"], []],
    [["complete", "--", ""], []],
    [["help", "serve"], []],
    [["serve", "--help"], []],
    [["jion"], []],
  ] as [string[], string[]][]
) {
  const most = can.join(", ") || "nothing";
  Deno.test(`No package of riftchat ${args.join(" ")} is evaluated with more than: ${most}`, async () => {
    const evaluated = await permissionsOfPackages(args);
    assert(evaluated.some(([name]) => name === "commander"), "no package was evaluated");
    for (const [name, left] of evaluated) {
      assertEquals(left.filter((kind) => !can.includes(kind)), [], `${name} was evaluated with ${left}`);
    }
  });
}

for (
  const [args, can] of [
    [["join", "127.0.0.1"], ["read", "write", "net", "env", "sys"]],
    [["join", "127.0.0.1", "--no-config"], ["net", "env"]],
    [["tail", "127.0.0.1"], ["read", "write", "net", "env", "sys"]],
    [["tail", "127.0.0.1", "--no-config"], ["net", "env"]],
    [["tail", "127.0.0.1", "--no-config", "--no-identity"], ["net", "env"]],
    [["join", "127.0.0.1", "--no-config", "--identity", "agent"], ["read", "write", "net", "env"]],
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
