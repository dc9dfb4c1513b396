import fc from "fast-check";
import { DEFAULT_PREFERENCES, type Preferences } from "../../../client/config/preferences.ts";
import { parsePreferences, serializePreferences } from "../../../client/config/preferences_text.ts";
import { assertEquals } from "../../helpers/assert.ts";

function problemIn(text: string): string | undefined {
  return parsePreferences(text, "/p.toml").problem;
}

Deno.test({
  name: "Values in the file are used, and defaults for the rest, also in an empty file",
  permissions: "none",
  fn() {
    assertEquals(parsePreferences("", "/p.toml"), { preferences: DEFAULT_PREFERENCES, unknown: {} });
    assertEquals(
      parsePreferences('# mine\nbell = "all"\nignore = ["bo"]\r\nquiet = true\nalign = false', "/p.toml")
        .preferences,
      {
        bell: "all",
        time: "on",
        quiet: true,
        show: "room",
        align: false,
        numbers: false,
        ignore: ["bo"],
      },
    );
  },
});

Deno.test({
  name: "Preferences of a newer version are ignored and stay in the file",
  permissions: "none",
  fn() {
    const text = [
      "newer = 9223372036854775807",
      "when = 1979-05-27T07:32:00Z",
      "ratio = 1.5",
      'bell = "off"',
      "[colours]",
      'ana = "red"',
      "[[hubs]]",
      'host = "a"',
      "[__proto__]",
      "x = 1",
    ].join("\n");
    const read = parsePreferences(text, "/p.toml");
    assertEquals(read.problem, undefined);
    assertEquals(Object.keys(read.unknown), ["newer", "when", "ratio", "colours", "hubs", "__proto__"]);
    const changed: Preferences = { ...read.preferences, quiet: true };
    const again = parsePreferences(serializePreferences(changed, read.unknown), "/p.toml");
    assertEquals(again, { preferences: changed, unknown: read.unknown });
  },
});

Deno.test({
  name: "A file that is not TOML is reported with its line, and the defaults are used",
  permissions: "none",
  fn() {
    const read = parsePreferences('bell = "all"\ntime = = 3\n', "/p.toml");
    assertEquals(read, {
      preferences: DEFAULT_PREFERENCES,
      unknown: {},
      problem: "Cannot read /p.toml, line 2: it must be TOML: invalid value",
    });
    assertEquals(
      problemIn("bell = 1\nbell = 2"),
      "Cannot read /p.toml, line 2: it must be TOML: trying to redefine an already defined table or value",
    );
  },
});

Deno.test({
  name: "An invalid value is reported with its line and the allowed values, and only it gets its default",
  permissions: "none",
  fn() {
    const read = parsePreferences('quiet = true\n\nbell = "loud" # really\n', "/p.toml");
    assertEquals(read.preferences, { ...DEFAULT_PREFERENCES, quiet: true });
    assertEquals(
      read.problem,
      'Cannot read /p.toml, line 3: bell must be "off", "mention", "all" or "notify": it is "loud"',
    );
    for (
      const [text, problem] of [
        ["time = true", 'line 1: time must be "on", "off" or "relative": it is true'],
        ['quiet = "on"', 'line 1: quiet must be true or false: it is "on"'],
        ['ignore = "bo"', 'line 1: ignore must be an array of names: it is "bo"'],
        ["ignore = [1]", "line 1: ignore must be an array of names: it is something else"],
        ['ignore = [""]', "line 1: ignore must be an array of names: it is something else"],
        ["\n[bell]\nx = 1", 'line 2: bell must be "off", "mention", "all" or "notify": it is something else'],
        ["x = 1\n'bell' = 2", 'line 2: bell must be "off", "mention", "all" or "notify": it is 2'],
        [
          "bell = 1\ntime = 2\nquiet = 3",
          'line 1: bell must be "off", "mention", "all" or "notify": it is 1 (and 2 more)',
        ],
      ] as const
    ) assertEquals(problemIn(text), `Cannot read /p.toml, ${problem}`, text);
  },
});

Deno.test({
  name: "All preferences are parsed as they were formatted",
  permissions: "none",
  fn() {
    const preferences: fc.Arbitrary<Preferences> = fc.record({
      bell: fc.constantFrom("off", "mention", "all", "notify"),
      time: fc.constantFrom("on", "off", "relative"),
      quiet: fc.boolean(),
      show: fc.constantFrom("room", "all"),
      align: fc.boolean(),
      numbers: fc.boolean(),
      ignore: fc.array(fc.string({ minLength: 1, unit: "grapheme" })),
    });
    fc.assert(fc.property(preferences, (preferences) => {
      assertEquals(parsePreferences(serializePreferences(preferences), "/p.toml"), {
        preferences,
        unknown: {},
      });
    }));
  },
});
