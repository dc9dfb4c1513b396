import { ConfigError, type ConfigFolder, NO_CONFIG_FOLDER } from "../../../client/config/config_folder.ts";
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import { PreferencesFile } from "../../../client/config/preferences_file.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";

/** A folder in memory. */
class MemoryFolder implements ConfigFolder {
  readonly files: Map<string, string>;
  readOnly = false;
  onWrite: () => void = () => {};

  constructor(text?: string) {
    this.files = new Map(text === undefined ? [] : [["preferences.toml", text]]);
  }

  pathOf(file: string): string {
    return `/c/${file}`;
  }

  async read(file: string): Promise<string | undefined> {
    await Promise.resolve();
    const text = this.files.get(file);
    if (text === "unreadable") throw new ConfigError(`Cannot read ${this.pathOf(file)}: it must be UTF-8`);
    return text;
  }

  async write(file: string, text: string): Promise<void> {
    await Promise.resolve();
    this.onWrite();
    if (this.readOnly) throw new ConfigError(`Cannot write ${this.pathOf(file)}: permission denied`);
    this.files.set(file, text);
  }

  append(): Promise<void> {
    throw new Error("not for this file");
  }

  rewrite(): Promise<void> {
    throw new Error("not for this file");
  }

  async setAside(file: string): Promise<string | undefined> {
    await Promise.resolve();
    const text = this.files.get(file);
    if (text === undefined) return undefined;
    this.files.delete(file);
    this.files.set(`${file}.broken`, text);
    return `/c/${file}.broken`;
  }

  get text(): string {
    return this.files.get("preferences.toml")!;
  }
}

Deno.test({
  name: "Without a file the defaults hold, and one is written when something changes, not before",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder();
    const file = new PreferencesFile(folder);
    assertEquals(await file.load(), { preferences: DEFAULT_PREFERENCES });
    assertEquals(folder.files.size, 0);
    assertEquals(await file.save({ bell: "all" }), undefined);
    assertEquals(await new PreferencesFile(folder).load(), {
      preferences: { ...DEFAULT_PREFERENCES, bell: "all" },
    });
  },
});

Deno.test({
  name: "Two programs keep what the other has changed, and what neither knows",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder("newer = 1\n");
    const [one, other] = [new PreferencesFile(folder), new PreferencesFile(folder)];
    await one.load();
    await other.load();
    await one.save({ bell: "all" });
    await other.save({ quiet: true });
    assertEquals((await one.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "all", quiet: true });
    assertStringIncludes(folder.text, "newer = 1");
  },
});

Deno.test({
  name: "Changes that follow each other at once are all kept",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder();
    const file = new PreferencesFile(folder);
    await Promise.all([file.save({ bell: "all" }), file.save({ quiet: true }), file.save({ bell: "off" })]);
    assertEquals((await file.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "off", quiet: true });
  },
});

Deno.test({
  name: "What changes while the file is being written is kept as well",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder();
    const file = new PreferencesFile(folder);
    let later: Promise<unknown> = Promise.resolve();
    folder.onWrite = () => {
      folder.onWrite = () => {};
      later = file.save({ quiet: true });
    };
    await file.save({ bell: "all" });
    await later;
    assertEquals((await file.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "all", quiet: true });
  },
});

Deno.test({
  name:
    "A file that cannot be read stays as it is until something changes, and is kept under another name then",
  permissions: "none",
  async fn() {
    for (const text of ["bell = = 1\n", 'bell = "loud"\nquiet = true\nnewer = 1\n', "unreadable"]) {
      const folder = new MemoryFolder(text);
      const file = new PreferencesFile(folder);
      const { problem = "" } = await file.load();
      assertStringIncludes(problem, "Cannot read /c/preferences.toml");
      assertEquals([...folder.files], [["preferences.toml", text]]);
      assertEquals(await file.save({ time: "off" }), "/c/preferences.toml.broken");
      assertEquals(folder.files.get("preferences.toml.broken"), text);
      const quiet = text.includes("quiet");
      assertEquals(await file.load(), { preferences: { ...DEFAULT_PREFERENCES, time: "off", quiet } });
      if (quiet) assertStringIncludes(folder.text, "newer = 1");
      // Once is enough.
      assertEquals(await file.save({ time: "on" }), undefined);
    }
  },
});

Deno.test({
  name: "What could not be written is told, and written with the next change",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder("bell = 1");
    const file = new PreferencesFile(folder);
    folder.readOnly = true;
    await assertRejects(() => file.save({ bell: "all" }), ConfigError, "permission denied");
    folder.readOnly = false;
    // Where the old file went is told as soon as something can be.
    assertEquals(await file.save({ quiet: true }), "/c/preferences.toml.broken");
    assertEquals((await file.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "all", quiet: true });
  },
});

Deno.test({
  name: "Without a folder there is nothing to read, and nothing is kept",
  permissions: "none",
  async fn() {
    const file = new PreferencesFile(NO_CONFIG_FOLDER);
    assertEquals(await file.save({ bell: "all" }), undefined);
    assertEquals(await file.load(), { preferences: DEFAULT_PREFERENCES });
    await NO_CONFIG_FOLDER.append("history", "x");
    assertEquals(await NO_CONFIG_FOLDER.read("history"), undefined);
    assertEquals(await NO_CONFIG_FOLDER.setAside("history"), undefined);
  },
});
