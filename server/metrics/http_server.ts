/**
 * A small HTTP server for short answers to GET and HEAD, on a port of its own.
 *
 * Rules: a connection has `METRICS_REQUEST_MS` from its beginning to its end; at most `METRICS_MAX_REQUESTS` are open,
 * and more are closed at once; nothing that a client sends is an error of the hub.
 *
 * @module
 */
import { type HttpAnswer, HttpConnection, HttpProblem, type HttpRequest } from "../http/mod.ts";
import { ACCEPT_RETRY_MS, METRICS_MAX_REQUESTS, METRICS_REQUEST_MS } from "../limits.ts";
import { systemClock, type Timers } from "../../runtime/mod.ts";

/** An answer. */
export interface Answer {
  /** The HTTP status. */
  status: number;
  /** The text. */
  text: string;
  /** The type of the text; plain text by default. */
  contentType?: string;
}

/** A running server. */
export class HttpServer {
  readonly #listener: Deno.TcpListener;
  readonly #answer: (path: string) => Answer;
  readonly #timers: Timers;
  readonly #open = new Map<Deno.TcpConn, Promise<void>>();
  readonly #running: Promise<void>;

  /**
   * Listens.
   *
   * @param address the host and the port; port 0 picks a free one
   * @param answer gives the answer for a path
   * @param timers the timers
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
   */
  constructor(
    address: { hostname: string; port: number },
    answer: (path: string) => Answer,
    timers: Timers,
  ) {
    this.#listener = Deno.listen(address);
    this.#answer = answer;
    this.#timers = timers;
    this.#running = this.#accept();
  }

  /** The address it listens on. */
  get address(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  /** Closes the server and its connections. */
  async close(): Promise<void> {
    this.#listener.close();
    await this.#running;
    for (const connection of this.#open.keys()) close(connection);
    await Promise.all(this.#open.values());
  }

  async #accept(): Promise<void> {
    for (;;) {
      let connection: Deno.TcpConn;
      try {
        connection = await this.#listener.accept();
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        // No descriptor is free, or the client has gone.
        await new Promise<void>((resolve) => void this.#timers.after(ACCEPT_RETRY_MS, resolve));
        continue;
      }
      if (this.#open.size >= METRICS_MAX_REQUESTS) close(connection);
      else {
        this.#open.set(connection, this.#serve(connection).finally(() => this.#open.delete(connection)));
      }
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const cancel = this.#timers.after(METRICS_REQUEST_MS, () => close(connection));
    const { hostname: address } = connection.remoteAddr;
    await new HttpConnection(connection, {
      handler: (request) => this.#handle(request),
      address,
      secure: false,
      timers: this.#timers,
      wall: systemClock.wall,
      // An answer that fails tells its client.
      internalError: () => {},
    }).serve();
    cancel();
  }

  #handle({ method, path }: HttpRequest): HttpAnswer {
    if (method !== "GET" && method !== "HEAD") {
      throw new HttpProblem(405, `Cannot do ${method} here: use GET or HEAD`, {
        headers: { allow: "GET, HEAD" },
      });
    }
    const { status, text, contentType = "text/plain; charset=utf-8" } = this.#answerTo("/" + path.join("/"));
    return { status, headers: { "content-type": contentType, connection: "close" }, body: text };
  }

  #answerTo(path: string): Answer {
    try {
      return this.#answer(path);
    } catch (error) {
      return { status: 500, text: `Internal error: ${error}\n` };
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
