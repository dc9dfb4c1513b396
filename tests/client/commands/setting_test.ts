import { Ignored } from "../../../client/model/mod.ts";
import { parseTerminalInput } from "../../../client/commands/parse.ts";
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import type { Preferences } from "../../../client/config/mod.ts";
import { applySetting } from "../../../client/commands/setting.ts";
import { textOf } from "../../../client/text/style.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

/** Types settings one after the other, as ana, and says what was told and what has changed. */
function type(lines: string[], preferences: Preferences = DEFAULT_PREFERENCES) {
  const ignored = new Ignored(preferences.ignore);
  const told: string[] = [];
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
    told.push(...lines.map(textOf));
    all = { ...all, ...changes };
  }
  return { preferences, told, changes: all, ignored };
}

Deno.test({
  name: "The settings are listed with their values and what they mean",
  permissions: "none",
  fn() {
    const { told, changes } = type([":set", ":set bell"], {
      ...DEFAULT_PREFERENCES,
      ignore: ["bo", "e\x1b"],
    });
    assertEquals(told, [
      "  bell    mention  ring for direct messages and messages that mention you (or off or all)",
      "  time    on       the time of day before every message (or off or relative)",
      "  quiet   off      joins, leaves and renames are shown (or on)",
      "  show    room     only messages of the current room or person (or all)",
      "  ignore  bo, e␛   whose lines are hidden (:ignore NAME, :unignore NAME)",
      "  bell  mention  ring for direct messages and messages that mention you (or off or all)",
    ]);
    assertEquals(changes, {});
  },
});

Deno.test({
  name: "A setting that is changed is told and has changed, and no other",
  permissions: "none",
  fn() {
    assertEquals(type([":bell off"]), {
      ...type([]),
      preferences: { ...DEFAULT_PREFERENCES, bell: "off" },
      told: ["-- bell is off: never ring (or mention or all)"],
      changes: { bell: "off" },
    });
    const { told, preferences } = type([":quiet", ":quiet", ":quiet off", ":time relative"]);
    assertEquals(told, [
      "-- quiet is on: joins, leaves and renames are hidden (or off)",
      "-- quiet is off: joins, leaves and renames are shown (or on)",
      "-- quiet is off: joins, leaves and renames are shown (or on)",
      "-- time is relative: the age of a message when it is shown (or on or off)",
    ]);
    assertEquals(preferences, { ...DEFAULT_PREFERENCES, time: "relative" });
  },
});

Deno.test({
  name: "People are ignored, listed and heard again",
  permissions: "none",
  fn() {
    const { told, changes } = type([
      ":ignore",
      ":ignore Bo",
      ":ignore bo",
      ":ignore jose\u0301",
      ":ignore",
      ":unignore BO",
      ":unignore bo",
      ":ignore ANA",
    ]);
    assertEquals(told, [
      "-- nobody is ignored",
      "-- Bo is ignored; :unignore Bo ends that",
      "-- Bo is ignored already",
      "-- josé is ignored; :unignore josé ends that",
      "-- ignored: Bo, josé",
      "-- Bo is not ignored any more",
      "! bo is not ignored",
      "! Cannot ignore yourself",
    ]);
    assertEquals(changes, { ignore: ["josé"] });
  },
});

Deno.test({
  name: "Who has another name by now is found under either",
  permissions: "none",
  fn() {
    const preferences: Preferences = { ...DEFAULT_PREFERENCES, ignore: ["bo"] };
    const ignored = new Ignored(["bo"]);
    ignored.renamed("bo", "bob");
    const told = (line: string) => {
      const input = parseTerminalInput(line);
      assert(input.kind === "setting");
      const { lines, changes } = applySetting(preferences, input.setting, { name: "ana", ignored });
      return [lines.map(textOf).join(), changes];
    };
    assertEquals(told(":ignore"), ["-- ignored: bo (now bob)", {}]);
    assertEquals(told(":ignore bob"), ["-- bo is ignored already", {}]);
    assertEquals(told(":unignore bob"), ["-- bo is not ignored any more", { ignore: [] }]);
  },
});
