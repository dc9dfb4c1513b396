/**
 * Three servers of NATS that are one cluster, for tests of what survives the loss of one.
 *
 * @module
 */
import { keptPorts } from "../kept_ports.ts";
import { NatsServer } from "./nats_server.ts";

/** Three servers that are one cluster. */
export class NatsCluster implements AsyncDisposable {
  /** The servers. */
  readonly servers: readonly NatsServer[];
  /** Their ports for each other. */
  readonly ports: readonly number[];

  private constructor(servers: NatsServer[], ports: readonly number[]) {
    this.servers = servers;
    this.ports = ports;
  }

  /**
   * Starts three servers.
   *
   * @param config lines of the configuration of each
   * @returns the cluster; JetStream is ready
   */
  static async start(config = ""): Promise<NatsCluster> {
    // Routes must be known before the servers start.
    const ports = keptPorts(3);
    const started = await Promise.allSettled(
      ports.map((port, index) =>
        NatsServer.start({ config, cluster: { name: `s${index + 1}`, port, routes: ports } })
      ),
    );
    const servers = started.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    const cluster = new NatsCluster(servers, ports);
    try {
      for (const result of started) if (result.status === "rejected") throw result.reason;
      await cluster.ready();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The addresses of the servers. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  /** Waits until JetStream of each server is ready. */
  async ready(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.ready()));
  }

  /**
   * Returns a server.
   *
   * @param name its name, such as that of the leader of a stream
   */
  server(name: string): NatsServer {
    const found = this.servers.find((server) => server.name === name);
    if (found === undefined) throw new Error(`no server is named ${name}`);
    return found;
  }

  /** Ends the servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
  }
}
