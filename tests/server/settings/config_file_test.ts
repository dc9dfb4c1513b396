/** Parsing the config file, and the error messages with their lines. */
import { parseConfigFile } from "../../../server/settings/config_file.ts";
import { ConfigurationError } from "../../../server/settings/configuration_error.ts";
import { assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";

const PATH = "/etc/riftchat.toml";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("A config file gives a value for each setting in it, and none for the others", () => {
  const file = parseConfigFile('# a comment\nhost = "::1"\n\nmax_connections = 5\n', PATH);
  assertEquals([...file.values], [["host", "::1"], ["maxConnections", 5]]);
  assertEquals([...parseConfigFile("", PATH).values], []);
});

pure("The line of a key is found among comments, blank lines and other keys", () => {
  const text = [
    "# port = 1",
    '"host" = "\\u0031"',
    "",
    "  # max_connections",
    "  max_connections=7 # port = 2",
    "port = 9",
  ];
  for (const end of ["\n", "\r\n"]) {
    const { lineOf } = parseConfigFile(text.join(end), PATH);
    assertEquals([lineOf("host"), lineOf("max_connections"), lineOf("port")], [2, 5, 6]);
  }
});

pure(
  "The line of a key after a multi-line string is found, even if the string contains the key",
  () => {
    const error = assertThrows(() =>
      parseConfigFile('host = """\nport = 1\n# two\n\n"""\n\nport = -1', PATH)
    );
    assertMatch(String(error), /host of .*line 1: it must be an address/);
    const other = assertThrows(() => parseConfigFile('x = """\nport = 1\n"""\n', PATH));
    assertMatch(String(other), /line 1: .*"x"/);
  },
);

for (
  const [text, expected] of [
    [
      "port = 70000",
      /Cannot use port of .*riftchat\.toml, line 1: it must be a whole number from 0 to 65535: it is 70000/,
    ],
    ['\nport = "8000"', /port of .*, line 2: .* whole number .*: it is "8000"/],
    ["port = 1.5", /it is 1\.5/],
    ["port = 99999999999999999999", /it is 99999999999999999999/],
    ["port = [1]", /it is an array/],
    ["host = 1", /host of .*: it must be an address or a name of this machine: it is 1/],
    ['host = ""', /host of .*: it is ""/],
    ['host = "a\\nb"', /host of .*: it is "a\\nb"/],
    ["log_level = 'loud'", /log_level of .*: it must be one of trace, .*: it is "loud"/],
    ["log_format = 2026-01-01", /log_format of .*: it is a date/],
    [
      "\n\nprot = 1",
      /Cannot use .*, line 3: unknown key "prot"; did you mean "port"\?/,
    ],
    ["max-connections = 1", /unknown key "max-connections"; did you mean "max_connections"\?/],
    ["colour_of_the_wall = 1", /unknown key "colour_of_the_wall"$/],
    ["a = 1\n[port]\nx = 1", /line 1: .*"a"/],
    ["[port]\nx = 1", /port of .*line 1: .* it is a table/],
    ["port = ", /Cannot read .*riftchat\.toml, line 1, column \d+: it must be TOML: \S/],
    ["port = 1\nport = 2", /line 2, column 1: it must be TOML/],
  ] as [string, RegExp][]
) {
  pure(`A config file with ${JSON.stringify(text)} gives an error of one line`, () => {
    const error = assertThrows(() => parseConfigFile(text, PATH)) as Error;
    assertEquals([error instanceof ConfigurationError, error.message.includes("\n")], [true, false]);
    assertMatch(error.message, expected);
  });
}
