import { failure, info } from "../../../client/text/note.ts";
import { textOf } from "../../../client/text/style.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "A note is one line, whatever its text, and an error has the error style",
  permissions: "none",
  fn() {
    assertEquals(textOf(info("connecting to a\x1b[1m\n- bo left")), "-- connecting to a␛[1m␊- bo left");
    assertEquals(failure("Cannot do it"), [{ text: "! Cannot do it", style: "error" }]);
  },
});
