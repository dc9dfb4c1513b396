/**
 * Keys in ssh-agent: the program at the socket that `SSH_AUTH_SOCK` names lists its keys and signs with them. Each
 * request has a connection of its own.
 *
 * @module
 */
import {
  formatPublicKey,
  KeyError,
  keyFingerprint,
  type PublicKey,
  sameKey,
  type Signer,
  verifyRaw,
} from "../../identity/mod.ts";
import { reasonOf, type Timer } from "../../runtime/mod.ts";
import {
  answerLength,
  LENGTH_BYTES,
  LIST_REQUEST,
  readKeys,
  readSignature,
  signRequest,
} from "./agent_messages.ts";
import { IdentityError } from "./identity_error.ts";

/** How long the agent may take to list its keys, in milliseconds. */
export const LIST_LIMIT_MS = 5_000;

/** How long the agent may take to sign, in milliseconds. It may ask the user first. */
export const SIGN_LIMIT_MS = 60_000;

/** What the agent needs of the machine. */
export interface AgentMachine {
  /** Returns an environment variable. */
  environment: (name: string) => string | undefined;
  /** Limits the time of a request. */
  clock: Timer;
}

/**
 * Finds a key in the agent.
 *
 * @param wanted the key; `undefined` for the only Ed25519 key that the agent has
 * @param machine see {@linkcode AgentMachine}
 * @returns signs with that key
 * @throws {IdentityError} if there is no agent, or it does not have the key, or not exactly one
 */
export async function agentSigner(wanted: PublicKey | undefined, machine: AgentMachine): Promise<Signer> {
  const path = socketPath(machine);
  const keys = await ask(LIST_REQUEST, {
    path,
    limitMs: LIST_LIMIT_MS,
    clock: machine.clock,
    read: readKeys,
  });
  const found = wanted === undefined
    ? await onlyKey(keys)
    : keys.find(({ key }) => sameKey(key, wanted.key)) ?? await missing(wanted);
  return { ...found, sign: (bytes) => sign(found.key, bytes, { path, clock: machine.clock }) };
}

/** Where a request goes. */
interface Socket {
  path: string;
  clock: Timer;
}

function socketPath({ environment }: AgentMachine): string {
  if (Deno.build.os === "windows") {
    throw new IdentityError(
      "Cannot use ssh-agent: Windows has no socket for it; use the file of a key instead",
    );
  }
  const path = environment("SSH_AUTH_SOCK");
  if (path === undefined || path === "") {
    throw new IdentityError(
      'Cannot use ssh-agent: SSH_AUTH_SOCK is not set; start an agent with eval "$(ssh-agent)" and run ssh-add',
    );
  }
  return path;
}

async function onlyKey(keys: readonly PublicKey[]): Promise<PublicKey> {
  const [only, ...others] = keys;
  if (only === undefined) {
    throw new IdentityError(
      "Cannot use ssh-agent: it has no Ed25519 key, or it is locked; add a key with ssh-add, or unlock it with " +
        "ssh-add -X",
    );
  }
  if (others.length === 0) return only;
  const list = await Promise.all(
    keys.map(async ({ key, comment }) => nameOf(await keyFingerprint(key), comment)),
  );
  throw new IdentityError(
    `Cannot use ssh-agent: it has ${keys.length} Ed25519 keys; give the .pub file of one of them instead of ` +
      `"agent": ${list.join(", ")}`,
  );
}

async function missing({ key, comment }: PublicKey): Promise<never> {
  throw new IdentityError(
    `Cannot use ssh-agent: it does not have the key ${
      nameOf(await keyFingerprint(key), comment)
    }, or it is ` +
      "locked; add the key with ssh-add, or unlock the agent with ssh-add -X",
  );
}

function nameOf(fingerprint: string, comment: string): string {
  return comment === "" ? fingerprint : `${fingerprint} (${comment})`;
}

async function sign(
  key: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  { path, clock }: Socket,
): Promise<Uint8Array<ArrayBuffer>> {
  const signature = await ask(signRequest(key, bytes), {
    path,
    limitMs: SIGN_LIMIT_MS,
    clock,
    read: readSignature,
  });
  const name = formatPublicKey({ key, comment: "" });
  if (signature === undefined) {
    throw new IdentityError(
      `Cannot use ssh-agent: it does not sign with ${name}: it was locked, lost the key, or you said no`,
    );
  }
  if (!await verifyRaw(key, signature, bytes)) {
    throw new IdentityError(`Cannot use ssh-agent: its signature with ${name} is wrong`);
  }
  return signature;
}

/** Sends a request and reads the answer. */
async function ask<Answer>(
  request: Uint8Array,
  { path, limitMs, clock, read }: Socket & {
    limitMs: number;
    read: (answer: Uint8Array<ArrayBuffer>) => Answer;
  },
): Promise<Answer> {
  const fail = (error: unknown) =>
    new IdentityError(`Cannot use ssh-agent at ${path}: ${reasonOf(error)}`, { cause: error });
  let connection: Deno.Conn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    throw fail(error);
  }
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(limitMs, () => {
    late.reject(new KeyError(`it has not answered for ${limitMs / 1000} s`));
  });
  const answering = exchange(connection, request);
  try {
    return read(await Promise.race([answering, late.promise]));
  } catch (error) {
    throw fail(error);
  } finally {
    cancel();
    connection.close();
    // Closing ends a read that is still under way.
    await answering.catch(() => {});
  }
}

async function exchange(connection: Deno.Conn, request: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  for (let written = 0; written < request.length;) {
    written += await connection.write(request.subarray(written));
  }
  return await readFully(connection, answerLength(await readFully(connection, LENGTH_BYTES)));
}

async function readFully(connection: Deno.Conn, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const count = await connection.read(bytes.subarray(filled));
    if (count === null) throw new KeyError("it ended the connection");
    filled += count;
  }
  return bytes;
}
