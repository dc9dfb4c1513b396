/**
 * A hub in the process of the test, on a port of its own.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";

/** A hub that listens on loopback until it is disposed. */
export class HubHere implements AsyncDisposable {
  readonly #hub: RunningHub;
  /** Its port. */
  readonly port: number;

  /**
   * Starts it.
   *
   * @param options its host, its port, 0 for a free one, the maximum number of connections, 0 for no limit, and
   * the other hubs of the chat
   */
  constructor({ host = "127.0.0.1", port = 0, maxConnections = 0, peers = [] as string[] } = {}) {
    this.#hub = startHub({ host, port, maxConnections, peers }, getLogger("hub in a test"));
    this.port = this.#hub.address.port;
  }

  /** Notifies all clients and stops the hub. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#hub.stop();
  }
}
