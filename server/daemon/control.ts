/**
 * The control socket. A program that connects gets the status of the hub as one line of JSON; it sends nothing.
 *
 * Rules: only the owner may connect (the file has mode 0600, its folder 0700). The socket exists from the time when the
 * pidfile is complete until the process ends. So the process that accepts connections is the one in the pidfile, even
 * if it is too busy to answer.
 *
 * @module
 */
import { reasonOf, timeLimit } from "../../runtime/mod.ts";
import { listenPrivately, readToEnd, writeWhole } from "../control/mod.ts";
import { DaemonError } from "./error.ts";
import { ACCEPT_RETRY_MS } from "./limits.ts";
import { type HubReport, parseReport, serializeReport } from "./record.ts";

/** The errors if there is no socket, a socket without a process, or one that is being closed. */
const NO_HUB_ERRORS = [Deno.errors.NotFound, Deno.errors.ConnectionRefused, Deno.errors.ConnectionReset];

/** The result of a query: a report, `silent` if a process is there but does not answer, `none` if none is there. */
export type QueryResult = { report: HubReport } | "silent" | "none";

/** The side of the hub. */
export class ControlSocket {
  readonly #listener: Deno.UnixListener;
  #open = true;

  private constructor(listener: Deno.UnixListener, report: () => HubReport) {
    this.#listener = listener;
    this.#run(report);
  }

  /**
   * Opens the socket and answers. The caller holds the lock, so an existing socket belongs to a process that has ended.
   *
   * @param path the path of the socket
   * @param report returns the status of the hub
   * @returns the socket
   * @throws {DaemonError} if it cannot be created
   */
  static async open(path: string, report: () => HubReport): Promise<ControlSocket> {
    try {
      return new ControlSocket(await listenPrivately(path), report);
    } catch (error) {
      throw new DaemonError(`Cannot create the control socket ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Stops answering. */
  close(): void {
    this.#open = false;
    this.#listener.close();
  }

  async #run(report: () => HubReport): Promise<void> {
    while (this.#open) {
      try {
        const connection = await this.#listener.accept();
        // Not awaited: a program that does not read costs only a connection, and belongs to the same user.
        sendReport(connection, serializeReport(report()));
      } catch {
        if (this.#open) await timeLimit(ACCEPT_RETRY_MS).over;
      }
    }
  }
}

async function sendReport(connection: Deno.UnixConn, line: string): Promise<void> {
  using _ = connection;
  try {
    await writeWhole(connection, line);
  } catch {
    // The other side has closed the connection.
  }
}

/**
 * Queries the status of a hub.
 *
 * @param path the path of its control socket
 * @param timeoutMs how long it may take to answer, in milliseconds
 * @returns the result
 * @throws {DaemonError} if connecting is not permitted
 */
export async function queryHub(path: string, timeoutMs: number): Promise<QueryResult> {
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (NO_HUB_ERRORS.some((type) => error instanceof type)) return "none";
    // The queue of connections to accept is full.
    if (error instanceof Deno.errors.WouldBlock) return "silent";
    throw new DaemonError(`Cannot connect to ${path}: ${reasonOf(error)}`, { cause: error });
  }
  using limit = timeLimit(timeoutMs);
  const text = readToEnd(connection);
  try {
    const answer = await Promise.race([text, limit.over]);
    // The process ended before it answered.
    if (answer === "") return "none";
    const report = answer === undefined ? undefined : parseReport(answer);
    return report === undefined ? "silent" : { report };
  } finally {
    connection.close();
    await text;
  }
}
