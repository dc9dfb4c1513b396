/** The table of settings, and the documents and tasks that depend on it. */
import {
  CONFIG_VARIABLE,
  flagOf,
  keyOf,
  SETTING_NAMES,
  settingOf,
  variablesOf,
} from "../../../server/settings/settings.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

Deno.test("docs/hosting.md lists exactly the settings, each with its flag, variables, key and default", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/hosting.md", import.meta.url));
  const rows = [
    ...text.matchAll(/^\| `(--[a-z-]+)`(?:, `-(\w)`)? +\| (.+?) +\| `(\w+)` +\| (?:`(.*?)`)? +\|/gm),
  ];
  assertEquals(
    rows.map(([, flag, shortFlag, variables, key, value]) => [flag, shortFlag, variables, key, value ?? ""]),
    SETTING_NAMES.map((name) => [
      flagOf(name),
      settingOf(name).shortFlag,
      variablesOf(name).map((variable) => `\`${variable}\``).join(", "),
      keyOf(name),
      String(settingOf(name).default),
    ]),
  );
});

Deno.test("The tasks that run a hub may read the variables of all settings", async () => {
  const { permissions, tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  const allowed: string[] = permissions.serve.env;
  const needed = [...SETTING_NAMES.flatMap(variablesOf), CONFIG_VARIABLE];
  const isAllowed = (variable: string) =>
    allowed.some((name) => name.endsWith("*") ? variable.startsWith(name.slice(0, -1)) : name === variable);
  assertEquals(needed.filter((variable) => !isAllowed(variable)), []);
  for (const task of ["serve", "daemon"]) {
    assertEquals(tasks[task].command.match(/--permission-set=(\S+)/)?.[1], "serve", task);
  }
  assertEquals(
    [permissions.serve.run, permissions.join.run],
    [undefined, undefined],
    "only daemon starts programs",
  );
  assert(tasks.daemon.command.includes(" --allow-run "));
});

Deno.test({
  name: "The other hubs of a chat are addresses with a scheme, at most as many as a welcome names",
  permissions: "none",
  fn() {
    const { fromText, expected } = settingOf("peers").kind;
    const valid = [
      "",
      "rifts://b.example.org:8000",
      "rift://b, https://[2001:db8::1]:8443/,http://c:8080",
      Array(32).fill("rift://b").join(","),
    ];
    for (const text of valid) assertEquals(fromText(text), text, text);
    const invalid = [
      "b.example.org:8000",
      "ssh://b",
      "rifts://",
      "rifts://rifts://b",
      "rifts://b,",
      "rifts://b:0",
      "https://b/page",
      "https://ana@b",
      Array(33).fill("rift://b").join(","),
      `rift://${"b".repeat(300)}`,
    ];
    for (const text of invalid) assertEquals(fromText(text), undefined, text);
    assertStringIncludes(expected, "at most 32 addresses such as rifts://b.example.org:8000");
  },
});

Deno.test({
  name: "The servers of a cluster are addresses of NATS, each with or without a scheme, login and port",
  permissions: "none",
  fn() {
    const { fromText } = settingOf("cluster").kind;
    const valid = [
      "",
      "nats://10.0.0.1:4222",
      "tls://hub:secret@nats.example.org, nats-2:4222",
      "nats://[2001:db8::1]:4222",
      "nats://hub:50%25off@a",
      "hub:p%40ss@nats-1",
    ];
    for (const text of valid) assertEquals(fromText(text), text, text);
    const invalid = [
      "nats://",
      "http://a",
      "a b",
      "nats://a:x",
      "a:99999",
      "nats://a,",
      "nats://a/b",
      "nats://hub:50%off@a",
      "nats://[2001",
    ];
    for (const text of invalid) assertEquals(fromText(text), undefined, text);
  },
});
