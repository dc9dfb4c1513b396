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

Deno.test("Every setting stands in the README with its flag", async () => {
  const text = await Deno.readTextFile(new URL("../../../README.md", import.meta.url));
  const flags = text.split("## `riftchat serve`")[1]!.split("\n## ")[0]!.matchAll(
    /^\|.*?`(--[a-z-]+) [A-Z:/]+`/gm,
  );
  const known = new Set([...flags].map(([, flag]) => flag));
  assertEquals(SETTING_NAMES.map(flagOf).filter((flag) => !known.has(flag)), []);
});

Deno.test("Every variable may be read by `deno task serve` and `daemon`, and so by what `deno task compile` builds", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)));
  for (const task of ["serve", "daemon"]) {
    const allowed = tasks[task].command.match(/--allow-env=(\S+)/)?.[1]?.split(",");
    const wanted = [...SETTING_NAMES.flatMap(variablesOf), CONFIG_VARIABLE];
    assertEquals(wanted.filter((variable) => !allowed.includes(variable)), [], task);
  }
});
