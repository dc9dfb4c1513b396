/** Data folders and config folders of other users: the real program. The tests make them as root. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { DENO_DIR } from "../helpers/deno_dir.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { missingCommand, needs, NO_LINUX, NO_POSIX, NOT_ROOT, OLD_RUNTIME } from "../helpers/needs.ts";
import { programCommand, run } from "../helpers/program.ts";

const OTHER = 12_345;

/** Gives a file, folder or link itself to another user. */
async function giveAway(...paths: string[]): Promise<void> {
  const { success } = await new Deno.Command("chown", { args: ["-h", String(OTHER), ...paths] }).output();
  assert(success);
}

function test(name: string, fn: (home: Home) => Promise<void>, missing = NOT_ROOT): void {
  Deno.test({
    ...needs(name, missing),
    async fn() {
      using home = new Home();
      await fn(home);
    },
  });
}

/** The arguments of a hub that stores messages in a folder. */
const serve = (
  folder: string,
) => ["serve", "--host", "127.0.0.1", "--port", "0", "--history", "on", "--data", folder];

test("serve and import refuse a data folder of another user, and say what to do", async (home) => {
  const folder = `${home.path}/theirs`;
  await Deno.mkdir(folder);
  await giveAway(folder);
  for (
    const args of [
      serve(folder),
      ["serve", "--port", "0", "--no-history", "--tls", "--data", folder],
      ["import", "--data", folder],
    ]
  ) {
    const { status, stdout, stderr } = await run(args);
    assertEquals([status, stdout], [1, ""], stderr);
    assertStringIncludes(
      stderr,
      `annot use ${folder}: it must belong to user 0: it belongs to user ${OTHER}; run this program as that user (in ` +
        `a container: --user ${OTHER}), or, if you trust what is in it, run chown -R 0 ${folder}`,
    );
  }
  assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
});

test("serve does not write through links that another user has put into the data folder", async (home) => {
  for (
    const name of ["holder.json", "lock", "riftchat.db", "riftchat.db-wal", "riftchat.db-shm", "journal-1"]
  ) {
    const folder = `${home.path}/${name}`, target = home.write(`target of ${name}`, "precious");
    await Deno.mkdir(folder, { mode: 0o777 });
    await Deno.symlink(target, `${folder}/${name}`);
    await giveAway(`${folder}/${name}`);
    const { status, stderr } = await run(serve(folder));
    assertEquals(status, 1, name);
    assertStringIncludes(
      stderr,
      `annot use ${folder}/${name}: it must belong to user 0: it belongs to user ${OTHER}; `,
    );
    assertEquals(await Deno.readTextFile(target), "precious");
  }
});

test("A hub.pem of another user is not used, at the start and before a restart", async (home) => {
  const folder = `${home.env.XDG_DATA_HOME}/riftchat/default`;
  await (await home.hub()).stop();
  const pem = await Deno.readTextFile(`${folder}/hub.pem`);
  await giveAway(`${folder}/hub.pem`);
  const { status, stderr } = await home.runs("serve", "--port", "0", "--tls", "--no-history");
  assertEquals(status, 1);
  assertStringIncludes(
    stderr,
    `annot use ${folder}/hub.pem: it must belong to user 0: it belongs to user ${OTHER}; `,
  );
  assertStringIncludes(stderr, `chown -h 0 ${folder}/hub.pem, else remove it`);
  assertEquals(await Deno.readTextFile(`${folder}/hub.pem`), pem);
});

test("join does not use known hubs of another user, nor write to files of another user", async (home) => {
  await using hub = await home.hub();
  await home.says(hub.address, ["--accept-new"]);
  await giveAway(home.knownHubs);
  const refused = await home.says(hub.address);
  assert(refused.status !== 0);
  assertStringIncludes(
    refused.stderr,
    `cannot use ${home.knownHubs}: it must belong to user 0: it belongs to user`,
  );
  await Deno.chown(home.knownHubs, 0, 0);
  assertEquals((await home.says(hub.address)).status, 0);

  await giveAway(`${home.env.XDG_CONFIG_HOME}/riftchat`);
  const folder = await home.says(hub.address);
  assert(folder.status !== 0);
  assertStringIncludes(
    folder.stderr,
    `cannot use ${home.env.XDG_CONFIG_HOME}/riftchat: it must belong to user 0`,
  );
  assertEquals((await home.says(hub.address, ["--no-config", "--accept-new"])).status, 0);
}, NOT_ROOT ?? OLD_RUNTIME);

Deno.test({
  ...needs("A key that others can read is warned of once at the start and once at a reload", NO_POSIX),
  async fn() {
    using home = new Home();
    const { pem, key: keyPem } = await makeCertificate({ names: ["hub.invalid"] });
    const cert = home.write("cert.pem", pem), key = home.write("key.pem", keyPem);
    await Deno.chmod(key, 0o644);
    await using hub = await home.hub(["--tls", "--tls-cert", cert, "--tls-key", key]);
    const warning =
      ` warning other users of this machine can read the key ${key} (mode 0644): run chmod 600 ${key}\n`;
    const count = () => hub.stderr.split(warning).length - 1;
    assertEquals(count(), 1, hub.stderr);
    hub.kill("SIGHUP");
    await hub.waitForLog(/reloaded: certificate/);
    assertEquals(count(), 2, hub.stderr);
    await Deno.chmod(key, 0o640);
    hub.kill("SIGHUP");
    await hub.waitForLog(/reloaded: certificate[^]*reloaded: certificate/);
    assertEquals(count(), 2, hub.stderr);
    await hub.stop();
  },
});

/** Runs a command as another user, who can read all files but write only its own: as in a container. */
const AS_OTHER = [
  ...["setpriv", "--reuid", String(OTHER), "--regid", String(OTHER), "--clear-groups"],
  ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
];

const NO_OTHER_USER = NOT_ROOT ?? NO_LINUX ??
  await missingCommand(AS_OTHER[0]!, ...AS_OTHER.slice(1), "true");

Deno.test({
  ...needs(
    "A hub that may not write to its volume says whose it is and what to do; a group volume of root works",
    NO_OTHER_USER,
  ),
  async fn() {
    using home = new Home();
    await Deno.chmod(home.path, 0o755);
    const volume = `${home.path}/volume`, data = `${volume}/hub`;
    await Deno.mkdir(volume, { mode: 0o755 });
    // The program is in a cache that the other user could not read without that capability, and Deno checks that.
    const cache = `${home.path}/cache`;
    await Deno.mkdir(cache);
    await output("cp", "-r", `${DENO_DIR}/npm`, cache);
    await output("chown", "-R", String(OTHER), cache);
    const start = () =>
      new Deno.Command(AS_OTHER[0]!, {
        args: [...AS_OTHER.slice(1), ...programCommand("serve"), ...serve(data)],
        env: { ...home.env, DENO_DIR: cache, RIFTCHAT_WARM_UP: "off", NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      });
    const { code, stderr } = await start().output();
    assertEquals(code, 1);
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      `annot open the history in ${data}: ${volume} belongs to user 0, and user ${OTHER}, as whom this program runs, ` +
        `may not write to it; run mkdir -p ${data} && chown -R ${OTHER} ${data} as root, or run this program as ` +
        "user 0 (in a container: --user 0)",
    );
    // As a volume of Kubernetes with fsGroup: of root, and writable by a group.
    await Deno.mkdir(data);
    await Deno.chown(data, 0, OTHER);
    await Deno.chmod(data, 0o2770);
    await using hub = start().spawn();
    const stdout = hub.stdout.getReader();
    assertMatch(new TextDecoder().decode((await stdout.read()).value), /^listening on /);
    hub.kill("SIGTERM");
    await Promise.all([stdout.cancel(), hub.stderr.cancel(), hub.status]);
    assertEquals((await Deno.stat(`${data}/riftchat.db`)).uid, OTHER);
  },
});

async function output(command: string, ...args: string[]): Promise<string> {
  return new TextDecoder().decode((await new Deno.Command(command, { args }).output()).stdout);
}
