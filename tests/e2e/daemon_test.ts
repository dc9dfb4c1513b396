/**
 * Hubs in the background: `riftchat serve --daemon`, as an operator uses it.
 *
 * The file is long because it tests every way to start and stop such a hub, with the same helpers.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { Daemons, type Outcome } from "../helpers/hubs/daemon.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { programCommand, run } from "../helpers/program.ts";
import { needs, NO_LINUX, NO_POSIX, NO_PTY } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";

function test(name: string, fn: (daemons: Daemons) => Promise<void>, missing?: string): void {
  Deno.test({
    ...needs(name, NO_POSIX ?? missing),
    async fn() {
      await using daemons = new Daemons();
      await fn(daemons);
    },
  });
}

/** Connects a client. */
async function connectClient(port: number): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  await client.nextOf(202);
  return client;
}

/** Kills a hub and waits until it has ended. */
async function kill(hub: { pid: number; port: number }): Promise<void> {
  await using client = await connectClient(hub.port);
  Deno.kill(hub.pid, "SIGKILL");
  await client.closed;
}

/** Starts a process that is not a hub, and ends with the test. */
function otherProcess(): Deno.ChildProcess & AsyncDisposable {
  const process = new Deno.Command("sleep", { args: ["600"] }).spawn();
  return Object.assign(process, {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  });
}

/** Tells whether a process exists. SIGCONT has no effect on a process that runs. */
function lives(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

async function shell(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, ...args] }).output();
  return new TextDecoder().decode(stdout).trim();
}

const NOT_ROOT = NO_POSIX ??
  (await shell("id -u") === "0" ? undefined : "only root can give files to another user");

test("start returns when the hub listens, and prints address, pid and log file", async (daemons) => {
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

test(
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

test("A hub inherits no open files from the program that started it", async (daemons) => {
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
  test(`${action} reports a stdout that cannot be written to, and "${fact.source}"`, async (daemons) => {
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
      new RegExp(`^riftchat: Cannot write to stdout: [^\\n;]+; ${fact.source}\\n$`),
    );
    assertEquals(code, 1);
  }, NO_LINUX);
}

test("start denies other users access to the folders and files of the hub", async (daemons) => {
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
    ...["default.lock", "default.log", "default.stderr", "default.turn"],
  ]);
});

async function fileNames({ folder }: Daemons): Promise<string[]> {
  const names: string[] = [];
  for (const path of [`${folder}/run/riftchat`, `${folder}/state/riftchat`]) {
    const found = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
    names.push(...found.sort());
  }
  return names;
}

test("start of a running instance reports its pid and address, and exits 1", async (daemons) => {
  const { pid, port } = await daemons.start();
  assertEquals(await daemons.do(["start", "--port", "0"]), {
    stdout: "",
    stderr:
      `riftchat: Cannot start instance default: it is already running: pid ${pid}, listening on 127.0.0.1:${port}\n`,
    status: 1,
  });
});

test("Of 20 starts at once one succeeds, and the others report its pid", async (daemons) => {
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

test("stop sends 205 to all clients, and exits 0 when the hub has ended and its files are removed", async (daemons) => {
  const { pid, port } = await daemons.start();
  await using ana = await connectClient(port);
  await using bo = await connectClient(port);
  const outcome = await daemons.do(["stop"]);
  assertEquals(outcome, { stdout: `stopped; was pid ${pid}\n`, stderr: "", status: 0 });
  await ana.nextOf(205);
  await bo.nextOf(205);
  assertEquals([await ana.closed, await bo.closed], [undefined, undefined]);
  assertEquals(await fileNames(daemons), ["default.lock", "default.log", "default.stderr", "default.turn"]);
});

test("stop and status report an instance that is not running, and exit 0 and 3", async (daemons) => {
  const notRunning = { stdout: "instance default is not running\n", stderr: "" };
  assertEquals(await daemons.do(["stop"]), { ...notRunning, status: 0 });
  assertEquals(await daemons.do(["status"]), { ...notRunning, status: 3 });
  assertEquals(await Array.fromAsync(Deno.readDir(daemons.folder)), [], "queries create no files");
  const answer = await daemons.do(["status", "--json"]);
  assertEquals([JSON.parse(answer.stdout), answer.status], [{ instance: "default", running: false }, 3]);
  const stopped = await daemons.do(["stop", "--json"]);
  assertEquals([JSON.parse(stopped.stdout), stopped.status], [{ instance: "default", stopped: false }, 0]);
});

test("status prints pid, address, start time and number of connections", async (daemons) => {
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

test("restart starts another process with the same flags and variables, unless others are given", async (daemons) => {
  const { port } = await daemons.start();
  const config = `${daemons.folder}/hub.toml`;
  await Deno.writeTextFile(config, "max_connections = 1\n");
  const env = { RIFTCHAT_LOG_LEVEL: "debug" };
  const flags = ["--host", "127.0.0.1", "--port", String(port), "--config", config, "--json"];
  const second = JSON.parse((await daemons.do(["restart", ...flags], env)).stdout);
  assertEquals(second.listening.port, port);
  const third = await daemons.restart();
  assertEquals(third.port, port);
  assert(third.pid !== second.pid);
  await using _ana = await connectClient(port);
  await using refused = await OriginalClient.connect(port);
  const { message } = await refused.nextOf(200) as unknown as { message: { message: string } };
  assertStringIncludes(message.message, "the hub is full");
  const record = JSON.parse((await Deno.readTextFile(daemons.runtime("default.pid"))).split("\n")[1]!);
  assertEquals(record.origin, {
    flags: [`--config=${config}`, "--host=127.0.0.1", `--port=${port}`],
    variables: { RIFTCHAT_HISTORY: "off", ...env },
  });
});

test("Clients reconnect by themselves after a restart", async (daemons) => {
  const { port } = await daemons.start();
  await using pty = await Pty.start(["join", `127.0.0.1:${port}`, "-n", "ana"]);
  await pty.until(() => pty.window.some((row) => row.startsWith("-- connected")));
  await pty.type("a draft");
  await daemons.restart("--host", "127.0.0.1", "--port", String(port));
  await pty.until(/connection lost: the hub shut down; connecting again/);
  // bo is connected before the message is sent, now or when ana is connected again.
  await using bo = await connectClient(port);
  await pty.type("\r");
  await bo.until(({ message }) => (message as { message?: string })?.message === "a draft");
}, NO_PTY);

test("restart with invalid settings does not stop the running hub, and exits 1 or 2", async (daemons) => {
  const config = `${daemons.folder}/hub.toml`;
  await Deno.writeTextFile(config, "");
  const { port } = await daemons.start("--config", config);
  await Deno.writeTextFile(config, 'port = "http"\n');
  const again = await daemons.do(["restart"]);
  assertEquals([again.stdout, again.status], ["", 1]);
  assertMatch(
    again.stderr,
    /^riftchat: Cannot restart instance default: the running hub was not stopped: .*hub\.toml, line 1/,
  );
  const other = await daemons.do(["restart", "--port", "http"]);
  assertEquals([other.stdout, other.status], ["", 2]);
  await using _ana = await connectClient(port);
});

test("restart with unusable files or an unusable address does not stop the running hub", async (daemons) => {
  const motd = `${daemons.folder}/motd`;
  await Deno.writeTextFile(motd, "welcome\n");
  const { pid, port } = await daemons.start("--motd-file", motd);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (
    const [words, why] of [
      [["--log-file", `${daemons.folder}/no/such/log`], /Cannot open the log .*: there is no such folder/],
      [["--log-file", daemons.folder], /Cannot open the log .*: it is something else/],
      [["--host", "192.0.2.1"], /Cannot listen on 192\.0\.2\.1:0: /],
      [["--port", String((taken.addr as Deno.NetAddr).port)], /Cannot listen on 127\.0\.0\.1:\d+: /],
      [["--motd-file", `${motd}.not`], /Cannot read the message of the day/],
    ] as [string[], RegExp][]
  ) {
    const { stdout, stderr, status } = await daemons.do(["restart", ...words]);
    assertEquals([stdout, status], ["", 1]);
    assertStringIncludes(
      stderr,
      "riftchat: Cannot restart instance default: the running hub was not stopped: ",
    );
    assertMatch(stderr, why);
  }
  await Deno.writeTextFile(motd, "\x1b[2J\n");
  const plain = await daemons.do(["restart"]);
  assertMatch(
    plain.stderr,
    /^riftchat: Cannot restart .*: the running hub was not stopped: .*message of the day.*line 1/,
  );
  assertEquals(plain.status, 1);
  assertEquals(JSON.parse((await daemons.do(["status", "--json"])).stdout).pid, pid);
  await using _ana = await connectClient(port);
});

test("After a failed restart, the next one uses the flags of the hub before", async (daemons) => {
  const { port } = await daemons.start();
  await daemons.restart("--port", String(port));
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const metrics = `127.0.0.1:${(taken.addr as Deno.NetAddr).port}`;
  const failed = await daemons.do(["restart", "--metrics", metrics]);
  assertEquals([failed.stdout, failed.status], ["", 1]);
  assertStringIncludes(failed.stderr, `cannot serve metrics on ${metrics}`);
  assertEquals((await daemons.do(["status"])).status, 3);
  assertEquals((await daemons.restart()).port, port);
  await using _ana = await connectClient(port);
});

test("restart with a flag keeps the others", async (daemons) => {
  const { port } = await daemons.start();
  await daemons.restart("--port", String(port), "--max-connections", "1");
  const last = await daemons.restart("--log-level", "debug");
  assertEquals(last.port, port);
  const record = JSON.parse((await Deno.readTextFile(daemons.runtime("default.pid"))).split("\n")[1]!);
  assertEquals(record.origin.flags, [
    "--host=127.0.0.1",
    `--port=${port}`,
    "--max-connections=1",
    "--log-level=debug",
  ]);
});

test("restart starts a hub that is not running; after a kill -9 with its last flags", async (daemons) => {
  const first = await daemons.restart("--host", "127.0.0.1", "--port", "0");
  await kill(first);
  const second = await daemons.restart();
  await using _ana = await connectClient(second.port);
});

test("start works after kill -9, and status in between reports that the hub is not running", async (daemons) => {
  const first = await daemons.start();
  await kill(first);
  assertEquals((await daemons.do(["status"])).status, 3);
  assert((await fileNames(daemons)).includes("default.pid"), "the pidfile was left behind");
  const second = await daemons.start();
  assertStringIncludes((await daemons.do(["status"])).stdout, `  pid          ${second.pid}\n`);
});

test("A process gets no signal for a forged pidfile", async (daemons) => {
  await using other = otherProcess();
  const first = await daemons.start();
  const pidFile = daemons.runtime("default.pid");
  const forged = (await Deno.readTextFile(pidFile)).replaceAll(String(first.pid), String(other.pid));
  await kill(first);

  await Deno.writeTextFile(pidFile, forged);
  assertEquals((await daemons.do(["status"])).status, 3);
  assertEquals((await daemons.do(["stop"])).stdout, "instance default is not running\n");
  await Deno.writeTextFile(pidFile, forged);
  await daemons.restart("--host", "127.0.0.1", "--port", "0");

  await Deno.writeTextFile(pidFile, forged);
  const { pid } = await daemons.start("--instance", "other");
  await Deno.writeTextFile(daemons.runtime("other.pid"), forged);
  const stopped = await daemons.do(["stop", "--instance", "other"]);
  assertEquals([stopped.stdout, stopped.status], [`stopped; was pid ${pid}\n`, 0]);
  assert(lives(other.pid));
});

test("A hub that hangs is killed after 10 s, but not for its pid in the pidfile alone", async (daemons) => {
  await using other = otherProcess();
  const { pid } = await daemons.start();
  const pidFile = daemons.runtime("default.pid");
  const genuine = await Deno.readTextFile(pidFile);
  Deno.kill(pid, "SIGSTOP");
  await Deno.writeTextFile(pidFile, genuine.replaceAll(String(pid), String(other.pid)));
  const refused = await daemons.do(["stop"]);
  assertEquals([refused.stdout, refused.status], ["", 1]);
  assertMatch(refused.stderr, /^riftchat: Cannot stop .* does not answer; .*; no signal was sent\n$/);
  assert(lives(other.pid));

  await Deno.writeTextFile(pidFile, genuine);
  assertEquals(await daemons.do(["stop"]), {
    stdout: `stopped; pid ${pid} did not stop within 10 s and was killed\n`,
    stderr: "",
    status: 0,
  });
  assertEquals((await daemons.do(["status"])).status, 3);
});

test("A hub whose lock file was removed is still found by its socket", async (daemons) => {
  const { pid } = await daemons.start();
  await Deno.remove(daemons.state("default.lock"));
  const again = await daemons.do(["start", "--port", "0"]);
  assertEquals(again.status, 1);
  assertStringIncludes(again.stderr, `it is already running: pid ${pid}`);
  assertEquals((await daemons.do(["stop"])).stdout, `stopped; was pid ${pid}\n`);
});

test("A hub whose runtime folder was removed keeps its instance, and errors report its pid", async (daemons) => {
  const { pid, port } = await daemons.start();
  await Deno.remove(`${daemons.folder}/run`, { recursive: true });
  const outcomes = await Promise.all([daemons.do(["status"]), daemons.do(["start", "--port", "0"])]);
  outcomes.push(await daemons.do(["stop"]));
  for (const { stdout, stderr, status } of outcomes) {
    assertEquals([stdout, status], ["", 1]);
    assertMatch(
      stderr,
      new RegExp(`^riftchat: Cannot .* it is the hub, pid ${pid}, .*; kill ${pid} stops it`),
    );
  }
  await using _ana = await connectClient(port);
});

for (const variable of ["XDG_RUNTIME_DIR", "XDG_STATE_HOME"]) {
  test(`start reports a ${variable} that cannot be written to, and exits 1`, async (daemons) => {
    // Not even root can create a folder in a file.
    const file = `${daemons.folder}/file`;
    await Deno.writeTextFile(file, "");
    const { stdout, stderr, status } = await daemons.do(["start", "--port", "0"], { [variable]: file });
    assertEquals([stdout, status], ["", 1]);
    assertMatch(
      stderr,
      new RegExp(
        `^riftchat: Cannot create ${file}/riftchat: it must be a folder that can be written to: .+\\n$`,
      ),
    );
  });
}

test("start reports a log that cannot be written, and exits 1", async (daemons) => {
  await Deno.mkdir(`${daemons.folder}/state/riftchat/default.log`, { recursive: true });
  const { stdout, stderr, status } = await daemons.do(["start", "--port", "0"]);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(
    stderr,
    /^riftchat: Cannot start instance default: .*:\n.*cannot open the log .*default\.log: /,
  );
  assertEquals((await daemons.do(["status"])).status, 3);
});

test("start refuses a folder of another user, and exits 1", async (daemons) => {
  await Deno.mkdir(daemons.runtime(""), { recursive: true });
  await Deno.chown(daemons.runtime(""), 12_345, 12_345);
  for (const action of ["start", "stop", "status"]) {
    const { stdout, stderr, status } = await daemons.do([action]);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(stderr, /^riftchat: Cannot use .*: it must belong to user 0: it belongs to user 12345\n$/);
  }
}, NOT_ROOT);

test("A folder that others may write to is not used", async (daemons) => {
  await Deno.mkdir(daemons.runtime(""), { recursive: true });
  await Deno.chmod(daemons.runtime(""), 0o777);
  for (const action of ["start", "restart", "stop", "status"]) {
    const { stdout, stderr, status } = await daemons.do([action]);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(stderr, /^riftchat: Cannot use .*: only its owner must be able .*: its mode is 0777; .*\n$/);
  }
});

for (const file of ["run/riftchat/default.sock", "run/riftchat/default.pid", "state/riftchat/default.lock"]) {
  test(`A ${file} of another user is not used`, async (daemons) => {
    const path = `${daemons.folder}/${file}`;
    await Deno.mkdir(daemons.runtime(""), { recursive: true, mode: 0o700 });
    await Deno.mkdir(daemons.state(""), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, "");
    await Deno.chown(path, 12_345, 12_345);
    for (const action of ["start", "stop", "status"]) {
      const { stdout, stderr, status } = await daemons.do([action]);
      assertEquals([stdout, status], ["", 1]);
      assertMatch(stderr, /^riftchat: Cannot use .*: it must belong to user 0: it belongs to user 12345\n$/);
    }
  }, NOT_ROOT);
}

test("A process gets no signal for a pid that only the socket reports", async (daemons) => {
  await using other = otherProcess();
  const record = {
    ...{ instance: "default", pid: other.pid, host: "127.0.0.1", port: 8000, since: 0, version: "0.1.0" },
    ...{ log: "/log", origin: { flags: [], variables: {} }, connections: 0 },
  };
  await Deno.mkdir(daemons.runtime(""), { recursive: true, mode: 0o700 });
  await Deno.mkdir(daemons.state(""), { recursive: true, mode: 0o700 });
  const impostor = Deno.listen({ transport: "unix", path: daemons.runtime("default.sock") });
  const answering = (async () => {
    for await (const connection of impostor) {
      await connection.write(new TextEncoder().encode(JSON.stringify(record) + "\n"));
      connection.close();
    }
  })();
  for (const words of [["stop"], ["restart", "--port", "0", "--host", "127.0.0.1"]]) {
    const { stdout, stderr, status } = await daemons.do(words);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(stderr, /^riftchat: Cannot stop .*: pid \d+ must be its hub: .*; no signal was sent\n$/);
  }
  assert(lives(other.pid));
  impostor.close();
  await answering;
});

test("start on a port in use prints the end of the log, exits 1, and leaves no process", async (daemons) => {
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
  assertMatch(stderr, /^riftchat: Cannot start instance default: it ended with status 1; its last output /);
  assertStringIncludes(stderr, `cannot listen on 127.0.0.1:${port}: the port is in use`);
  assertEquals((await daemons.do(["status"])).status, 3);
  assertEquals((await daemons.start()).pid > 0, true);
});

test("Instances are independent of each other", async (daemons) => {
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
    [["--instance", "one"], /Cannot use --instance without --daemon/],
    [["--daemon", "start", "--port", "http"], /--port: it must be a whole number.*"http"/],
  ] as [string[], RegExp][]
) {
  test(`serve ${args.join(" ")} is a usage error`, async ({ env }) => {
    const { stdout, stderr, status } = await run(["serve", ...args], { env });
    assertEquals([stdout, status], ["", 2]);
    assertMatch(stderr, expected);
  });
}
