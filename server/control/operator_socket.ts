/**
 * The side of the hub: answers the requests of operators. One connection carries one request and one answer, each a
 * line of JSON; the side that has written its line ends its half of the connection.
 *
 * Rules: only the owner may connect. A program that is slow, or sends nonsense, costs a connection for some seconds.
 *
 * @module
 */
import { timeLimit } from "../../runtime/mod.ts";
import {
  OperatorError,
  type OperatorHandler,
  type OperatorResult,
  parseOperatorRequest,
} from "./operator_request.ts";
import { listenPrivately, readToEnd, writeWhole } from "./unix_socket.ts";

/** The name of the socket in the data folder. */
export const OPERATOR_SOCKET_FILE = "operator.sock";

/** How long a program may take for its request, in milliseconds. */
const REQUEST_MS = 10_000;

/** The longest request, in bytes. */
const MAX_REQUEST_BYTES = 65_536;

/** How long to wait after accepting has failed, in milliseconds. */
const ACCEPT_RETRY_MS = 1000;

/** The socket of a running hub. */
export class OperatorSocket {
  readonly #listener: Deno.UnixListener;
  readonly #handle: OperatorHandler;
  #open = true;

  private constructor(listener: Deno.UnixListener, handle: OperatorHandler) {
    this.#listener = listener;
    this.#handle = handle;
    this.#run();
  }

  /**
   * Opens the socket and answers.
   *
   * @param path the path of the socket, in a folder that only this process uses
   * @param handle carries out the requests
   * @returns the socket
   * @throws the error of the operating system if it cannot be created
   */
  static async open(
    path: string,
    handle: OperatorHandler,
  ): Promise<OperatorSocket> {
    return new OperatorSocket(await listenPrivately(path), handle);
  }

  /** Stops answering. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listener.close();
  }

  async #run(): Promise<void> {
    while (this.#open) {
      try {
        // Not awaited: the next program need not wait.
        this.#answer(await this.#listener.accept());
      } catch {
        if (this.#open) await timeLimit(ACCEPT_RETRY_MS).over;
      }
    }
  }

  async #answer(connection: Deno.UnixConn): Promise<void> {
    using _ = connection;
    using limit = timeLimit(REQUEST_MS);
    const text = readToEnd(connection, MAX_REQUEST_BYTES);
    const line = await Promise.race([text, limit.over]);
    if (line === undefined) return;
    try {
      await writeWhole(connection, JSON.stringify(this.#carryOut(line)) + "\n");
    } catch {
      // The program has gone.
    }
  }

  #carryOut(line: string): OperatorResult {
    const request = parseOperatorRequest(line);
    if (request === undefined) {
      return { error: "the hub does not know this request: it is another version than this program" };
    }
    try {
      return this.#handle(request) ??
        { error: "Cannot do that: this hub was started without what it needs (a history, or --name-days)" };
    } catch (error) {
      if (error instanceof OperatorError) return { error: error.message };
      return { error: `the hub failed: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
}
