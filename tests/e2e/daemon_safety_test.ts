/**
 * Hubs in the background: files and processes of other users, and hubs that were killed or hang.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import {
  connectClient,
  daemonTest,
  fileNames,
  kill,
  lives,
  otherProcess,
} from "../helpers/hubs/daemon_test_tools.ts";
import { NOT_ROOT } from "../helpers/needs.ts";

daemonTest(
  "start works after kill -9, and status in between reports that the hub is not running",
  async (daemons) => {
    const first = await daemons.start();
    await kill(first);
    assertEquals((await daemons.do(["status"])).status, 3);
    assert((await fileNames(daemons)).includes("default.pid"), "the pidfile was left behind");
    const second = await daemons.start();
    assertStringIncludes((await daemons.do(["status"])).stdout, `  pid          ${second.pid}\n`);
  },
);

daemonTest("A process gets no signal for a forged pidfile", async (daemons) => {
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

daemonTest(
  "A hub that hangs is killed after 10 s, but not for its pid in the pidfile alone",
  async (daemons) => {
    await using other = otherProcess();
    const { pid } = await daemons.start();
    const pidFile = daemons.runtime("default.pid");
    const genuine = await Deno.readTextFile(pidFile);
    Deno.kill(pid, "SIGSTOP");
    await Deno.writeTextFile(pidFile, genuine.replaceAll(String(pid), String(other.pid)));
    const refused = await daemons.do(["stop"]);
    assertEquals([refused.stdout, refused.status], ["", 1]);
    assertMatch(refused.stderr, /^riftchat: cannot stop .* does not answer; .*; no signal was sent\n$/);
    assert(lives(other.pid));

    await Deno.writeTextFile(pidFile, genuine);
    assertEquals(await daemons.do(["stop"]), {
      stdout: `stopped; pid ${pid} did not stop within 10 s and was killed\n`,
      stderr: "",
      status: 0,
    });
    assertEquals((await daemons.do(["status"])).status, 3);
  },
);

daemonTest("A hub whose lock file was removed is still found by its socket", async (daemons) => {
  const { pid } = await daemons.start();
  await Deno.remove(daemons.state("default.lock"));
  const again = await daemons.do(["start", "--port", "0"]);
  assertEquals(again.status, 1);
  assertStringIncludes(again.stderr, `it is already running: pid ${pid}`);
  assertEquals((await daemons.do(["stop"])).stdout, `stopped; was pid ${pid}\n`);
});

daemonTest(
  "A hub whose runtime folder was removed keeps its instance, and errors report its pid",
  async (daemons) => {
    const { pid, port } = await daemons.start();
    await Deno.remove(`${daemons.folder}/run`, { recursive: true });
    const outcomes = await Promise.all([daemons.do(["status"]), daemons.do(["start", "--port", "0"])]);
    outcomes.push(await daemons.do(["stop"]));
    for (const { stdout, stderr, status } of outcomes) {
      assertEquals([stdout, status], ["", 1]);
      assertMatch(
        stderr,
        new RegExp(`^riftchat: cannot .* it is the hub, pid ${pid}, .*; kill ${pid} stops it`),
      );
    }
    await using _ana = await connectClient(port);
  },
);

for (const variable of ["XDG_RUNTIME_DIR", "XDG_STATE_HOME"]) {
  daemonTest(`start reports a ${variable} that cannot be written to, and exits 1`, async (daemons) => {
    // Not even root can create a folder in a file.
    const file = `${daemons.folder}/file`;
    await Deno.writeTextFile(file, "");
    const { stdout, stderr, status } = await daemons.do(["start", "--port", "0"], { [variable]: file });
    assertEquals([stdout, status], ["", 1]);
    assertMatch(
      stderr,
      new RegExp(
        `^riftchat: cannot create ${file}/riftchat: it must be a folder that can be written to: .+\\n$`,
      ),
    );
  });
}

daemonTest("start reports a log that cannot be written, and exits 1", async (daemons) => {
  await Deno.mkdir(`${daemons.folder}/state/riftchat/default.log`, { recursive: true });
  const { stdout, stderr, status } = await daemons.do(["start", "--port", "0"]);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(
    stderr,
    /^riftchat: cannot start instance default: .*:\n.*cannot open the log .*default\.log: /,
  );
  assertEquals((await daemons.do(["status"])).status, 3);
});

daemonTest("start refuses a folder of another user, and exits 1", async (daemons) => {
  await Deno.mkdir(daemons.runtime(""), { recursive: true });
  await Deno.chown(daemons.runtime(""), 12_345, 12_345);
  for (const action of ["start", "stop", "status"]) {
    const { stdout, stderr, status } = await daemons.do([action]);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(
      stderr,
      /^riftchat: cannot use .*: it must belong to user 0: it belongs to user 12345; .*\n$/,
    );
  }
}, NOT_ROOT);

daemonTest("A folder that others may write to is not used", async (daemons) => {
  await Deno.mkdir(daemons.runtime(""), { recursive: true });
  await Deno.chmod(daemons.runtime(""), 0o777);
  for (const action of ["start", "restart", "stop", "status"]) {
    const { stdout, stderr, status } = await daemons.do([action]);
    assertEquals([stdout, status], ["", 1]);
    assertMatch(stderr, /^riftchat: cannot use .*: only its owner must be able .*: its mode is 0777; .*\n$/);
  }
});

for (
  const file of [
    "run/riftchat/default.sock",
    "run/riftchat/default.pid",
    "state/riftchat/default.lock",
    "state/riftchat/default.turn",
    "state/riftchat/default.log",
    "state/riftchat/default.stderr",
  ]
) {
  daemonTest(`A ${file} of another user is not used`, async (daemons) => {
    const path = `${daemons.folder}/${file}`;
    await Deno.mkdir(daemons.runtime(""), { recursive: true, mode: 0o700 });
    await Deno.mkdir(daemons.state(""), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, "");
    await Deno.chown(path, 12_345, 12_345);
    for (const action of ["start", "stop", "status"]) {
      const { stdout, stderr, status } = await daemons.do([action]);
      assertEquals([stdout, status], ["", 1]);
      assertMatch(
        stderr,
        /^riftchat: cannot use .*: it must belong to user 0: it belongs to user 12345; .*\n$/,
      );
    }
  }, NOT_ROOT);
}

daemonTest("A process gets no signal for a pid that only the socket reports", async (daemons) => {
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
    assertMatch(stderr, /^riftchat: cannot stop .*: pid \d+ must be its hub: .*; no signal was sent\n$/);
  }
  assert(lives(other.pid));
  impostor.close();
  await answering;
});
