/**
 * Hubs in the background: `serve --daemon` start, stop and status.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { connectClient, daemonTest, fileNames, lives, shell } from "../helpers/hubs/daemon_test_tools.ts";
import type { Outcome } from "../helpers/hubs/daemon.ts";
import { programCommand, run } from "../helpers/program.ts";
import { NO_LINUX } from "../helpers/needs.ts";

daemonTest("start returns when the hub listens, and prints address, pid and log file", async (daemons) => {
  const { stdout, stderr, status } = await daemons.do(["--host", "127.0.0.1", "--port", "0"]);
  assertEquals([stderr, status], ["", 0]);
  const [, port, pid, log] = stdout.match(/^listening on 127\.0\.0\.1:(\d+), pid (\d+), log (.+)\n$/) ?? [];
  assertEquals(log, `${daemons.folder}/state/riftchat/default.log`);
  await using _ana = await connectClient(Number(port));
  assertMatch(
    await Deno.readTextFile(log!),
    /info riftchat \S+ listens on 127\.0\.0\.1:\d+\n.* info c1 connected/,
  );
  assert(lives(Number(pid)));
});

daemonTest(
  "start leaves a process in its own session, without a terminal, in the folder /",
  async (daemons) => {
    const { pid } = await daemons.start();
    const [cwd, stdin, ids] = (await shell(
      'readlink /proc/"$0"/cwd /proc/"$0"/fd/0; cut -d " " -f 1,6,7 /proc/"$0"/stat',
      String(pid),
    )).split("\n");
    assertEquals([cwd, stdin, ids], ["/", "/dev/null", `${pid} ${pid} 0`]);
  },
  NO_LINUX,
);

daemonTest("A hub inherits no open files from the program that started it", async (daemons) => {
  const child = new Deno.Command("sh", {
    args: [
      ...["-c", 'exec 3>&1 9>&1; "$@" >/dev/null', "sh", ...programCommand("serve", true)],
      ...["serve", "--daemon", "--host", "127.0.0.1", "--port", "0"],
    ],
    env: daemons.env,
    stdout: "piped",
  }).spawn();
  const ended = child.stdout.pipeTo(new WritableStream()).then(() => "ended");
  assertEquals((await child.status).code, 0);
  assertEquals((await daemons.do(["status"])).status, 0);
  const limit = Promise.withResolvers<string>();
  const timer = setTimeout(() => limit.resolve("held open by the hub"), 5000);
  assertEquals(await Promise.race([ended, limit.promise]), "ended");
  clearTimeout(timer);
});

for (
  const [action, fact] of [
    ["start", /the hub is running: listening on 127\.0\.0\.1:\d+, pid \d+, log .*/],
    ["restart", /the hub is running: listening on 127\.0\.0\.1:\d+, pid \d+, log .*/],
    ["status", /instance default is running/],
    ["stop", /stopped; was pid \d+/],
    ["stop", /instance default is not running/],
    ["status", /instance default is not running/],
  ] as [string, RegExp][]
) {
  daemonTest(
    `${action} reports a stdout that cannot be written to, and "${fact.source}"`,
    async (daemons) => {
      if (action !== "start" && !fact.source.includes("not running")) await daemons.start();
      const words = [action, ...action === "start" ? ["--host", "127.0.0.1", "--port", "0"] : []];
      const { code, stderr } = await new Deno.Command("sh", {
        args: [
          ...["-c", '"$@" >/dev/full', "sh", ...programCommand("serve", true)],
          ...["serve", "--daemon", ...words],
        ],
        env: daemons.env,
      }).output();
      await daemons.do(["status"]);
      assertMatch(
        new TextDecoder().decode(stderr),
        new RegExp(`^riftchat: cannot write to stdout: [^\\n;]+; ${fact.source}\\n$`),
      );
      assertEquals(code, 1);
    },
    NO_LINUX,
  );
}

daemonTest("start denies other users access to the folders and files of the hub", async (daemons) => {
  // A folder that another program created, readable for others.
  await Deno.mkdir(`${daemons.folder}/run/riftchat`, { recursive: true, mode: 0o755 });
  await daemons.start();
  for (const folder of ["run/riftchat", "state/riftchat"]) {
    const path = `${daemons.folder}/${folder}`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o700, path);
    for await (const { name } of Deno.readDir(path)) {
      assertEquals((await Deno.stat(`${path}/${name}`)).mode! & 0o777, 0o600, name);
    }
  }
  assertEquals(await fileNames(daemons), [
    ...["default.pid", "default.sock"],
    ...["default.lock", "default.log", "default.start", "default.stderr", "default.turn"],
  ]);
});

daemonTest("start of a running instance reports its pid and address, and exits 1", async (daemons) => {
  const { pid, port } = await daemons.start();
  assertEquals(await daemons.do(["start", "--port", "0"]), {
    stdout: "",
    stderr:
      `riftchat: cannot start instance default: it is already running: pid ${pid}, listening on 127.0.0.1:${port}\n`,
    status: 1,
  });
});

daemonTest("Of 20 starts at once one succeeds, and the others report its pid", async (daemons) => {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => daemons.do(["start", "--host", "127.0.0.1", "--port", "0"])),
  );
  const [winner, ...rest] = outcomes.sort((a, b) => a.status - b.status) as [Outcome, ...Outcome[]];
  const [, address, pid] = winner.stdout.match(/^listening on (\S+), pid (\d+)/) ?? [];
  assertEquals([winner.status, winner.stderr], [0, ""]);
  for (const { stdout, stderr, status } of rest) {
    assertEquals([stdout, status], ["", 1]);
    assertStringIncludes(stderr, `it is already running: pid ${pid}, listening on ${address}\n`);
  }
});

daemonTest(
  "stop sends 205 to all clients, and exits 0 when the hub has ended and its files are removed",
  async (daemons) => {
    const { pid, port } = await daemons.start();
    await using ana = await connectClient(port);
    await using bo = await connectClient(port);
    const outcome = await daemons.do(["stop"]);
    assertEquals(outcome, { stdout: `stopped; was pid ${pid}\n`, stderr: "", status: 0 });
    await ana.nextOf(205);
    await bo.nextOf(205);
    assertEquals([await ana.closed, await bo.closed], [undefined, undefined]);
    assertEquals(await fileNames(daemons), ["default.lock", "default.log", "default.stderr", "default.turn"]);
  },
);

daemonTest("stop and status report an instance that is not running, and exit 0 and 3", async (daemons) => {
  const notRunning = { stdout: "instance default is not running\n", stderr: "" };
  assertEquals(await daemons.do(["stop"]), { ...notRunning, status: 0 });
  assertEquals(await daemons.do(["status"]), { ...notRunning, status: 3 });
  assertEquals(await Array.fromAsync(Deno.readDir(daemons.folder)), [], "queries create no files");
  const answer = await daemons.do(["status", "--json"]);
  assertEquals([JSON.parse(answer.stdout), answer.status], [{ instance: "default", running: false }, 3]);
  const stopped = await daemons.do(["stop", "--json"]);
  assertEquals([JSON.parse(stopped.stdout), stopped.status], [{ instance: "default", stopped: false }, 0]);
});

daemonTest("status prints pid, address, start time and number of connections", async (daemons) => {
  const before = Date.now();
  const { pid, port, log } = await daemons.start();
  await using _ana = await connectClient(port);
  await using _bo = await connectClient(port);
  const { stdout, stderr, status } = await daemons.do(["status"]);
  assertEquals([stderr, status], ["", 0]);
  for (
    const row of [
      `pid          ${pid}`,
      `address      127.0.0.1:${port}`,
      "connections  2",
      `log          ${log}`,
    ]
  ) assertStringIncludes(stdout, `\n  ${row}\n`);
  const { since, version, ...report } = JSON.parse((await daemons.do(["status", "--json"])).stdout);
  assertEquals(report, {
    instance: "default",
    running: true,
    pid,
    listening: { host: "127.0.0.1", port },
    connections: 2,
    log,
  });
  assert(Date.parse(since) >= before && Date.parse(since) <= Date.now(), since);
  assertMatch(version, /^\d+\.\d+\.\d+/);
});

daemonTest(
  "start on a port in use prints the end of the log, exits 1, and leaves no process",
  async (daemons) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const { stdout, stderr, status } = await daemons.do([
      "start",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
    ]);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(stderr, /^riftchat: cannot start instance default: it ended with status 1; its last output /);
    assertStringIncludes(stderr, `cannot listen on 127.0.0.1:${port}: the port is in use`);
    assertEquals((await daemons.do(["status"])).status, 3);
    assertEquals((await daemons.start()).pid > 0, true);
  },
);

daemonTest(
  "start of a hub that never listens prints the end of its log, which says what it waits for",
  async (daemons) => {
    // A port that nothing else uses, by which the process is found.
    const nats = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `nats://127.0.0.1:${(nats.addr as Deno.NetAddr).port}`;
    nats.close();
    const flags = ["--host", "127.0.0.1", "--port", "0", "--history", "on", "--cluster", address];
    const starting = daemons.do(["start", ...flags]);
    const log = daemons.state("default.log");
    const isWaiting = async () => {
      while (!(await Deno.readTextFile(log).catch(() => "")).includes("waiting for NATS")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await withDeadline(isWaiting(), () => `waiting for ${log}`);
    const isHub = "index($0, address) && /--instance=/ && !/awk/ { print $1 }";
    const pid = await shell(`ps -eo pid,args | awk -v address="$0" '${isHub}'`, address);
    Deno.kill(Number(pid), "SIGKILL");
    const { stderr, status } = await starting;
    assertEquals(status, 1);
    assertStringIncludes(stderr, `SIGKILL ended it; its last output (${log}):\n`);
    assertMatch(stderr, /waiting for NATS: no NATS server answers at \S+: connection refused\n/);
  },
  NO_LINUX,
);

daemonTest("Instances are independent of each other", async (daemons) => {
  const [one, two] = [await daemons.start("--instance", "one"), await daemons.start("--instance", "two")];
  assertEquals(two.log, `${daemons.folder}/state/riftchat/two.log`);
  assertEquals((await daemons.do(["stop", "--instance", "one"])).stdout, `stopped; was pid ${one.pid}\n`);
  assertEquals((await daemons.do(["status", "--instance", "one"])).status, 3);
  assertEquals((await daemons.do(["status", "--instance", "two"])).status, 0);
  await using _ana = await connectClient(two.port);
});

for (
  const [args, expected] of [
    [["--daemon", "bounce"], /--daemon.*bounce.*start, stop, restart, status/],
    [["--daemon", "--instance", "../x"], /--instance.*1 to 32 of a-z, 0-9, - and _.*"\.\.\/x"/],
    [["--instance", "one"], /cannot use --instance without --daemon/],
    [["--daemon", "start", "--port", "http"], /--port: it must be a whole number.*"http"/],
  ] as [string[], RegExp][]
) {
  daemonTest(`serve ${args.join(" ")} is a usage error`, async ({ env }) => {
    const { stdout, stderr, status } = await run(["serve", ...args], { env });
    assertEquals([stdout, status], ["", 2]);
    assertMatch(stderr, expected);
  });
}
