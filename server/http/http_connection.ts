/**
 * Serves one connection: reads a request, has it answered, and reads the next one.
 *
 * Rules:
 * - One request at a time; further ones wait, at most {@linkcode MAX_WAITING_BYTES} of them in memory.
 * - A head, a body and each write have a time limit, so that nobody holds a connection by being slow (slowloris). A
 *   stream may last as long as its client reads it.
 * - After an error in the framing the connection is closed, as nothing that follows can be trusted.
 * - Before closing, the client is told that nothing more comes and may read on for `LINGER_MS`: closing a socket with
 *   unread bytes would destroy the answer.
 * - When the client of a stream goes, the signal of its request is aborted.
 *
 * It is long because reading, answering and closing share the state of one connection.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import { HTTP_BODY_MS, HTTP_HEAD_MS, HTTP_IDLE_MS, HTTP_WRITE_MS, LINGER_MS } from "../limits.ts";
import { ByteReader } from "./byte_reader.ts";
import type { HttpAnswer, HttpHandler, HttpRequest, TakeOver } from "./message.ts";
import { HttpProblem } from "./problem.ts";
import { concat, Gone, RequestBody } from "./request_body.ts";
import { parseHead, pathOf, type RequestHead } from "./request_head.ts";
import { answerHead } from "./response.ts";

/** The part of a connection that is used. */
export type Socket = Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close">;

/** Options of a connection. */
export interface HttpConnectionOptions {
  /** Answers its requests. */
  handler: HttpHandler;
  /** The address of the client. */
  address: string;
  /** Whether it uses TLS. */
  secure: boolean;
  /** For the time limits. */
  timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  wall(): number;
  /** Reports an error that no client causes. */
  internalError(error: unknown): void;
}

/** The largest head of a request, in bytes. */
const MAX_HEAD_BYTES = 16_384;

/** How many bytes of further requests are read while one is answered. */
const MAX_WAITING_BYTES = 16_384;

/** An unread body up to this many bytes is read, so that the next request can follow. */
const MAX_SKIPPED_BYTES = 65_536;

/** One connection. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #options: HttpConnectionOptions;
  readonly #reader: ByteReader;
  #closed = false;
  /** Whether no request is being answered. */
  #idle = true;
  #finishing = false;
  #streaming = false;

  /**
   * Takes a connection over.
   *
   * @param socket the connection, which is closed at the end unless another protocol takes it over
   * @param options see {@linkcode HttpConnectionOptions}
   */
  constructor(socket: Socket, options: HttpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = new ByteReader(socket);
  }

  /**
   * Serves requests until the connection ends or is taken over. Never rejects.
   *
   * @returns whether it was taken over
   */
  async serve(): Promise<boolean> {
    try {
      const takeOver = await this.#serveAll();
      takeOver?.();
      if (takeOver !== undefined) return true;
      await this.#end();
    } catch (error) {
      // Any other error is that of a connection that has failed.
      if (error instanceof TypeError || error instanceof RangeError) this.#options.internalError(error);
    }
    this.close();
    return false;
  }

  /** Ends the connection after the answer that is being written, or at once if there is none. */
  finish(): void {
    this.#finishing = true;
    if (this.#idle) this.close();
  }

  /** Serves requests; returns what takes the connection over, or nothing when it is to be closed. */
  async #serveAll(): Promise<(() => void) | undefined> {
    for (let isFirst = true;; isFirst = false) {
      this.#idle = true;
      const head = await this.#head(isFirst);
      this.#idle = false;
      if (head === undefined) return undefined;
      if ("answer" in head) {
        await this.#write(head.answer, { isHead: false, isVersion11: true, keepAlive: false });
        return undefined;
      }
      const { keepAlive, takeOver } = await this.#serveOne(head);
      if (takeOver !== undefined) return () => takeOver(this.#reader.takeWaiting());
      if (!keepAlive) return undefined;
    }
  }

  /** Lets the client read the last answer. */
  async #end(): Promise<void> {
    const cancel = this.#options.timers.after(LINGER_MS, () => this.close());
    try {
      await this.#socket.closeWrite();
      const scratch = new Uint8Array(4096);
      this.#reader.takeWaiting();
      while (await this.#socket.read(scratch) !== null);
    } finally {
      cancel();
    }
  }

  /** Closes the connection at once. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
  }

  /** Reads a head; an answer if it is not valid, nothing if the client has gone or was silent too long. */
  async #head(isFirst: boolean): Promise<RequestHead | { answer: HttpAnswer } | undefined> {
    const reader = this.#reader;
    if (!isFirst && reader.waiting === 0 && !await this.#inTime(HTTP_IDLE_MS, () => reader.fill())) {
      return undefined;
    }
    try {
      const head = await this.#inTime(HTTP_HEAD_MS, () => reader.until("\r\n\r\n", MAX_HEAD_BYTES));
      if (head === undefined) return undefined;
      if (head === "too long") {
        throw new HttpProblem(431, `Cannot read the request: its head has over ${MAX_HEAD_BYTES} bytes`);
      }
      return parseHead(head.text);
    } catch (error) {
      if (error instanceof HttpProblem) return { answer: error.answer };
      throw error;
    }
  }

  /** Answers a request; returns whether another one may follow. */
  async #serveOne(head: RequestHead): Promise<{ keepAlive: boolean; takeOver?: TakeOver }> {
    const { isVersion11, method } = head;
    const body = new RequestBody(this.#reader, head);
    const gone = new AbortController();
    let answer: HttpAnswer;
    try {
      const { path, query } = pathOf(head.target);
      const { address, secure, handler } = this.#options;
      const request: HttpRequest = {
        method,
        path,
        query,
        headers: head.headers,
        address,
        secure,
        signal: gone.signal,
        body: (limit) => this.#body(head, body, limit),
      };
      answer = await handler(request);
    } catch (error) {
      if (error instanceof Gone) throw error;
      if (!(error instanceof HttpProblem)) this.#options.internalError(error);
      answer =
        (error instanceof HttpProblem ? error : new HttpProblem(500, "An internal error, which is logged"))
          .answer;
    }
    if (answer.takeOver !== undefined) {
      await this.#send(answerHead(answer.status, answer.headers ?? {}));
      return { keepAlive: false, takeOver: answer.takeOver };
    }
    const keepAlive = head.keepAlive && answer.headers?.connection !== "close" && !this.#finishing &&
      !body.isBroken &&
      (body.isRead || await this.#skip(body));
    await this.#write(answer, { isHead: method === "HEAD", isVersion11, keepAlive }, gone);
    return { keepAlive };
  }

  /** Reads a body for the handler. */
  async #body(head: RequestHead, body: RequestBody, limit: number): Promise<Uint8Array> {
    try {
      await this.#continue(head, body, limit);
      return await this.#inTime(HTTP_BODY_MS, () => body.read(limit));
    } catch (error) {
      if (error instanceof HttpProblem || error instanceof TypeError || error instanceof RangeError) {
        throw error;
      }
      // The connection has failed, or the client was too slow: no fault of the handler, which only passes it on.
      throw error instanceof Gone ? error : new Gone("the client has gone", { cause: error });
    }
  }

  /** Tells a client that waits for it that its body is welcome (RFC 9110, section 10.1.1). */
  async #continue({ headers, isVersion11 }: RequestHead, body: RequestBody, limit: number): Promise<void> {
    body.checkLength(limit);
    const expectation = headers.get("expect");
    if (expectation === null || body.isRead || !isVersion11) return;
    if (expectation.toLowerCase() !== "100-continue") {
      throw new HttpProblem(417, `Cannot do what the header Expect says: ${JSON.stringify(expectation)}`);
    }
    await this.#send(new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n"));
  }

  /** Reads a body that nobody wanted; returns whether all of it was read. */
  async #skip(body: RequestBody): Promise<boolean> {
    try {
      await this.#inTime(HTTP_BODY_MS, () => body.read(MAX_SKIPPED_BYTES));
      return true;
    } catch (error) {
      if (error instanceof HttpProblem) return false;
      throw error;
    }
  }

  /**
   * Aborts when the client goes while it is sent a stream. Neither earlier nor later: who takes a connection over reads
   * itself.
   */
  #watch(gone: AbortController): void {
    const abort = () => gone.abort(new Gone());
    const next = (): void => {
      if (!this.#streaming || this.#reader.waiting > MAX_WAITING_BYTES) return;
      this.#reader.fill().then((more) => more ? next() : abort(), abort);
    };
    next();
  }

  async #write(
    { status, headers = {}, body = "" }: HttpAnswer,
    { isHead, isVersion11, keepAlive }: { isHead: boolean; isVersion11: boolean; keepAlive: boolean },
    gone = new AbortController(),
  ): Promise<void> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const isStream = !(bytes instanceof Uint8Array);
    const hasNoBody = status === 204 || status === 304;
    const head = answerHead(status, {
      date: new Date(this.#options.wall()).toUTCString(),
      ...headers,
      ...hasNoBody
        ? {}
        : !isStream
        ? { "content-length": String(bytes.length) }
        : isVersion11
        ? { "transfer-encoding": "chunked" }
        : {},
      // A body without a length ends with the connection.
      ...keepAlive && (isVersion11 || !isStream)
        ? isVersion11 ? {} : { connection: "keep-alive" }
        : { connection: "close" },
    });
    if (isHead || hasNoBody) return await this.#send(head);
    if (!isStream) return await this.#send(concat(head, bytes));
    this.#streaming = true;
    this.#watch(gone);
    await this.#send(head);
    await this.#stream(bytes, isVersion11, gone.signal);
    this.#streaming = false;
  }

  /** Writes a body of unknown length until it ends or the client goes. */
  async #stream(body: AsyncIterable<Uint8Array>, isChunked: boolean, gone: AbortSignal): Promise<void> {
    const encoder = new TextEncoder();
    for await (const bytes of body) {
      if (gone.aborted) throw gone.reason;
      if (bytes.length === 0) continue;
      if (!isChunked) await this.#send(bytes);
      else {
        const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
        await this.#send(concat(size, bytes, encoder.encode("\r\n")));
      }
    }
    if (isChunked) await this.#send(encoder.encode("0\r\n\r\n"));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      written += await this.#inTime(HTTP_WRITE_MS, () => this.#socket.write(bytes.subarray(written)));
    }
  }

  /** Closes the connection if something takes too long. */
  async #inTime<Result>(ms: number, run: () => Promise<Result>): Promise<Result> {
    const cancel = this.#options.timers.after(ms, () => this.close());
    try {
      return await run();
    } finally {
      cancel();
    }
  }
}
