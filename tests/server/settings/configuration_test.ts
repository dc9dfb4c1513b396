/** Finding the settings in force, and printing them. */
import { parseConfigFile } from "../../../server/settings/config_file.ts";
import {
  type ConfigurationSources,
  printConfiguration,
  resolveConfiguration,
} from "../../../server/settings/configuration.ts";
import {
  flagOf,
  keyOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  variablesOf,
} from "../../../server/settings/settings.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "../../helpers/assert.ts";

const PATH = "/etc/riftchat/hub.toml";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Makes sources that hold only the given values. */
function sources(
  given: { flags?: ConfigurationSources["flags"]; env?: Record<string, string>; file?: string } = {},
): ConfigurationSources {
  return {
    flags: given.flags ?? {},
    env: (name) => given.env?.[name],
    file: given.file === undefined ? undefined : parseConfigFile(given.file, PATH),
    cwd: () => "/home/ana",
  };
}

/** A value that is not the default, as typed and as TOML. */
function otherValue(name: SettingName): [string, string] {
  const { kind, default: value } = settingOf(name);
  if (name === "logKeep") return ["7", "7"];
  if (name === "announceUpTo") return ["7", "7"];
  if (name === "tlsPort") return ["8443", "8443"];
  if (name === "peers") return ["rifts://b:8000", '"rifts://b:8000"'];
  if (name === "clusterName") return ["office", '"office"'];
  if (name === "keep") return ["7d", '"7d"'];
  if (name === "rateLimit") return ["10/2.5", '"10/2.5"'];
  if (typeof value === "number") return ["1007", "1007"];
  const text = kind.choices?.find((choice) => choice !== value) ??
    (kind.path ? "/x/y" : name === "metrics" || name === "web" ? "[::1]:9100" : "127.0.0.1");
  return [text, JSON.stringify(text)];
}

pure("Without other sources, every setting has its default, which is valid", () => {
  const { settings, origins } = resolveConfiguration(sources());
  for (const name of SETTING_NAMES) {
    const { kind, default: value } = settingOf(name);
    assertEquals([settings[name], origins[name]], [value, "the default"]);
    assertEquals(kind.fromToml(value), value);
  }
});

for (const name of SETTING_NAMES) {
  pure(`${name} comes from its flag, then its variable, then the file, then the default`, () => {
    const [typed, toml] = otherValue(name);
    const value = settingOf(name).kind.fromText(typed)!;
    const good = String(settingOf(name).default);
    const file = `\n${keyOf(name)} = ${toml}`;
    const env = { [variablesOf(name)[0]!]: typed };
    const fromFile = resolveConfiguration(sources({ file }));
    assertEquals([fromFile.settings[name], fromFile.origins[name]], [value, `${PATH}, line 2`]);
    const fromEnv = resolveConfiguration(sources({ env, file: `${keyOf(name)} = ${otherValue(name)[1]}` }));
    assertEquals([fromEnv.settings[name], fromEnv.origins[name]], [
      value,
      `${variablesOf(name)[0]} of the environment`,
    ]);
    const fromFlag = resolveConfiguration(sources({ flags: { [name]: good }, env, file }));
    assertEquals([fromFlag.settings[name], fromFlag.origins[name]], [settingOf(name).default, flagOf(name)]);
  });
}

pure("PORT is used if RIFTCHAT_PORT is not set or empty, and overrides the file", () => {
  const port = (env: Record<string, string>) =>
    resolveConfiguration(sources({ env, file: "port = 3" })).settings.port;
  assertEquals(port({ RIFTCHAT_PORT: "1", PORT: "2" }), 1);
  assertEquals(port({ RIFTCHAT_PORT: "", PORT: "2" }), 2);
  assertEquals(port({ RIFTCHAT_PORT: "", PORT: "" }), 3);
});

pure("The address of a service of Kubernetes is ignored with a warning, for every variable of a port", () => {
  const service = "tcp://10.96.0.1:8000";
  const env = { RIFTCHAT_PORT: service, RIFTCHAT_TLS_PORT: service, PORT: "81" };
  const { settings, warnings } = resolveConfiguration(sources({ env }));
  assertEquals([settings.port, settings.tlsPort], [81, ""]);
  assertEquals(warnings.length, 2);
  assertMatch(
    warnings[0]!,
    /^RIFTCHAT_PORT is ignored: it is tcp:\/\/10\.96\.0\.1:8000, which Kubernetes .* --port/,
  );
  assertMatch(warnings[1]!, /^RIFTCHAT_TLS_PORT is ignored: .* --tls-port/);
  assertEquals(resolveConfiguration(sources({ env: { PORT: "81" } })).warnings, []);
  assertThrows(() => resolveConfiguration(sources({ env: { RIFTCHAT_PORT: "tcp://10.96.0.1" } })));
});

pure(
  "A path is relative to the working directory, in the file to the folder of the file; an empty one means none",
  () => {
    const motd = (given: Parameters<typeof sources>[0]) =>
      resolveConfiguration(sources(given)).settings.motdFile;
    assertEquals(motd({ flags: { motdFile: "motd" } }), "/home/ana/motd");
    assertEquals(motd({ env: { RIFTCHAT_MOTD_FILE: "../motd" } }), "/home/motd");
    assertEquals(motd({ file: 'motd_file = "motd"' }), "/etc/riftchat/motd");
    assertEquals(motd({ file: 'motd_file = "/motd"' }), "/motd");
    assertEquals(motd({ flags: { motdFile: "" }, file: 'motd_file = "motd"' }), "");
  },
);

pure(
  "An invalid flag or variable is reported with the rule and its value; an overridden one is not checked",
  () => {
    const env = { RIFTCHAT_PORT: "http" };
    assertMatch(
      String(assertThrows(() => resolveConfiguration(sources({ env })))),
      /Cannot use RIFTCHAT_PORT of the environment: it must be a whole number from 0 to 65535: it is "http"$/,
    );
    assertMatch(
      String(assertThrows(() => resolveConfiguration(sources({ flags: { logLevel: "loud" } })))),
      /Cannot use --log-level: it must be one of trace, .*: it is "loud"$/,
    );
    assertEquals(resolveConfiguration(sources({ env, flags: { port: "1" } })).settings.port, 1);
  },
);

pure(
  "The printed configuration is a config file with the same settings, their descriptions and their sources",
  () => {
    const given = {
      flags: { host: "::1" },
      env: { RIFTCHAT_MAX_CONNECTIONS: "5" },
      file: 'log_level = "error"',
    };
    const configuration = resolveConfiguration(sources(given));
    const text = printConfiguration(configuration);
    assertEquals(resolveConfiguration(sources({ file: text })).settings, configuration.settings);
    for (const name of SETTING_NAMES) assertStringIncludes(text, `# ${settingOf(name).description}`);
    assertMatch(text, /^# from --host\nhost = "::1"$/m);
    assertMatch(text, /^# from RIFTCHAT_MAX_CONNECTIONS of the environment\nmax_connections = 5$/m);
    assertMatch(text, /^# from \/etc\/riftchat\/hub\.toml, line 1\nlog_level = "error"$/m);
    assertMatch(text, /^# from the default\nport = 8000$/m);
  },
);

pure("The printed configuration is valid whatever characters the path of the config file has", () => {
  const file = parseConfigFile("port = 1", "/a\nport = 2\r\n/b");
  const text = printConfiguration(resolveConfiguration({ ...sources(), file }));
  assertEquals(resolveConfiguration(sources({ file: text })).settings.port, 1);
});

pure("No two settings share a flag, a variable or a key", () => {
  for (const spell of [flagOf, keyOf, (name: SettingName) => variablesOf(name).join()]) {
    assertEquals(new Set(SETTING_NAMES.map(spell)).size, SETTING_NAMES.length);
  }
  assert(SETTING_NAMES.every((name) => /^--[a-z]+(-[a-z]+)*$/.test(flagOf(name))));
});

pure("The error about an invalid address hides the password in it", () => {
  for (
    const [value, shown] of [
      ["nats://hub:s@cret@10.0.0.1:99999", "nats://hub:***@10.0.0.1:99999"],
      ["nats://10.0.0.1:4222,nats://hub:secret@10.0.0.2:99999", "nats://10.0.0.1:***@10.0.0.2:99999"],
      ["hub:secret@a/b", "hub:***@a/b"],
      ["nats://a:99999", "nats://a:99999"],
    ]
  ) {
    const error = assertThrows(() => resolveConfiguration(sources({ env: { RIFTCHAT_CLUSTER: value! } })));
    assertStringIncludes((error as Error).message, `: it is "${shown}"`);
    assert(!(error as Error).message.includes("cret"));
  }
});
