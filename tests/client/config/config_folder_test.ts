import { join } from "node:path";
import { ConfigError, DiskFolder } from "../../../client/config/config_folder.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { needs, NO_LINUX, NO_POSIX } from "../../helpers/needs.ts";

/** Does something with a folder that is not there yet. */
async function withFolder(
  action: (folder: DiskFolder, path: string, above: string) => Promise<void>,
): Promise<void> {
  const above = await Deno.makeTempDir();
  try {
    const path = join(above, "not", "there");
    await action(new DiskFolder(path), path, above);
  } finally {
    await Deno.remove(above, { recursive: true });
  }
}

const namesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name).sort();

Deno.test("Nothing is there before something is written, and reading makes nothing", async () => {
  await withFolder(async (folder, path, above) => {
    assertEquals(await folder.read("a.toml"), undefined);
    assertEquals(await folder.setAside("a.toml"), undefined);
    assertEquals(folder.pathOf("a.toml"), join(path, "a.toml"));
    assertEquals(namesIn(above), []);
  });
});

Deno.test("What is written is read, whole, and nothing else is left in the folder", async () => {
  await withFolder(async (folder, path) => {
    const text = "héllo\n👋".repeat(20_000);
    await folder.write("a.toml", "old");
    await folder.write("a.toml", text);
    assertEquals(await folder.read("a.toml"), text);
    await folder.append("history", "one\n");
    await folder.append("history", "twö\n");
    assertEquals(await folder.read("history"), "one\ntwö\n");
    assertEquals(namesIn(path), ["a.toml", "history"]);
  });
});

Deno.test({
  ...needs("Nobody but the owner may read what is kept, also where others could read it before", NO_POSIX),
  async fn() {
    await withFolder(async (folder, path) => {
      const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
      await folder.write("a.toml", "x");
      await folder.append("history", "x");
      assertEquals([modeOf(path), modeOf(join(path, "a.toml")), modeOf(join(path, "history"))], [
        0o700,
        0o600,
        0o600,
      ]);
      await Deno.chmod(join(path, "a.toml"), 0o644);
      await folder.write("a.toml", "y");
      assertEquals(modeOf(join(path, "a.toml")), 0o600);
    });
  },
});

Deno.test({
  ...needs("A file that is a link stays one, and what it leads to is written", NO_POSIX),
  async fn() {
    await withFolder(async (folder, path, above) => {
      await folder.write("other", "");
      const elsewhere = join(above, "mine.toml");
      await Deno.writeTextFile(elsewhere, "old");
      await Deno.symlink(elsewhere, join(path, "a.toml"));
      await folder.write("a.toml", "new");
      assertEquals(await Deno.readTextFile(elsewhere), "new");
      assert((await Deno.lstat(join(path, "a.toml"))).isSymlink);
    });
  },
});

Deno.test("A file is set aside under a name that was not taken", async () => {
  await withFolder(async (folder, path) => {
    for (
      const [text, aside] of [["one", "a.toml.broken"], ["two", "a.toml.broken-2"], [
        "three",
        "a.toml.broken-3",
      ]]
    ) {
      await folder.write("a.toml", text!);
      assertEquals(await folder.setAside("a.toml"), join(path, aside!));
      assertEquals(await folder.read(aside!), text);
    }
    assertEquals(await folder.read("a.toml"), undefined);
  });
});

Deno.test("What is not UTF-8 or no file is told as such, with its path", async () => {
  await withFolder(async (folder, path) => {
    await Deno.mkdir(join(path, "folder"), { recursive: true });
    await Deno.writeFile(join(path, "a.toml"), new Uint8Array([0x61, 0xff]));
    await assertRejects(
      () => folder.read("a.toml"),
      ConfigError,
      `Cannot read ${join(path, "a.toml")}: it must be UTF-8`,
    );
    const error = await assertRejects(
      () => folder.read("folder"),
      ConfigError,
      `Cannot read ${join(path, "folder")}: `,
    );
    assert(!error.message.includes("os error"), error.message);
  });
});

Deno.test("Where nothing can be written, that is told, and nothing is left over", async () => {
  await withFolder(async (_, path, above) => {
    await Deno.writeTextFile(join(above, "not"), "a file where the folder should be");
    const folder = new DiskFolder(path);
    for (const write of [() => folder.write("a.toml", "x"), () => folder.append("history", "x")]) {
      const error = await assertRejects(write, ConfigError, `Cannot write ${path}`);
      assert(!error.message.includes("os error") && !error.message.includes("\n"), error.message);
    }
    assertEquals(namesIn(above), ["not"]);
  });
});

Deno.test("A draft that cannot take the place of the file is removed", async () => {
  await withFolder(async (folder, path) => {
    await Deno.mkdir(join(path, "a.toml", "full"), { recursive: true });
    await assertRejects(() => folder.write("a.toml", "x"), ConfigError);
    assertEquals(namesIn(path), ["a.toml"]);
  });
});

Deno.test({
  ...needs("The folder is where this system has such folders", NO_LINUX),
  async fn() {
    // Asked in a program of its own, since the answer is looked up once.
    const code = `const { findConfigFolder } = await import(${
      JSON.stringify(import.meta.resolve("../../../client/config/config_folder.ts"))
    }); console.log((await findConfigFolder()).pathOf("x"));`;
    const pathWith = async (env: Record<string, string>, ...flags: string[]) => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-prompt",
          "--config",
          new URL("../../../deno.json", import.meta.url).pathname,
          ...flags,
          `data:text/javascript,${encodeURIComponent(code)}`,
        ],
        env: { ...env, NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    assertEquals(await pathWith({ XDG_CONFIG_HOME: "/conf" }, "-A"), "/conf/riftchat/x\n");
    const refused = await pathWith({}, "--allow-read", "--allow-import");
    assertStringIncludes(refused, "Cannot find the config folder: ");
  },
});

Deno.test("A file is written anew from what is in it, or stays, or is not made", async () => {
  await withFolder(async (folder, path, above) => {
    await folder.rewrite("history", () => "made");
    assertEquals(namesIn(above), []);
    await folder.append("history", "one\ntwo\n");
    await folder.rewrite("history", () => undefined);
    assertEquals(await folder.read("history"), "one\ntwo\n");
    await folder.rewrite("history", (text) => text.slice(4));
    assertEquals(await folder.read("history"), "two\n");
    assertEquals(namesIn(path), ["history"]);
    await assertRejects(() =>
      folder.rewrite("history", () => {
        throw new ConfigError("no");
      }), ConfigError);
    assertEquals(await folder.read("history"), "two\n");
    assertEquals(namesIn(path), ["history"]);
  });
});

Deno.test({
  ...needs("What several programs add while others write the file anew is there in the end", NO_POSIX),
  async fn() {
    await withFolder(async (folder, path) => {
      await folder.append("history", "begin\n");
      const programs = Array.from({ length: 4 }, () => new DiskFolder(path));
      const count = 60;
      await Promise.all(programs.map(async (program, p) => {
        for (let i = 0; i < count; i++) {
          await program.append("history", `${p}.${i}\n`);
          if (i % 5 === p) {
            await program.rewrite("history", (text) => text.replace("begin\n", "begin\nagain\n"));
          }
        }
      }));
      const lines = (await folder.read("history"))!.trimEnd().split("\n");
      for (let p = 0; p < programs.length; p++) {
        assertEquals(
          lines.filter((line) => line.startsWith(`${p}.`)),
          Array.from({ length: count }, (_, i) => `${p}.${i}`),
        );
      }
      assertEquals(lines.filter((line) => line === "again").length, programs.length * count / 5);
      assertEquals(namesIn(path), ["history"]);
    });
  },
});
