import {
  DEFAULT_PREFERENCES,
  EXPECTED_VALUES,
  formatPreference,
  isPreference,
  parsePreference,
  PREFERENCE_NAMES,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "../../../client/config/preferences.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "Every preference has a default, and every value has a description",
  permissions: "none",
  fn() {
    assertEquals(new Set(PREFERENCE_NAMES), new Set(Object.keys(DEFAULT_PREFERENCES)));
    for (const name of PREFERENCE_NAMES) {
      assert(EXPECTED_VALUES[name] !== "" && isPreference(name));
      if (name === "ignore") continue;
      assert(formatPreference(name, DEFAULT_PREFERENCES) in VALUE_DESCRIPTIONS[name], name);
    }
    assert(!isPreference("toString"));
  },
});

Deno.test({
  name: "A preference that is set to a value has that value",
  permissions: "none",
  fn() {
    for (
      const [name, descriptions] of Object.entries(VALUE_DESCRIPTIONS) as [
        WordPreferenceName,
        Record<string, string>,
      ][]
    ) {
      for (const word of Object.keys(descriptions)) {
        const change = parsePreference(name, word);
        assertEquals(formatPreference(name, { ...DEFAULT_PREFERENCES, ...change }), word);
      }
      for (const word of ["", "nonsense", "true", "ON", "toString"]) {
        assertEquals(parsePreference(name, word), undefined);
      }
    }
  },
});
