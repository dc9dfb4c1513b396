/** What a hub prints on a terminal after its first line. */
import { startSummary, type SummaryFacts } from "../../../server/serve/start_summary.ts";
import { assertEquals } from "../../helpers/assert.ts";

const DAY_MS = 86_400_000;

const facts: SummaryFacts = {
  host: "0.0.0.0",
  port: 8000,
  tlsPort: undefined,
  password: false,
  inviteOnly: false,
  history: { folder: "/data", retention: { ms: 30 * DAY_MS, bytes: 2 ** 30 } },
  operators: undefined,
  operatorsFile: "",
  hostname: "den",
  program: "riftchat",
};

Deno.test("The summary says who can read along and join", () => {
  const cases: [Partial<SummaryFacts>, string][] = [
    [
      {},
      "Not encrypted: others on the network can read along; --tls encrypts. " +
      "Everyone who reaches this port can join; --password-file FILE asks for a password.",
    ],
    [
      { password: true },
      "Not encrypted: others on the network can read along; --tls encrypts. Users need the password.",
    ],
    [
      { tlsPort: 8000 },
      "Encrypted. Everyone who reaches this port can join; --password-file FILE asks for a password.",
    ],
    [{ tlsPort: 8000, password: true }, "Encrypted. Users need the password."],
    [
      { tlsPort: 8000, inviteOnly: true },
      "Encrypted. Only owners of names and those with an invite can join: riftchat invite makes one.",
    ],
    [
      { tlsPort: 8000, inviteOnly: true, password: true },
      "Encrypted. Only owners of names, with the password, and those with an invite can join: " +
      "riftchat invite makes one.",
    ],
    [
      { tlsPort: 8443, password: true },
      "Port 8443 is encrypted, port 8000 is not: others on the network can read along there. Users need the password.",
    ],
    [{ host: "127.0.0.1" }, "Only programs on this machine can connect."],
    [{ host: "::1" }, "Only programs on this machine can connect."],
  ];
  for (const [change, line] of cases) assertEquals(startSummary({ ...facts, ...change })[0], line);
});

Deno.test("The summary says how many operators there are, if there can be any", () => {
  const lines = (operators: number | undefined, operatorsFile = "") =>
    startSummary({ ...facts, operators, operatorsFile }).slice(2, -1);
  assertEquals(lines(undefined), []);
  assertEquals(lines(0), ["Nobody can ban or mute users: --operators FILE names the keys of those who may."]);
  assertEquals(lines(0, "/ops"), ["Nobody can ban or mute users: there is no Ed25519 key in /ops."]);
  assertEquals(lines(1, "/ops"), ["1 operator can ban and mute users."]);
  assertEquals(lines(1), ["1 operator can ban and mute users."]);
  assertEquals(lines(2), ["2 operators can ban and mute users."]);
});

Deno.test("The summary says how long messages are stored, and where", () => {
  const stored = (ms: number, bytes: number) =>
    startSummary({ ...facts, history: { folder: "/data", retention: { ms, bytes } } })[1];
  assertEquals(
    stored(30 * DAY_MS, 2 ** 30),
    "Messages are stored for 30 days, up to 1 GiB, in /data (--keep, --no-history).",
  );
  assertEquals(stored(DAY_MS, Infinity), "Messages are stored for 1 day in /data (--keep, --no-history).");
  assertEquals(
    stored(DAY_MS / 2, Infinity),
    "Messages are stored for 12 hours in /data (--keep, --no-history).",
  );
  assertEquals(
    stored(Infinity, 500 * 2 ** 20),
    "Messages are stored, up to 500 MiB, in /data (--keep, --no-history).",
  );
  assertEquals(stored(Infinity, Infinity), "Messages are stored forever in /data (--keep, --no-history).");
  assertEquals(startSummary({ ...facts, history: undefined })[1], "Messages are not stored.");
});

Deno.test("The summary shows the exact command to join", () => {
  const cases: [Partial<SummaryFacts>, string][] = [
    [{}, "Join with: riftchat join localhost   From another machine: riftchat join den"],
    [
      { port: 9000, host: "::" },
      "Join with: riftchat join localhost:9000   From another machine: riftchat join den:9000",
    ],
    [{ host: "10.0.0.7" }, "Join with: riftchat join 10.0.0.7"],
    [{ host: "fd00::7" }, "Join with: riftchat join [fd00::7]"],
    [{ host: "127.0.0.1", port: 9000 }, "Join with: riftchat join 127.0.0.1:9000"],
    [
      { tlsPort: 8443, program: "deno task" },
      "Join with: deno task join rifts://localhost:8443   From another machine: deno task join rifts://den:8443",
    ],
  ];
  for (const [change, line] of cases) assertEquals(startSummary({ ...facts, ...change })[2], line);
});

Deno.test("The summary says where browsers find the page, if the hub serves it", () => {
  const page = "https://localhost:8000/";
  assertEquals(startSummary({ ...facts, page }).at(-1), `Or without the program, in a browser: ${page}`);
  assertEquals(startSummary(facts).filter((line) => line.includes("browser")), []);
});
