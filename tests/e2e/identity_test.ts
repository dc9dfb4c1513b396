/** `riftchat identity`, as a process: shows, exports and imports the key; with the tools of OpenSSH where they are. */
import { join } from "node:path";
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { DENO_DIR } from "../helpers/deno_dir.ts";
import { NO_POSIX } from "../helpers/needs.ts";
import { Program, programCommand, run } from "../helpers/program.ts";
import {
  modeOf,
  NO_SSH_AGENT,
  NO_SSH_KEYGEN,
  SshAgent,
  sshKey,
  sshTool,
  testInFolder,
} from "../helpers/ssh_keygen.ts";

/** The environment of a user with a home folder of their own, and the path of their key. */
function userIn(folder: string, name: string): { env: Record<string, string>; path: string; config: string } {
  const home = join(folder, name);
  const config = Deno.build.os === "darwin"
    ? join(home, "Library", "Preferences", "riftchat")
    : join(home, ".config", "riftchat");
  const env = { HOME: home, DENO_DIR, XDG_CONFIG_HOME: "", SSH_AUTH_SOCK: "" };
  return { env, path: join(config, "identity"), config };
}

/** Runs the program with a text on its stdin. */
async function runWith(input: string, args: string[], env: Record<string, string>) {
  await using program = new Program(args, { env, stdin: "piped" });
  await program.type(input);
  await program.endInput();
  return await program.finish();
}

const SHOWN = /^fingerprint: (SHA256:\S{43})\npublic key: {2}(ssh-ed25519 \S{68} \S+)\nprivate key: (\S+)\n$/;

testInFolder("identity makes the key once, and shows it", NO_POSIX, async (folder) => {
  const { env, path, config } = userIn(folder, "ana");
  const first = await run(["identity"], { env });
  assertEquals([first.stderr, first.status], ["riftchat: made a new key, as there was none\n", 0]);
  const [, , publicKey, shownPath] = SHOWN.exec(first.stdout)!;
  assertEquals(shownPath, path);
  assertEquals(await Deno.readTextFile(`${path}.pub`), `${publicKey}\n`);
  assertEquals(await modeOf(config), 0o700);
  await Deno.remove(`${path}.pub`);
  assertEquals(await run(["identity", "show"], { env }), { ...first, stderr: "" });
  assertEquals(await Deno.readTextFile(`${path}.pub`), `${publicKey}\n`);
});

testInFolder("ssh-keygen has the same fingerprint, and signs with the key", NO_SSH_KEYGEN, async (folder) => {
  const { env, path } = userIn(folder, "ana");
  const [, fingerprint, publicKey] = SHOWN.exec((await run(["identity"], { env })).stdout)!;
  const { output } = await sshTool("ssh-keygen", ["-l", "-f", path]);
  assertEquals(output, `256 ${fingerprint} riftchat (ED25519)\n`);
  assertEquals((await sshTool("ssh-keygen", ["-y", "-f", path])).output, `${publicKey}\n`);
});

testInFolder("Two first starts at once end with one key", undefined, async (folder) => {
  const { env } = userIn(folder, "ana");
  const both = await Promise.all([run(["identity"], { env }), run(["identity"], { env })]);
  assertEquals(both[0]!.stdout, both[1]!.stdout);
  assertMatch(both[0]!.stdout, SHOWN);
});

testInFolder("A key goes to another machine through a pipe, and through a file", NO_POSIX, async (folder) => {
  const [ana, pc, phone] = ["ana", "pc", "phone"].map((name) => userIn(folder, name));
  const none = await run(["identity", "export"], { env: ana!.env });
  assertEquals(none, {
    stdout: "",
    stderr: "riftchat: cannot export your key: you have none; riftchat identity makes one\n",
    status: 1,
  });
  const shown = await run(["identity"], { env: ana!.env });
  const [, fingerprint] = SHOWN.exec(shown.stdout)!;
  const exported = await run(["identity", "export"], { env: ana!.env });
  assertEquals(exported.status, 0);
  assertEquals(exported.stderr, `riftchat: exported the key ${fingerprint}: whoever has it is you\n`);
  const imported = await runWith(exported.stdout, ["identity", "import"], pc!.env);
  assertEquals(imported, {
    stdout: "",
    stderr: `riftchat: imported the key ${fingerprint}: it is in ${pc!.path}\n`,
    status: 0,
  });
  const onPc = await run(["identity"], { env: pc!.env });
  assertEquals(onPc.stdout, shown.stdout.replace(ana!.path, pc!.path));

  const file = join(folder, "key");
  assertEquals((await run(["identity", "export", file], { env: ana!.env })).status, 0);
  assertEquals(await modeOf(file), 0o600);
  const again = await run(["identity", "export", file], { env: ana!.env });
  assertEquals(
    [again.stderr, again.status],
    [
      `riftchat: cannot export your key to ${file}: there is such a file; give another name, or --replace\n`,
      1,
    ],
  );
  await Deno.chmod(file, 0o644);
  const open = await run(["identity", "import", file], { env: phone!.env });
  assertMatch(
    open.stderr,
    /^riftchat: cannot use the key \S+: only its owner may have access to it: its mode is 0644/,
  );
  assertEquals((await run(["identity", "export", file, "--replace"], { env: ana!.env })).status, 0);
  assertEquals(await modeOf(file), 0o600);
  assertEquals((await run(["identity", "import", file], { env: phone!.env })).status, 0);
  const onceMore = await run(["identity", "import", file], { env: phone!.env });
  assertEquals(
    onceMore.stderr,
    `riftchat: the key ${fingerprint} is yours already: it is in ${phone!.path}\n`,
  );
});

testInFolder(
  "import does not replace another key, unless told to, and keeps it then",
  NO_POSIX,
  async (folder) => {
    const [ana, bob] = [userIn(folder, "ana"), userIn(folder, "bob")];
    const before = (await run(["identity"], { env: ana.env })).stdout;
    await run(["identity"], { env: bob.env });
    const refused = await run(["identity", "import", bob.path], { env: ana.env });
    assertEquals(refused.status, 1);
    assertMatch(
      refused.stderr,
      /^riftchat: cannot import the key: \S+ has another one, and whoever loses a key/,
    );
    assertEquals((await run(["identity"], { env: ana.env })).stdout, before);
    const replaced = await run(["identity", "import", bob.path, "--replace"], { env: ana.env });
    assertEquals(replaced.status, 0);
    assertMatch(
      replaced.stderr,
      /imported the key SHA256:\S+: .*\nriftchat: your key before is now in \S+replaced\n$/,
    );
    const back = await run(["identity", "import", `${ana.path}.replaced`, "--replace"], { env: ana.env });
    assertEquals(back.status, 0);
    assertEquals((await run(["identity"], { env: ana.env })).stdout, before);
  },
);

testInFolder(
  "Keys that cannot be used are refused, with their reason and status 1",
  NO_SSH_KEYGEN,
  async (folder) => {
    const { env } = userIn(folder, "ana");
    const files: [name: string, args: string[], why: RegExp][] = [
      ["rsa", ["-t", "rsa", "-b", "1024"], /it must be an Ed25519 key: it is an RSA key/],
      ["ecdsa", ["-t", "ecdsa"], /it is an ECDSA key/],
      ["secret", ["-N", "secret"], /it must have no passphrase/],
    ];
    for (const [name, args, why] of files) {
      const path = join(folder, name);
      await sshKey(path, ...args);
      for (const command of [["identity", "import", path], ["identity", "--identity", path]]) {
        const { stdout, stderr, status } = await run(command, { env });
        assertEquals([stdout, status], ["", 1]);
        assertMatch(stderr, why);
      }
    }
    const onStdin = await runWith("hello", ["identity", "import"], env);
    assertMatch(onStdin.stderr, /^riftchat: cannot import the key on stdin: it is no private key/);
    const absent = await run(["identity", "import", join(folder, "none")], { env });
    assertMatch(absent.stderr, /^riftchat: cannot import \S+none: it does not exist\n$/);
  },
);

testInFolder("identity shows a key in ssh-agent, and one in a file", NO_SSH_AGENT, async (folder) => {
  const { env } = userIn(folder, "ana");
  const path = join(folder, "key");
  await sshKey(path);
  const { output } = await sshTool("ssh-keygen", ["-l", "-f", path]);
  const shown = `fingerprint: ${output.split(" ")[1]}\npublic key:  ${await Deno.readTextFile(
    `${path}.pub`,
  )}`;
  await using agent = await SshAgent.start(join(folder, "socket"));
  await agent.run("ssh-add", "-q", path);
  for (const identity of ["agent", path, `${path}.pub`]) {
    const withAgent = { ...env, SSH_AUTH_SOCK: agent.socket };
    const end = await run(["identity", "--identity", identity], { env: withAgent });
    assertEquals(end, { stdout: shown, stderr: "", status: 0 });
  }
  const without = await run(["identity", "--identity", "agent"], { env });
  assertEquals(without.status, 1);
  assertMatch(without.stderr, /^riftchat: cannot use ssh-agent: SSH_AUTH_SOCK is not set; start an agent/);
});

Deno.test("What identity cannot take is an error of the command line", async () => {
  const wrong: [string[], RegExp][] = [
    [["shwo"], /^riftchat: the action must be show, export or import: it is 'shwo'\n$/],
    [
      ["show", "file"],
      /^riftchat: cannot take file: show takes no file; show another key with --identity\n$/,
    ],
    [["--replace"], /^riftchat: cannot take --replace: show replaces nothing\n$/],
    [["export", "--identity", "x"], /^riftchat: cannot take --identity: export is about your own key\n$/],
  ];
  for (const [args, why] of wrong) {
    const { stdout, stderr, status } = await run(["identity", ...args]);
    assertEquals([stdout, status], ["", 2], args.join(" "));
    assertMatch(stderr, why);
  }
});

testInFolder("A full stdout is an error, and an unread one is not", NO_POSIX, async (folder) => {
  const { env } = userIn(folder, "ana");
  await run(["identity"], { env });
  const [command, ...args] = programCommand("identity");
  const shell = (redirect: string) =>
    new Deno.Command("sh", {
      args: ["-c", `"$0" "$@" ${redirect}`, command!, ...args, "identity", "export"],
      env,
    }).output();
  if (Deno.build.os === "linux") {
    const { code, stderr } = await shell(">/dev/full");
    assertEquals(code, 1);
    assertMatch(new TextDecoder().decode(stderr), /cannot write to stdout: no space left/i);
  }
  assertEquals((await shell("| true")).code, 0);
});

testInFolder(
  "import ends after the last line of a key: at a terminal the input does not end",
  NO_POSIX,
  async (folder) => {
    const [ana, pc] = ["ana", "pc"].map((name) => userIn(folder, name));
    await run(["identity"], { env: ana!.env });
    await using program = new Program(["identity", "import"], { env: pc!.env, stdin: "piped" });
    await program.type(await Deno.readTextFile(ana!.path));
    assertEquals(await program.status, 0);
    assertEquals((await run(["identity"], { env: pc!.env })).status, 0);
    assertEquals(await Deno.readTextFile(`${pc!.path}.pub`), await Deno.readTextFile(`${ana!.path}.pub`));
  },
);
