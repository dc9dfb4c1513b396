/** The table of settings and what people read of it. */
import {
  CONFIG_VARIABLE,
  flagOf,
  keyOf,
  SETTING_NAMES,
  settingOf,
  variablesOf,
} from "../../../server/settings/settings.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("Every setting stands in docs/hosting.md with its flag, variables, key and default, and no other does", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/hosting.md", import.meta.url));
  const rows = [
    ...text.matchAll(/^\| `(--[a-z-]+)`(?:, `-(\w)`)? +\| (.+?) +\| `(\w+)` +\| (?:`(.*?)`)? +\|/gm),
  ];
  assertEquals(
    rows.map(([, flag, letter, variables, key, value]) => [flag, letter, variables, key, value ?? ""]),
    SETTING_NAMES.map((name) => [
      flagOf(name),
      settingOf(name).letter,
      variablesOf(name).map((variable) => `\`${variable}\``).join(", "),
      keyOf(name),
      String(settingOf(name).default),
    ]),
  );
});

Deno.test("Every variable of a setting is in the permission set of the tasks that host a hub", async () => {
  const { permissions, tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  const allowed: string[] = permissions.serve.env;
  const wanted = [...SETTING_NAMES.flatMap(variablesOf), CONFIG_VARIABLE];
  const isAllowed = (variable: string) =>
    allowed.some((name) => name.endsWith("*") ? variable.startsWith(name.slice(0, -1)) : name === variable);
  assertEquals(wanted.filter((variable) => !isAllowed(variable)), []);
  for (const task of ["serve", "daemon"]) {
    assertEquals(tasks[task].command.match(/--permission-set=(\S+)/)?.[1], "serve", task);
  }
});
