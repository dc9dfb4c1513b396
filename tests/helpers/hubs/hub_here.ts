/**
 * A hub in this process, on a port of its own.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";

/** A hub that listens on loopback until it is disposed of. */
export class HubHere implements AsyncDisposable {
  readonly #hub: RunningHub;
  /** Where it listens. */
  readonly port: number;

  /**
   * Starts it.
   *
   * @param options its port, 0 for any that is free, and how many connections it takes, 0 for any number
   */
  constructor({ port = 0, maxConnections = 0 } = {}) {
    this.#hub = startHub({ host: "127.0.0.1", port, maxConnections }, getLogger("hub in a test"));
    this.port = this.#hub.address.port;
  }

  /** Stops it, after telling everyone. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#hub.stop();
  }
}
