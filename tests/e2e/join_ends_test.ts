/** How the client as a process begins and ends: addresses, refusals, lost hubs, signals and exit statuses. */
import { encodeFrame } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram, Program, programCommand, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

/** Starts a client and waits until it has joined. */
async function join(hub: HubProgram, name: string): Promise<ClientProgram> {
  const client = new ClientProgram(hub.port, ["-n", name]);
  await client.waitForArrival(name);
  return client;
}

/** Why tests with IPv6 cannot run here; `undefined` if they can. */
const NO_IPV6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return undefined;
  } catch {
    return "this machine has no address ::1";
  }
})();

Deno.test("A name that is taken gets a suffix; with --exact-name the status is 4", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  await using second = new ClientProgram(hub.port, ["-n", "Ana"]);
  await second.waitForArrival("Ana-2");
  await using third = new ClientProgram(hub.port, ["-n", "Ana"]);
  assertEquals(await third.typeAndFinish("hello\n"), 0);
  await ana.waitForShown("00:00 Ana-3  hello");
  assertEquals(third.stderr, "riftchat: the name Ana is taken: your name is Ana-3\n");
  await using other = new ClientProgram(hub.port, ["-n", "Ana", "--exact-name"]);
  assertEquals(await other.typeAndFinish("never said\n"), 4);
  assertEquals(
    other.stderr,
    `riftchat: cannot join 127.0.0.1:${hub.port}: cannot use the name Ana: ana is online already\n` +
      "riftchat: line 1 was not sent\n",
  );
  assertEquals(other.stdoutText, "");
  assertEquals(await ana.typeAndFinish(), 0);
  assert(!ana.stdoutText.includes("never said"));
});

Deno.test("If the hub is full the status is 4 without --retry, and the reason is reported", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1"]);
  await using ana = await join(hub, "ana");
  await using other = new ClientProgram(hub.port, ["-n", "bo"]);
  assertEquals(await other.typeAndFinish("never said\n"), 4);
  assertMatch(
    other.stderr,
    /^riftchat: cannot join [^\n]+: the hub is full: it accepts at most 1 connections?; try again later\n[^\n]+\n$/,
  );
  assertEquals(await ana.typeAndFinish(), 0);
});

Deno.test("A hub that is full or not there yet is waited for, and then everything is sent", async () => {
  // A full hub asks clients to wait for 30 s, this one for less.
  const port = keptPort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  await using waiting = new ClientProgram(port, ["-n", "bo", "--retry", "1m"]);
  {
    using guest = await listener.accept();
    const message = { timestamp: 0, username: "server", message: "the hub is full: try again later" };
    await guest.write(
      encodeFrame(JSON.stringify({ code: 200, message, error: "server_full", retry_after_ms: 100 })),
    );
    await waiting.waitForLog(/the hub is full: [^\n]+; trying again for up to 60 s\n/);
  }
  listener.close();
  await waiting.type("deployed\n");
  await using again = await HubProgram.start(["--port", String(port)]);
  assertEquals(await waiting.typeAndFinish("done\n"), 0);
  assertEquals(waiting.shownAfterJoin("bo"), ["00:00 bo  deployed", "      │ done"]);
  assertMatch(waiting.stderr, /\nriftchat: connected\n$/);
  assertEquals(again.port, port);
});

Deno.test({
  ...needs("A build that writes to a client never fails, whatever keeps the client from sending", NO_POSIX),
  fn: async () => {
    const dead = `127.0.0.1:${keptPort()}`;
    for (
      const [args, expected, reason] of [
        [[dead, "--retry", "0"], 3, /connection refused/],
        [["host:99999"], 2, /the port must be/],
        [[dead, "--password-file", "/no/such/file"], 2, /password/],
      ] as const
    ) {
      const script = '{ seq 200000; echo "writer: $?" >&2; } | "$@"; echo "client: $?" >&2';
      const { stderr } = await new Deno.Command("sh", {
        args: ["-c", script, "sh", ...programCommand("join"), "join", "--no-config", ...args],
      }).output();
      const text = new TextDecoder().decode(stderr);
      assertMatch(text, reason);
      assertStringIncludes(text, "writer: 0\n");
      assertStringIncludes(text, `client: ${expected}\n`);
    }
  },
});

Deno.test("If nobody listens the status is 3", async () => {
  const port = keptPort();
  assertEquals(await run(["join", `127.0.0.1:${port}`, "--retry", "0"]), {
    stdout: "",
    stderr:
      `riftchat: cannot reach 127.0.0.1:${port}: connection refused; is a hub running there? (riftchat serve)\n`,
    status: 3,
  });
});

Deno.test("If there is no such host the status is 3", async () => {
  // A label of more than 63 letters is invalid, so no name server is asked.
  const host = `${"no-such-host".repeat(6)}.invalid`;
  const { stdout, stderr, status } = await run(["join", host, "--retry", "0"]);
  assertEquals([stdout, status], ["", 3]);
  assertEquals(stderr, `riftchat: cannot reach ${host}:8000: no such host\n`);
});

Deno.test("If the hub shuts down the status is 5, and the reason is reported", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  assertEquals(await hub.stop(), 0);
  assertEquals((await ana.finishAfterFailure()).status, 5);
  assertEquals(ana.shownAfterJoin("ana"), ["* the hub is going down"]);
  assertEquals(ana.stderr, `riftchat: connection to 127.0.0.1:${hub.port} lost: the hub shut down\n`);
});

Deno.test("If the hub is killed the status is 5", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  hub.kill("SIGKILL");
  assertEquals((await ana.finishAfterFailure()).status, 5);
  assertMatch(ana.stderr, /^riftchat: connection to 127\.0\.0\.1:\d+ lost: [^\n]+\n$/);
});

Deno.test("If the hub is killed, the client reports which lines were not acknowledged or not sent", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  const lines = Array.from({ length: 500_000 }, (_, i) => `line ${i + 1}`);
  const status = ana.typeAndFinish(lines.join("\n"));
  await ana.lineWhere((line) => line.endsWith("line 1000"));
  hub.kill("SIGKILL");
  assertEquals(await status, 5);
  const [, unanswered, unsent, unsentFrom] = ana.stderr.match(
    new RegExp(
      "^riftchat: connection to [^;]+ lost: [^;]+; (\\d+) lines? (?:was|were) not acknowledged\\n" +
        "riftchat: (\\d+) lines were not sent, from line (\\d+) on\\n$",
    ),
  ) ?? [];
  assert(Number(unanswered) > 0, ana.stderr);
  assertEquals(Number(unsent) + Number(unsentFrom), lines.length + 1);
  const shown = ana.shownAfterJoin("ana").map((line) => line.replace(/^(00:00 ana {2}| {6}│ )/, ""));
  assert(shown.length < Number(unsentFrom), `${shown.length} lines were shown, but ${ana.stderr}`);
  assertEquals(shown, lines.slice(0, shown.length));
});

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test({
    ...needs(`${signal} ends the client with status ${expected}, and its leaving is announced`, NO_POSIX),
    fn: async () => {
      await using hub = await HubProgram.start();
      await using old = await OriginalClient.connect(hub.port);
      await using ana = await join(hub, "ana");
      ana.kill(signal);
      const { stderr, status } = await ana.finish();
      assertEquals([stderr, status], ["", expected]);
      await old.until(({ code, username }) => code === 204 && username === "ana");
    },
  });
}

Deno.test("If the reader of stdout leaves, such as head, the input is still sent to its end", async () => {
  await using hub = await HubProgram.start();
  await using ana = await join(hub, "ana");
  await using head = await join(hub, "head");
  await head.closeOutput();
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i + 1}`);
  assertEquals(await head.typeAndFinish(lines.join("\n")), 0);
  assertEquals(head.stderr, "");
  await ana.waitForShown("* head left");
  assertEquals(
    ana.shown.filter((line) => line.includes("line ")).map((line) => line.replace(/^.*line /, "line ")),
    lines,
  );
});

Deno.test("Without input the client leaves at once, with status 0", async () => {
  await using hub = await HubProgram.start();
  const { stdout, stderr, status } = await run(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
  assertEquals([stderr, status], ["", 0]);
  assertMatch(stdout, /^\* your name is ana$/m);
  assertMatch(stdout, /^\* (ana joined|\S+ is now ana)$/m);
});

Deno.test("The client accepts every form of an address", async () => {
  await using hub = await HubProgram.start();
  const { port } = hub;
  const forms: [address: string[], env: Record<string, string>][] = [
    [[`127.0.0.1:${port}`], {}],
    [[`localhost:${port}`], {}],
    [[`rift://127.0.0.1:${port}`], {}],
    [[`RIFT://localhost:${port}/`], {}],
    [[], { HOST: "127.0.0.1", PORT: String(port) }],
    [[], { PORT: String(port) }],
    [[`127.0.0.1:${port}`], { HOST: "no-such-host.invalid", PORT: "1" }],
  ];
  await Promise.all(forms.map(async ([address, env], i) => {
    const { stdout, stderr, status } = await run(["join", ...address, "-n", `user${i}`], { env });
    assertEquals([stderr, status], ["", 0], `${address} ${JSON.stringify(env)}`);
    assertStringIncludes(stdout, `* your name is user${i}\n`);
  }));
});

Deno.test({
  ...needs("The client connects over IPv6", NO_IPV6),
  fn: async () => {
    await using hub = new Program(["serve", "--host", "::1", "--port", "0", "--json"]);
    const { listening: { port } } = JSON.parse(await hub.line() ?? "");
    for (const address of [`[::1]:${port}`, `rift://[::1]:${port}`]) {
      const { stderr, status } = await run(["join", address]);
      assertEquals([stderr, status], ["", 0]);
    }
    const { stderr, status } = await run(["join"], { env: { HOST: "::1", PORT: String(port) } });
    assertEquals([stderr, status], ["", 0]);
  },
});

for (
  const [args, env, wanted] of [
    [["a", "b"], {}, /too many arguments/],
    [["--nmae", "ana"], {}, /unknown option '--nmae'.*\(Did you mean --name\?\)/s],
    [["-n"], {}, /argument missing/],
    [["-n", "a b"], {}, /^riftchat: cannot use that name: .* it has a space\n$/],
    [["-n", "server"], {}, /^riftchat: cannot use the name server: it is reserved for the hub\n$/],
    [
      ["host:0"],
      {},
      /^riftchat: cannot join "host:0": the port must be a number from 1 to 65535: it is "0"\n$/,
    ],
    [["host:8000/room"], {}, /the address of a hub has no path\n$/],
    [
      ["http://host"],
      {},
      /^riftchat: cannot join "http:\/\/host": the scheme must be rift:\/\/ or rifts:\/\/: it is http:\/\/\n$/,
    ],
    [["ana@host"], {}, /use --name for your name\n$/],
    [[""], {}, /^riftchat: cannot join "": .*: the host is empty\n$/],
    [[], { PORT: "http" }, /^riftchat: cannot join "PORT=http": the port must be .*\n$/],
    [[], { HOST: "a b" }, /^riftchat: cannot join "HOST=a b": the host must be .*\n$/],
  ] as [string[], Record<string, string>, RegExp][]
) {
  const shown = [...Object.entries(env).map((pair) => pair.join("=")), "join", ...args].join(" ");
  Deno.test(`${shown} is a usage error: one message on stderr, and status 2`, async () => {
    const { stdout, stderr, status } = await run(["join", ...args], { env });
    assertEquals([stdout, status], ["", 2]);
    assertMatch(stderr, wanted);
  });
}

Deno.test("join --help prints to stdout with status 0", async () => {
  const { stdout, stderr, status } = await run(["join", "--help"]);
  assertEquals([stderr, status], ["", 0]);
  for (
    const part of [
      "Usage: riftchat join",
      "-n, --name <name>",
      "--json",
      "--retry <time>",
      "--commands",
      "Examples:",
      "Exit status:",
    ]
  ) {
    assertStringIncludes(stdout, part);
  }
});
