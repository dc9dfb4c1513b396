import { Ignored } from "../../../client/model/mod.ts";
import { parseTerminalInput } from "../../../client/commands/parse.ts";
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import type { Preferences } from "../../../client/config/mod.ts";
import { applySetting } from "../../../client/commands/setting.ts";
import { textOf } from "../../../client/text/style.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

/** Types settings one after the other, as ana, and returns the printed lines and the changes. */
function type(lines: string[], preferences: Preferences = DEFAULT_PREFERENCES) {
  const ignored = new Ignored(preferences.ignore);
  const printed: string[] = [];
  let all: Partial<Preferences> = {};
  for (const line of lines) {
    const input = parseTerminalInput(line);
    assert(input.kind === "setting", line);
    const { preferences: after, changes, lines } = applySetting(preferences, input.setting, {
      name: "ana",
      ignored,
    });
    assertEquals(after, { ...preferences, ...changes });
    preferences = after;
    ignored.update(preferences.ignore);
    printed.push(...lines.map(textOf));
    all = { ...all, ...changes };
  }
  return { preferences, printed, changes: all, ignored };
}

Deno.test({
  name: "The settings are listed with their values and descriptions",
  permissions: "none",
  fn() {
    const { printed, changes } = type([":set", ":set bell"], {
      ...DEFAULT_PREFERENCES,
      ignore: ["bo", "e\x1b"],
    });
    assertEquals(printed, [
      "  bell     mention  ring for direct messages and messages that mention you (or off, all or notify)",
      "  time     on       the time of day before every message (or off or relative)",
      "  quiet    off      joins, leaves and renames are shown (or on)",
      "  show     room     only messages of the current room or person (or all)",
      "  align    on       texts begin in a common column after names of up to 12 columns (or off)",
      "  numbers  off      no numbers (or on)",
      "  ignore   bo, e␛   users whose messages are hidden (:ignore NAME, :unignore NAME)",
      "  bell  mention  ring for direct messages and messages that mention you (or off, all or notify)",
    ]);
    assertEquals(changes, {});
  },
});

Deno.test({
  name: "A changed setting is printed, and no other setting changes",
  permissions: "none",
  fn() {
    assertEquals(type([":bell off"]), {
      ...type([]),
      preferences: { ...DEFAULT_PREFERENCES, bell: "off" },
      printed: ["-- bell is off: never ring (or mention, all or notify)"],
      changes: { bell: "off" },
    });
    const { printed, preferences } = type([":quiet", ":quiet", ":quiet off", ":time relative"]);
    assertEquals(printed, [
      "-- quiet is on: joins, leaves and renames are hidden (or off)",
      "-- quiet is off: joins, leaves and renames are shown (or on)",
      "-- quiet is off: joins, leaves and renames are shown (or on)",
      "-- time is relative: the age of a message when it is shown (or on or off)",
    ]);
    assertEquals(preferences, { ...DEFAULT_PREFERENCES, time: "relative" });
  },
});

Deno.test({
  name: "Users are ignored, listed and no longer ignored",
  permissions: "none",
  fn() {
    const { printed, changes } = type([
      ":ignore",
      ":ignore Bo",
      ":ignore bo",
      ":ignore jose\u0301",
      ":ignore",
      ":unignore BO",
      ":unignore bo",
      ":ignore ANA",
    ]);
    assertEquals(printed, [
      "-- no users are ignored",
      "-- Bo is ignored; :unignore Bo shows their messages again",
      "-- Bo is already ignored",
      "-- josé is ignored; :unignore josé shows their messages again",
      "-- ignored: Bo, josé",
      "-- Bo is no longer ignored",
      "! bo is not ignored",
      "! Cannot ignore yourself",
    ]);
    assertEquals(changes, { ignore: ["josé"] });
  },
});

Deno.test({
  name: "An ignored user with a new name is found under both names",
  permissions: "none",
  fn() {
    const preferences: Preferences = { ...DEFAULT_PREFERENCES, ignore: ["bo"] };
    const ignored = new Ignored(["bo"]);
    ignored.renamed("bo", "bob");
    const printed = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "setting");
      const { lines, changes } = applySetting(preferences, input.setting, { name: "ana", ignored });
      return [lines.map(textOf).join(), changes];
    };
    assertEquals(printed(":ignore"), ["-- ignored: bo (now bob)", {}]);
    assertEquals(printed(":ignore bob"), ["-- bo is already ignored", {}]);
    assertEquals(printed(":unignore bob"), ["-- bo is no longer ignored", { ignore: [] }]);
  },
});
