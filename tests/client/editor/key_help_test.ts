import { BINDINGS } from "../../../client/editor/key_bindings.ts";
import { KEY_HELP } from "../../../client/editor/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "The help describes every key once, together with the keys that do the same",
  permissions: "none",
  fn() {
    const chordsOf = (text: string) => text.split(" ");
    const described = KEY_HELP.flatMap(({ chords }) => chordsOf(chords));
    assertEquals(described.toSorted(), BINDINGS.flatMap(([chords]) => chordsOf(chords)).toSorted());
    for (const { chords, keys } of KEY_HELP) {
      if (keys === "Alt-1 to Alt-9") continue;
      assertEquals(BINDINGS.filter(([bound]) => bound === chords).length, 1, keys);
    }
  },
});
