/** Keys in ssh-agent: with the real one, and with agents that do not answer as they should. */
import { join } from "node:path";
import { AGENT, chooseIdentity } from "../../../client/identity/choose_identity.ts";
import { LIST_LIMIT_MS, SIGN_LIMIT_MS } from "../../../client/identity/agent.ts";
import { IdentityError } from "../../../client/identity/mod.ts";
import {
  armorSignature,
  formatPublicKey,
  generatePrivateKey,
  keyFingerprint,
  parsePublicKey,
  publicKeyBlob,
  signMessage,
  sshNumber,
  sshStrings,
  verifyMessage,
} from "../../../identity/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../helpers/assert.ts";
import { NO_POSIX } from "../../helpers/needs.ts";
import { NO_SSH_AGENT, SshAgent, sshKey, sshTool, testInFolder } from "../../helpers/ssh_keygen.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

const MESSAGE = { namespace: "riftchat-hello", message: new TextEncoder().encode("hello") };

/** A machine whose agent is at a socket. */
const machineWith = (socket: string | undefined, clock = systemClock) => ({
  environment: (name: string) => name === "SSH_AUTH_SOCK" ? socket : undefined,
  clock,
});

/** Finds a key, and expects an error that matches. */
async function refused(why: RegExp, identity: string, socket: string | undefined): Promise<void> {
  const { message } = await assertRejects(() => chooseIdentity(identity, machineWith(socket)), IdentityError);
  assertMatch(message, why);
}

/** Registers a test with the real agent. */
function withAgent(name: string, action: (agent: SshAgent, folder: string) => Promise<void>): void {
  testInFolder(name, NO_SSH_AGENT, async (folder) => {
    await using agent = await SshAgent.start(join(folder, "socket"));
    await action(agent, folder);
  });
}

withAgent("The only Ed25519 key of ssh-agent signs, and ssh-keygen accepts it", async (agent, folder) => {
  const path = join(folder, "key");
  await sshKey(path);
  await sshKey(`${path}-rsa`, "-t", "rsa", "-b", "1024");
  await agent.run("ssh-add", "-q", path, `${path}-rsa`);
  const publicKey = await Deno.readTextFile(`${path}.pub`);
  await Deno.remove(path);
  for (const identity of [AGENT, `${path}.pub`]) {
    const signer = await chooseIdentity(identity, machineWith(agent.socket));
    assertEquals({ key: signer.key, comment: signer.comment }, parsePublicKey(publicKey));
    const signature = await signMessage(signer, MESSAGE);
    assertEquals(await verifyMessage(signature, MESSAGE), signer.key);
    await Deno.writeTextFile(join(folder, "sig"), armorSignature(signature));
    await Deno.writeTextFile(join(folder, "allowed"), `ana ${publicKey}`);
    const args = ["-Y", "verify", "-n", "riftchat-hello", "-f", "allowed", "-I", "ana", "-s", "sig"]
      .map((word) => ["allowed", "sig"].includes(word) ? join(folder, word) : word);
    const { success, output } = await sshTool("ssh-keygen", args, { input: "hello" });
    assert(success, output);
  }
});

withAgent("Of several keys in ssh-agent, a .pub file chooses one", async (agent, folder) => {
  const [one, other, absent] = ["one", "other", "absent"].map((name) => join(folder, name));
  for (const path of [one!, other!, absent!]) await sshKey(path, "-C", `at ${path}`);
  await refused(
    /^Cannot use ssh-agent: it has no Ed25519 key, or it is locked; add a key/,
    AGENT,
    agent.socket,
  );
  await agent.run("ssh-add", "-q", one!, other!);
  const { key } = parsePublicKey(await Deno.readTextFile(`${other}.pub`));
  const fingerprint = await keyFingerprint(key);
  const several = await assertRejects(() => chooseIdentity(AGENT, machineWith(agent.socket)), IdentityError);
  assertMatch(several.message, /it has 2 Ed25519 keys; give the \.pub file of one of them/);
  assert(several.message.includes(`${fingerprint} (at ${other})`), several.message);
  assertEquals((await chooseIdentity(`${other}.pub`, machineWith(agent.socket))).key, key);
  await refused(
    /it does not have the key SHA256:\S+ \(at \S+absent\), or it is locked/,
    `${absent}.pub`,
    agent.socket,
  );
});

withAgent(
  "A key that ssh-agent has lost, or that is locked, is an error that says so",
  async (agent, folder) => {
    const path = join(folder, "key");
    await sshKey(path);
    await agent.run("ssh-add", "-q", path);
    const signer = await chooseIdentity(AGENT, machineWith(agent.socket));
    await agent.lock("secret");
    const error = await assertRejects(() => signMessage(signer, MESSAGE), IdentityError);
    assertMatch(
      error.message,
      /^Cannot use ssh-agent: it does not sign with ssh-ed25519 \S+: it was locked, lost/,
    );
    await refused(/it has no Ed25519 key, or it is locked/, AGENT, agent.socket);
    await agent.unlock("secret");
    await signMessage(signer, MESSAGE);
    await agent.run("ssh-add", "-q", "-D");
    await assertRejects(() => signMessage(signer, MESSAGE), IdentityError, "it does not sign");
  },
);

testInFolder(
  "Without an agent, or with a file in its place, the error says what to do",
  NO_POSIX,
  async (folder) => {
    for (const socket of [undefined, ""]) {
      await refused(/^Cannot use ssh-agent: SSH_AUTH_SOCK is not set; start an agent with/, AGENT, socket);
    }
    await refused(/^Cannot use ssh-agent at \S+: it does not exist$/, AGENT, join(folder, "none"));
    await Deno.writeTextFile(join(folder, "file"), "");
    await refused(/^Cannot use ssh-agent at \S+: connection refused$/, AGENT, join(folder, "file"));
  },
);

/** Serves one connection at a socket with an answer; `undefined` for none, until the client closes. */
async function answering(path: string, answer: Uint8Array | undefined): Promise<void> {
  using listener = Deno.listen({ transport: "unix", path });
  using connection = await listener.accept();
  await connection.read(new Uint8Array(1000));
  if (answer === undefined) {
    assertEquals(await connection.read(new Uint8Array(1)).catch(() => null), null);
  } else {
    // The client may close before it has taken a long answer.
    await connection.write(answer).catch(() => {});
  }
}

const framed = (...bytes: number[]) => sshStrings(Uint8Array.from(bytes));
const key = (await generatePrivateKey("")).key;

const ANSWERS: [what: string, answer: Uint8Array, why: RegExp][] = [
  ["closes at once", new Uint8Array(0), /it ended the connection$/],
  ["closes within an answer", Uint8Array.of(0, 0, 0, 9, 12), /it ended the connection$/],
  ["answers nothing", sshNumber(0), /it does not answer as an agent does$/],
  ["announces 4 GB", sshNumber(0xffffffff), /it does not answer as an agent does$/],
  [
    "answers text",
    new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
    /it does not answer as an agent/,
  ],
  ["answers another message", framed(14), /it does not answer as an agent does$/],
  ["fails", framed(5), /it does not list its keys$/],
  [
    "counts more keys than it has",
    framed(12, 0xff, 0xff, 0xff, 0xff),
    /it does not answer as an agent does$/,
  ],
  ["says more than it counts", framed(12, 0, 0, 0, 0, 7), /it does not answer as an agent does$/],
  [
    "has only garbage as keys",
    sshStrings(Uint8Array.of(12, 0, 0, 0, 1, ...sshStrings("x", "y"))),
    /no Ed25519 key/,
  ],
];

for (const [what, answer, why] of ANSWERS) {
  testInFolder(`An agent that ${what} is an error`, NO_POSIX, async (folder) => {
    const socket = join(folder, "socket");
    const served = answering(socket, answer);
    await refused(why, AGENT, socket);
    await served;
  });
}

/** A clock that tells when a time limit starts. */
class LimitClock extends ManualClock {
  started = Promise.withResolvers<void>();

  override after(ms: number, action: () => void): () => void {
    this.started.resolve();
    return super.after(ms, action);
  }

  /** Waits for the next time limit, and lets it pass. */
  async pass(ms: number): Promise<void> {
    await this.started.promise;
    this.started = Promise.withResolvers();
    this.advance(ms);
  }
}

testInFolder("An agent that never answers is left after its time", NO_POSIX, async (folder) => {
  const socket = join(folder, "socket");
  const clock = new LimitClock();
  let served = answering(socket, undefined);
  const choosing = assertRejects(() => chooseIdentity(AGENT, machineWith(socket, clock)), IdentityError);
  await clock.pass(LIST_LIMIT_MS);
  assertMatch((await choosing).message, /it has not answered for 5 s$/);
  await served;
  served = answering(
    socket,
    sshStrings(Uint8Array.of(12, 0, 0, 0, 1, ...sshStrings(publicKeyBlob(key), "ana"))),
  );
  const signer = await chooseIdentity(AGENT, machineWith(socket, clock));
  clock.started = Promise.withResolvers();
  await served;
  served = answering(socket, undefined);
  const signing = assertRejects(() => signMessage(signer, MESSAGE), IdentityError);
  await clock.pass(SIGN_LIMIT_MS);
  assertMatch((await signing).message, /it has not answered for 60 s$/);
  await served;
  assertEquals(clock.waiting, 0);
});

testInFolder("A signature of another key, or of garbage, is an error", NO_POSIX, async (folder) => {
  const socket = join(folder, "socket");
  const list = sshStrings(Uint8Array.of(12, 0, 0, 0, 1, ...sshStrings(publicKeyBlob(key), "ana")));
  const wrongs: [Uint8Array, RegExp][] = [
    [sshStrings("ssh-ed25519", new Uint8Array(64)), /its signature with ssh-ed25519 \S+ is wrong$/],
    [sshStrings("ssh-rsa", new Uint8Array(64)), /the signature must be one of an Ed25519 key: it is not$/],
    [sshStrings("ssh-ed25519", new Uint8Array(63)), /the signature must be one of an Ed25519 key/],
  ];
  for (const [signature, why] of wrongs) {
    let served = answering(socket, list);
    const signer = await chooseIdentity(AGENT, machineWith(socket));
    await served;
    served = answering(socket, sshStrings(Uint8Array.of(14, ...sshStrings(signature))));
    const { message } = await assertRejects(() => signMessage(signer, MESSAGE), IdentityError);
    assertMatch(message, why);
    await served;
  }
});

testInFolder("The file of a key is refused with its reason", NO_POSIX, async (folder) => {
  const path = join(folder, "key");
  await refused(/^Cannot use the key \S+key: it does not exist$/, path, undefined);
  await refused(/^Cannot use the key \S+: it must be a file: it is a folder$/, folder, undefined);
  await Deno.writeTextFile(path, "x".repeat(70_000));
  await refused(/it is too long for a key$/, path, undefined);
  await Deno.writeTextFile(path, "ssh-rsa AAAAB3NzaC1yc2E= ana\n");
  await refused(
    /^Cannot use the key \S+: it must be an Ed25519 key: it is an RSA key; make one/,
    path,
    undefined,
  );
  await Deno.writeTextFile(path, formatPublicKey({ key, comment: "ana" }));
  await refused(/SSH_AUTH_SOCK is not set/, path, undefined);
});
