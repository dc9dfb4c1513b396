import {
  DEFAULT_PREFERENCES,
  EXPECTED,
  isPreference,
  MEANINGS,
  PREFERENCE_NAMES,
  readPreference,
  wordOf,
  type WordPreferenceName,
} from "../../../client/config/preferences.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "Every preference has a default, and every word of it a meaning",
  permissions: "none",
  fn() {
    assertEquals(new Set(PREFERENCE_NAMES), new Set(Object.keys(DEFAULT_PREFERENCES)));
    for (const name of PREFERENCE_NAMES) {
      assert(EXPECTED[name] !== "" && isPreference(name));
      if (name === "ignore") continue;
      assert(wordOf(name, DEFAULT_PREFERENCES) in MEANINGS[name], name);
    }
    assert(!isPreference("toString"));
  },
});

Deno.test({
  name: "What a preference is set to by a word is what the word says",
  permissions: "none",
  fn() {
    for (
      const [name, meanings] of Object.entries(MEANINGS) as [WordPreferenceName, Record<string, string>][]
    ) {
      for (const word of Object.keys(meanings)) {
        const change = readPreference(name, word);
        assertEquals(wordOf(name, { ...DEFAULT_PREFERENCES, ...change }), word);
      }
      for (const word of ["", "nonsense", "true", "ON", "toString"]) {
        assertEquals(readPreference(name, word), undefined);
      }
    }
  },
});
