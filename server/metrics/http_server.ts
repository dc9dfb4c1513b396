/**
 * A small HTTP server for short answers to GET and HEAD: one request a connection, without a body. `Deno.serve` has no
 * time limit for a request, so clients that send half a request would hold file descriptors forever.
 *
 * Rules: a connection has `METRICS_REQUEST_MS` from its beginning to its end; at most `METRICS_MAX_REQUESTS` are open,
 * and more are closed at once; nothing that a client sends is an error of the hub.
 *
 * @module
 */
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

/** The longest head of a request that is read, in bytes. */
const MAX_HEAD_BYTES = 8192;

const REASONS: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

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
    try {
      const head = await readHead(connection);
      if (head === undefined) return;
      await writeAll(connection, this.#response(head));
      await connection.closeWrite();
      // Closing with unread bytes would destroy the answer.
      const rest = new Uint8Array(4096);
      while (await connection.read(rest) !== null);
    } catch {
      // The client has gone, or its time is over.
    } finally {
      cancel();
      close(connection);
    }
  }

  #answerTo(path: string): Answer {
    try {
      return this.#answer(path);
    } catch (error) {
      return { status: 500, text: `Internal error: ${error}\n` };
    }
  }

  #response(head: string): Uint8Array {
    const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r?\n/.exec(head) ?? [];
    let answer: Answer;
    if (head.length >= MAX_HEAD_BYTES) answer = { status: 431, text: "The request is too long.\n" };
    else if (target === undefined) answer = { status: 400, text: "Bad request. Use HTTP/1.1.\n" };
    else if (method !== "GET" && method !== "HEAD") {
      answer = { status: 405, text: "Method not allowed. Use GET or HEAD.\n" };
    } else answer = this.#answerTo(target.replace(/^https?:\/\/[^/]*/, "").replace(/[?#].*$/s, ""));
    const { status, text, contentType = "text/plain; charset=utf-8" } = answer;
    const body = new TextEncoder().encode(text);
    const lines = [
      `HTTP/1.1 ${status} ${REASONS[status]}`,
      `date: ${new Date(systemClock.wall()).toUTCString()}`,
      `content-type: ${contentType}`,
      `content-length: ${body.length}`,
      ...status === 405 ? ["allow: GET, HEAD"] : [],
      "connection: close",
    ];
    const start = new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
    if (method === "HEAD") return start;
    const response = new Uint8Array(start.length + body.length);
    response.set(start);
    response.set(body, start.length);
    return response;
  }
}

/** Reads the head of a request up to its empty line; `undefined` if the client closes before. */
async function readHead(connection: Deno.TcpConn): Promise<string | undefined> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  for (let length = 0; length < buffer.length;) {
    const count = await connection.read(buffer.subarray(length));
    if (count === null) return undefined;
    length += count;
    const head = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    if (length === buffer.length || /\r?\n\r?\n/.test(head)) return head;
  }
  return undefined;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await connection.write(bytes.subarray(written));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
