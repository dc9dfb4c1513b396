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
    if (text === "unreadable") {
      throw new ConfigError("Cannot read", this.pathOf(file), { reason: "it must be UTF-8" });
    }
    return text;
  }

  async write(file: string, text: string): Promise<void> {
    await Promise.resolve();
    this.onWrite();
    if (this.readOnly) {
      throw new ConfigError("Cannot write", this.pathOf(file), { reason: "permission denied" });
    }
    this.files.set(file, text);
  }

  create(): Promise<boolean> {
    throw new Error("not used by the preferences");
  }

  append(): Promise<void> {
    throw new Error("not used by the preferences");
  }

  rewrite(): Promise<void> {
    throw new Error("not used by the preferences");
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
  name: "Without a file the defaults are used, and a file is written at the first change",
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
  name: "Two processes keep the changes of each other, and unknown preferences",
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
  name: "Changes at the same time are all saved",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder();
    const file = new PreferencesFile(folder);
    await Promise.all([file.save({ bell: "all" }), file.save({ quiet: true }), file.save({ bell: "off" })]);
    assertEquals((await file.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "off", quiet: true });
  },
});

Deno.test({
  name: "A change during a write is saved too",
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
  name: "A file that cannot be read stays until the first change, and is renamed then",
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
      // It is reported once.
      assertEquals(await file.save({ time: "on" }), undefined);
    }
  },
});

Deno.test({
  name: "A failed write is reported, and its change is written with the next change",
  permissions: "none",
  async fn() {
    const folder = new MemoryFolder("bell = 1");
    const file = new PreferencesFile(folder);
    folder.readOnly = true;
    await assertRejects(() => file.save({ bell: "all" }), ConfigError, "permission denied");
    folder.readOnly = false;
    // The path of the renamed file is reported with the first write that succeeds.
    assertEquals(await file.save({ quiet: true }), "/c/preferences.toml.broken");
    assertEquals((await file.load()).preferences, { ...DEFAULT_PREFERENCES, bell: "all", quiet: true });
  },
});

Deno.test({
  name: "Without a folder nothing is read or stored",
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
