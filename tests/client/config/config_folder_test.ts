import { join } from "node:path";
import { ConfigError, DiskFolder } from "../../../client/config/config_folder.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { needs, NO_LINUX, NO_POSIX, NOT_ROOT } from "../../helpers/needs.ts";

/** Calls a function with a folder that does not exist yet. */
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

/** A file system without hard links, such as FAT. */
async function withoutLinks(action: () => Promise<void>): Promise<void> {
  const { link } = Deno;
  Deno.link = () => Promise.reject(new Deno.errors.PermissionDenied("Operation not permitted"));
  try {
    await action();
  } finally {
    Deno.link = link;
  }
}

const namesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name).sort();

Deno.test("Reading does not create the folder", async () => {
  await withFolder(async (folder, path, above) => {
    assertEquals(await folder.read("a.toml"), undefined);
    assertEquals(await folder.setAside("a.toml"), undefined);
    assertEquals(folder.pathOf("a.toml"), join(path, "a.toml"));
    assertEquals(namesIn(above), []);
  });
});

Deno.test("A written file is read whole, and no temporary file is left", async () => {
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
  ...needs("Only the owner may read the files, also one that others could read before", NO_POSIX),
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
  ...needs("A file that is a symbolic link stays one, and its target is written", NO_POSIX),
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

Deno.test("A file is created once, whole, also without hard links, and only its owner may read it", async () => {
  for (const how of [(action: () => Promise<void>) => action(), withoutLinks]) {
    await how(() =>
      withFolder(async (folder, path) => {
        const created = await Promise.all(
          Array.from({ length: 10 }, (_, index) => folder.create("key", String(index).repeat(1000))),
        );
        assertEquals(created.filter(Boolean).length, 1);
        assertEquals(await folder.read("key"), String(created.indexOf(true)).repeat(1000));
        assertEquals(await folder.create("key", "other"), false);
        assertEquals(namesIn(path), ["key"]);
        if (Deno.build.os !== "windows") {
          assertEquals((await Deno.stat(join(path, "key"))).mode! & 0o777, 0o600);
        }
      })
    );
  }
});

Deno.test("A file is set aside under a free name", async () => {
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

Deno.test("A file that is not UTF-8 or not a file is reported with its path", async () => {
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

Deno.test("One bad byte can be read as U+FFFD, also when the file is rewritten", async () => {
  await withFolder(async (folder, path) => {
    await folder.write("history", "one\n");
    await Deno.writeFile(join(path, "history"), new Uint8Array([0x61, 0xff, 0x0a, 0x62, 0x0a]));
    assertEquals(await folder.read("history", { lenient: true }), "a\ufffd\nb\n");
    await folder.rewrite("history", (text) => text + "c\n", { lenient: true });
    assertEquals(await folder.read("history"), "a\ufffd\nb\nc\n");
  });
});

Deno.test("A failed write is reported, and no temporary file is left", async () => {
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

Deno.test("A temporary file that cannot replace the file is removed", async () => {
  await withFolder(async (folder, path) => {
    await Deno.mkdir(join(path, "a.toml", "full"), { recursive: true });
    await assertRejects(() => folder.write("a.toml", "x"), ConfigError);
    assertEquals(namesIn(path), ["a.toml"]);
  });
});

Deno.test({
  ...needs("The config folder is in the usual place of the system", NO_LINUX),
  async fn() {
    // In a process of its own, because the folder is looked up once a process.
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

Deno.test("A rewrite replaces a file by a new text, leaves it, or does not create it", async () => {
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
        throw new ConfigError("Cannot", "it", { reason: "no" });
      }), ConfigError);
    assertEquals(await folder.read("history"), "two\n");
    assertEquals(namesIn(path), ["history"]);
  });
});

Deno.test({
  ...needs("Text that several processes append during rewrites is not lost", NO_POSIX),
  async fn() {
    await withFolder(async (folder, path) => {
      await folder.append("history", "begin\n");
      const folders = Array.from({ length: 4 }, () => new DiskFolder(path));
      const count = 60;
      await Promise.all(folders.map(async (other, p) => {
        for (let i = 0; i < count; i++) {
          await other.append("history", `${p}.${i}\n`);
          if (i % 5 === p) {
            await other.rewrite("history", (text) => text.replace("begin\n", "begin\nagain\n"));
          }
        }
      }));
      const lines = (await folder.read("history"))!.trimEnd().split("\n");
      for (let p = 0; p < folders.length; p++) {
        assertEquals(
          lines.filter((line) => line.startsWith(`${p}.`)),
          Array.from({ length: count }, (_, i) => `${p}.${i}`),
        );
      }
      assertEquals(lines.filter((line) => line === "again").length, folders.length * count / 5);
      assertEquals(namesIn(path), ["history"]);
    });
  },
});

Deno.test({
  ...needs(
    "A file or link of another user is neither read nor written, nor is a file in a folder of another user",
    NOT_ROOT,
  ),
  async fn() {
    await withFolder(async (folder, path, above) => {
      const target = join(above, "target");
      await Deno.writeTextFile(target, "precious");
      await folder.write("file", "text");
      await Deno.symlink(target, join(path, "link"));
      await Deno.symlink(target, join(path, "mine"));
      await new Deno.Command("chown", { args: ["-h", "12345", join(path, "file"), join(path, "link")] })
        .output();
      const refusedOf = async (what: string, file: string) => {
        for (
          const use of [
            () => folder.read(file),
            () => folder.write(file, "x"),
            () => folder.append(file, "x"),
            () => folder.rewrite(file, () => "x"),
            () => folder.setAside(file),
          ]
        ) {
          const { message } = await assertRejects(use, ConfigError);
          assertStringIncludes(
            message,
            `Cannot use ${what}: it must belong to user 0: it belongs to user 12345; `,
          );
        }
      };
      await refusedOf(join(path, "file"), "file");
      await refusedOf(join(path, "link"), "link");
      assertEquals(await Deno.readTextFile(target), "precious");
      await folder.append("mine", " text");
      assertEquals(await Deno.readTextFile(target), "precious text");

      await Deno.chown(path, 12_345, 12_345);
      await refusedOf(path, "mine");
      assertEquals(await Deno.readTextFile(target), "precious text");
    });
  },
});
