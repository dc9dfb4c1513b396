import { assertEquals } from "../../helpers/assert.ts";
import { DEFAULT_INSTANCE, isInstanceName } from "../../../server/settings/instance_name.ts";

Deno.test({
  name:
    "The name of an instance cannot leave its folder, be a hidden file, look like a flag, or differ only in case",
  permissions: "none",
  fn() {
    for (const name of [DEFAULT_INSTANCE, "a", "0", "team_2-b", "x".repeat(32)]) {
      assertEquals(isInstanceName(name), true, name);
    }
    for (const name of ["", ".", "..", "a/b", ".a", "-a", "_a", "A", "é", "a b", "a\n", "x".repeat(33)]) {
      assertEquals(isInstanceName(name), false, name);
    }
  },
});
