/**
 * The control socket: whoever connects is told who the hub is and how it does, as one line of JSON, and nothing is asked.
 *
 * Rules: only the owner may connect (the file has mode 0600, its folder 0700). It is there from the moment at which the
 * pidfile is right until the process ends, so that one who takes connections here is the process that the pidfile names,
 * even where it is too busy to answer.
 *
 * @module
 */
import { reasonOf, timeLimit } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { ACCEPT_RETRY_MS } from "./limits.ts";
import { type HubReport, parseReport, serializeReport } from "./record.ts";

const MODE = 0o600;

/** What the system says where there is no socket, one that was left behind, or one that is just being closed. */
const NOBODY = [Deno.errors.NotFound, Deno.errors.ConnectionRefused, Deno.errors.ConnectionReset];

/** What came of asking: the hub's report, that somebody is there who says nothing, or that nobody is. */
export type Answer = { report: HubReport } | "mute" | "nobody";

/** The hub's end. */
export class ControlSocket {
  readonly #listener: Deno.UnixListener;
  #open = true;

  private constructor(listener: Deno.UnixListener, report: () => HubReport) {
    this.#listener = listener;
    this.#run(report);
  }

  /**
   * Begins to answer. One who calls this holds the lock, so that a socket which is there was left by one who is gone.
   *
   * @param path where the socket is to be
   * @param report says who the hub is and how it does
   * @returns the socket
   * @throws {DaemonError} where there cannot be one
   */
  static async open(path: string, report: () => HubReport): Promise<ControlSocket> {
    try {
      await removeIfThere(path);
      const listener = Deno.listen({ transport: "unix", path });
      await Deno.chmod(path, MODE);
      return new ControlSocket(listener, report);
    } catch (error) {
      throw new DaemonError(`Cannot make the control socket ${path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Answers no more. */
  close(): void {
    this.#open = false;
    this.#listener.close();
  }

  async #run(report: () => HubReport): Promise<void> {
    while (this.#open) {
      try {
        const connection = await this.#listener.accept();
        // One who asks and then takes nothing costs a connection, and is one of ours in any case.
        answer(connection, serializeReport(report()));
      } catch {
        if (this.#open) await timeLimit(ACCEPT_RETRY_MS).over;
      }
    }
  }
}

async function answer(connection: Deno.UnixConn, line: string): Promise<void> {
  using _ = connection;
  try {
    await writeAll(connection, line);
  } catch {
    // Whoever asked has gone.
  }
}

async function writeAll(connection: Deno.UnixConn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

/**
 * Asks a hub who it is and how it does.
 *
 * @param path where its control socket is
 * @param patienceMs how long it may take to answer, in milliseconds
 * @returns what came of it
 * @throws {DaemonError} where the socket must not be connected to
 */
export async function ask(path: string, patienceMs: number): Promise<Answer> {
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (NOBODY.some((one) => error instanceof one)) return "nobody";
    // Those who wait to be taken are more than the system has room for.
    if (error instanceof Deno.errors.WouldBlock) return "mute";
    throw new DaemonError(`Cannot ask ${path}: ${reasonOf(error)}`, { cause: error });
  }
  using limit = timeLimit(patienceMs);
  const text = readAll(connection);
  try {
    const said = await Promise.race([text, limit.over]);
    // It ended before it came to answer.
    if (said === "") return "nobody";
    const report = said === undefined ? undefined : parseReport(said);
    return report === undefined ? "mute" : { report };
  } finally {
    connection.close();
    await text;
  }
}

/** All that comes until the end, or until it breaks off. */
async function readAll(connection: Deno.UnixConn): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(16_384);
  let text = "";
  try {
    for (let count; (count = await connection.read(chunk)) !== null;) {
      text += decoder.decode(chunk.subarray(0, count), { stream: true });
    }
  } catch {
    // It was closed here, or its process ended: what came so far is no whole answer, which the reader of it sees.
  }
  return text;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
