/** The settings in deploy/ and docs/scaling.md: the program has them, and takes the values that stand there. */
import { CONFIG_VARIABLE, flagOf, SETTING_NAMES, variablesOf } from "../../server/settings/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { readText, readVariables, readYaml, type Yaml } from "../helpers/manifests.ts";
import { run } from "../helpers/program.ts";

/** The flags of `riftchat cluster` that are no settings of a hub. */
const COMMAND_FLAGS = new Set(["--continue", "--json", "--without-messages"]);
const FLAGS = new Set(SETTING_NAMES.map(flagOf));
const VARIABLES = new Set([CONFIG_VARIABLE, ...SETTING_NAMES.flatMap(variablesOf)]);

/** How the manifests start their hubs: a name, the arguments, and the variables. */
const HUBS: [name: string, args: string[], env: Record<string, string>][] = [];

const [compose]: Yaml[] = await readYaml("deploy/compose.yaml");
for (const [name, { command, environment = {} }] of Object.entries<Yaml>(compose.services)) {
  if (name.startsWith("hub-")) HUBS.push([`${name} of deploy/compose.yaml`, command, environment]);
}
const [hubs]: Yaml[] = await readYaml("deploy/kubernetes/hubs.yaml");
const variables = await readVariables("deploy/kubernetes/hub.env");
HUBS.push(["deploy/kubernetes", hubs.spec.template.spec.containers[0].args, variables]);

for (const [name, args, env] of HUBS) {
  Deno.test(`The program accepts the settings of ${name}`, async () => {
    const unknown = Object.keys(env).filter((variable) => !VARIABLES.has(variable));
    assertEquals(unknown, []);
    const environment = { RIFTCHAT_HISTORY: "", ...env };
    const { stdout, stderr, status } = await run([...args, "--print-config"], { env: environment });
    assertEquals(status, 0, stderr);
    // Each value is in force, and none came from the defaults.
    const values = [
      ...args.flatMap((flag) => /^--[\w-]+=(.*)$/.exec(flag)?.[1] ?? []),
      ...Object.values(env),
    ];
    assert(values.length >= 3);
    for (const value of values) assertStringIncludes(stdout, value);
  });
}

for (const path of ["docs/scaling.md", "contrib/riftchat.service"]) {
  Deno.test(`The program has each setting that ${path} names`, async () => {
    const text = await readText(path);
    const flags = [...text.matchAll(/(?<=`|riftchat serve )--[a-z-]+/g)].map(([flag]) => flag);
    for (const flag of flags) assert(FLAGS.has(flag) || COMMAND_FLAGS.has(flag), flag);
    const names = [...text.matchAll(/(?<!\$)\bRIFTCHAT_[A-Z_]+\b/g)].map(([name]) => name);
    for (const name of names) assert(VARIABLES.has(name), name);
    assert(flags.length + names.length > 1);
  });
}
