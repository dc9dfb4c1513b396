/** `deno task compile`: targets, permissions and errors. */
import { ENGINE_FLAGS } from "../../server/limits.ts";
import {
  CompileError,
  engineFlags,
  explainFailure,
  permissionFlags,
  readTargets,
} from "../../tools/compile.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../helpers/assert.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test({
  name: "A target has a common name and Deno's name, each is built once, and all means five",
  permissions: "none",
  fn() {
    assertEquals(readTargets([], "x86_64-unknown-linux-gnu"), [
      { file: "riftchat", target: "x86_64-unknown-linux-gnu" },
    ]);
    assertEquals(readTargets([], "x86_64-pc-windows-msvc")[0]!.file, "riftchat.exe");
    const arm = { file: "riftchat-linux-arm64", target: "aarch64-unknown-linux-gnu" };
    assertEquals(readTargets(["linux-arm64"], "here"), [arm]);
    assertEquals(readTargets(["aarch64-unknown-linux-gnu", "linux-arm64"], "here"), [arm]);
    assertEquals(readTargets(["all"], "here").map(({ file }) => file), [
      "riftchat-linux-x64",
      "riftchat-linux-arm64",
      "riftchat-macos-x64",
      "riftchat-macos-arm64",
      "riftchat-windows-x64.exe",
    ]);
    const error = assertThrows(
      () => readTargets(["solaris"], "here"),
      CompileError,
      '"solaris": the target must be one of',
    );
    assertEquals(error.status, 2);
  },
});

Deno.test({
  name: "The executable has the permissions of all tasks, each flag once",
  permissions: "none",
  fn() {
    assertEquals(
      permissionFlags([
        { net: true, env: ["A", "B"], run: false },
        { env: ["B", "C"], read: ["/x"] },
        { read: true },
      ]),
      ["--allow-net", "--allow-env=A,B,C", "--allow-read"],
    );
  },
});

Deno.test({
  name: "An error with DENORT_BIN names the file",
  permissions: "none",
  fn() {
    assertEquals(
      explainFailure(
        "t",
        "error: Writing executable\n\nCaused by:\n    0: Could not find denort at '/x'\n",
        "/x",
      ),
      "Cannot compile for t with DENORT_BIN=/x: Could not find denort at '/x'",
    );
  },
});

Deno.test("Compiling without Deno's runtime fails with one sentence that names DENORT_BIN", async () => {
  const dir = await Deno.makeTempDir();
  try {
    // The packages are cached, the runtime is not, and nothing can be downloaded.
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT }).output();
    const { npmCache } = JSON.parse(new TextDecoder().decode(info.stdout));
    await Deno.symlink(npmCache, `${dir}/npm`, { type: Deno.build.os === "windows" ? "junction" : "dir" });
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "compile", "linux-arm64"],
      cwd: ROOT,
      clearEnv: true,
      env: {
        ...Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => name !== "DENORT_BIN")),
        DENO_DIR: dir,
        HTTPS_PROXY: "http://127.0.0.1:1",
        NO_COLOR: "1",
      },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals([code, new TextDecoder().decode(stdout)], [1, ""], said);
    assertMatch(
      said,
      /^Cannot compile for aarch64-unknown-linux-gnu: [^\n]*could not be downloaded[^\n]*DENORT_BIN[^\n]*\n$/,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("The executable has the permissions of the tasks serve and join, and not all", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const flags = permissionFlags([permissions.serve, permissions.join]);
  assert(flags.includes("--allow-net"));
  for (const flag of ["--allow-all", "--allow-env", "--allow-sys", "--allow-run", "--allow-import"]) {
    assert(!flags.includes(flag), flag);
  }
});

Deno.test("The tasks, the daemon and the executable give the JavaScript engine the same flags", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  for (const { command } of [tasks.serve, tasks.daemon]) assertEquals(engineFlags([command]), [ENGINE_FLAGS]);
  assertEquals(engineFlags([tasks.serve.command, tasks.daemon.command, tasks.join.command]), [ENGINE_FLAGS]);
});
