/** The name of a user who gives none. */
import { defaultName } from "../../../client/identity/default_name.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("The default name is that of the account, if a hub accepts it", () => {
  const cases: [Record<string, string>, string | undefined][] = [
    [{ USER: "ana", LOGNAME: "bo" }, "ana"],
    [{ USER: "", LOGNAME: "bo" }, "bo"],
    [{ USERNAME: "cy" }, "cy"],
    [{ USER: "a\u0301na" }, "\u00e1na"],
    [{ USER: "Ana Lopez" }, undefined],
    [{ USER: "x".repeat(33) }, undefined],
    [{ USER: "server" }, undefined],
    [{}, undefined],
  ];
  for (const [variables, name] of cases) assertEquals(defaultName((variable) => variables[variable]), name);
});
