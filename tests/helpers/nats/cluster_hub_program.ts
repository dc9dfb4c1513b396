/**
 * Hubs of a cluster as programs: each has its own data folder, which stays when the program is started again.
 *
 * @module
 */
import { OriginalClient, type Received } from "../clients/original_client.ts";
import { DataFolder } from "../hubs/history.ts";
import { withDeadline } from "../deadline.ts";
import { HubProgram, run } from "../program.ts";
import { JetStreamApi, streamNames } from "../../../server/nats/mod.ts";
import { NatsClient } from "./log_reader.ts";
import { NatsServer } from "./nats_server.ts";

/**
 * Makes the flags of a hub of a cluster.
 *
 * @param nats a server of NATS
 * @param folder the data folder
 * @returns its flags
 */
export function clusterFlags(nats: Pick<NatsServer, "url">, folder: DataFolder): string[] {
  return ["--cluster", nats.url, "--history", "on", "--keep", "1d,16MiB", "--data", folder.path];
}

/**
 * Starts a hub of a cluster.
 *
 * @param nats a server of NATS
 * @param folder the data folder
 * @param more further flags
 * @returns the hub
 */
export function startClusterHub(
  nats: Pick<NatsServer, "url">,
  folder: DataFolder,
  ...more: string[]
): Promise<HubProgram> {
  return HubProgram.start([...clusterFlags(nats, folder), ...more]);
}

/**
 * Waits for the next chat message of a client.
 *
 * @param client the client
 * @returns its number and its text
 */
export async function nextLine(client: OriginalClient): Promise<string> {
  const { message } = await client.nextOf(200) as Received & {
    message: { message: string; sequence: number };
  };
  return `${message.sequence} ${message.message}`;
}

/**
 * Waits until a client is welcome, or is refused.
 *
 * @param client the client, which has sent its hello
 * @returns its name, or the error word
 */
export async function outcome(client: OriginalClient): Promise<unknown> {
  const { username, error } = await client.until(({ code }) => code === 210 || code === 206);
  return username ?? error;
}

/**
 * Connects to a hub as a proxy on this machine does for a client.
 *
 * @param hub the hub, which runs with `--proxy 127.0.0.1`
 * @param address the address of the client
 * @returns the client
 */
export async function connectFrom({ port }: HubProgram, address: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  await client.sendRaw(new TextEncoder().encode(`PROXY TCP4 ${address} ${address} 51201 8000\r\n`));
  return client;
}

/**
 * Runs a command on a data folder until it prints something, as what a hub does reaches the others a moment later.
 *
 * @param folder the data folder of a hub
 * @param command the command, without the folder
 * @param text what it prints in the end
 */
export async function untilPrinted(folder: DataFolder, command: string[], text: string): Promise<void> {
  let printed = "";
  let isOver = false;
  const trying = (async () => {
    while (!isOver && !printed.includes(text)) {
      const { stdout, stderr } = await run([...command, "--data", folder.path]);
      printed = stdout + stderr;
    }
  })();
  try {
    await withDeadline(trying, () => `waiting for ${text} in ${printed}`);
  } finally {
    isOver = true;
  }
}

/** Two hubs of a cluster, with a server of NATS of their own. */
export class TwoHubs implements AsyncDisposable {
  /** The server of NATS. */
  readonly nats: NatsServer;
  /** The hubs, as they were started last. */
  readonly hubs: HubProgram[] = [];
  /** Their data folders. */
  readonly folders: readonly [DataFolder, DataFolder] = [new DataFolder(), new DataFolder()];

  private constructor(nats: NatsServer) {
    this.nats = nats;
  }

  /**
   * Starts the server and both hubs.
   *
   * @param flags further flags of both
   * @returns the hubs
   */
  static async start(...flags: string[]): Promise<TwoHubs> {
    const two = new TwoHubs(await NatsServer.start());
    try {
      await Promise.all([two.startHub(0, ...flags), two.startHub(1, ...flags)]);
    } catch (error) {
      await two[Symbol.asyncDispose]();
      throw error;
    }
    return two;
  }

  /**
   * Starts a hub, the first time or again.
   *
   * @param index which one
   * @param more further flags
   */
  async startHub(index: 0 | 1, ...more: string[]): Promise<void> {
    this.hubs[index] = await startClusterHub(this.nats, this.folders[index], ...more);
  }

  /**
   * Connects a client that speaks the extension.
   *
   * @param index the hub
   * @param username its name
   * @param more further fields of its hello
   * @returns the client; the answer to its hello is still to be read
   */
  async join(index: 0 | 1, username: string, more: Record<string, unknown> = {}): Promise<OriginalClient> {
    const client = await OriginalClient.connect(this.hubs[index]!.port);
    await client.nextOf(202);
    await client.sendJson({ code: 102, client: "test/1", username, ref: "hello", ...more });
    return client;
  }

  /** Ends the hubs and the server, and removes what they stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const hub of this.hubs) await hub?.[Symbol.asyncDispose]();
    await this.nats[Symbol.asyncDispose]();
    for (const folder of this.folders) folder[Symbol.dispose]();
  }
}

/**
 * Reads the settings of the log of the cluster `main`.
 *
 * @param nats a server of NATS
 * @returns its age, size and replicas
 */
export async function logConfig(nats: Pick<NatsServer, "url">): Promise<unknown> {
  await using client = await NatsClient.connect([nats.url]);
  const { config } = await new JetStreamApi(client.connection).call<{ config: Record<string, unknown> }>(
    `STREAM.INFO.${streamNames("main").log}`,
  );
  return [config["max_age"], config["max_bytes"], config["num_replicas"]];
}
