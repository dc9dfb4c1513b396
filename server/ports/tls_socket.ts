/**
 * The server side of TLS over an accepted TCP connection.
 *
 * A `Deno.TlsConn` cannot be closed while it waits for its client: a handshake or a write that is pending keeps the
 * file descriptor until the client reads, writes or closes, and no call of Deno 2.9 ends that. A silent client would
 * hold a descriptor for as long as it likes. Here the hub owns the TCP connection, and closing it frees the descriptor
 * at once, whatever TLS waits for. It also lets the hub turn off Nagle's algorithm.
 *
 * Only a hub with TLS loads this file, and `node:tls` with it.
 *
 * @module
 */
import { EventEmitter } from "node:events";
import { setImmediate } from "node:timers";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { Certificate } from "../tls/mod.ts";
import { nextReadBytes } from "./read_buffer.ts";
import { MAX_TLS_READ_BYTES, MAX_TLS_WRITE_BYTES, MIN_READ_BYTES } from "../limits.ts";

export type { SecureContext };

/** The protocol that the TLS client and the port have agreed on (ALPN, RFC 7301). */
export interface Agreed {
  /** Such as `http/1.1`; nothing for a client that asks for none. */
  readonly alpnProtocol: string | null;
}

/**
 * Prepares a certificate for many connections.
 *
 * @param certificate the certificate and its key
 * @returns the context of {@linkcode TlsSocket}
 * @throws {Error} if the certificate or the key is not valid
 */
export function secureContext({ chain, key }: Certificate): SecureContext {
  return createSecureContext({ cert: chain, key, minVersion: "TLSv1.2" });
}

/** An accepted connection that speaks TLS; to be used as a `Deno.TlsConn`. Its user closes it, also after an
 * error. */
export class TlsSocket {
  readonly #tcp: TcpStream;
  readonly #tls: TLSSocket;
  readonly #secured = Promise.withResolvers<Agreed>();
  /** Resolves when there is something to read, or nothing any more. */
  #readable: PromiseWithResolvers<void> | undefined;
  #ended = false;
  #error: unknown;

  /**
   * Starts the handshake.
   *
   * @param tcp the accepted connection, which this socket closes
   * @param secureContext the certificate, see {@linkcode secureContext}
   * @param alpn the protocols that the client may ask for; any by default
   */
  constructor(tcp: Deno.Conn, secureContext: SecureContext, alpn?: readonly string[]) {
    this.#tcp = new TcpStream(tcp);
    this.#secured.promise.catch(() => {});
    // TLSSocket takes any duplex stream; of one, it uses what TcpStream has.
    this.#tls = new TLSSocket(this.#tcp as never, {
      isServer: true,
      secureContext,
      ...alpn === undefined ? {} : { ALPNProtocols: [...alpn] },
    });
    // TLSSocket does not stop its source when nobody takes what it has read.
    this.#tcp.wanted = () => this.#tls.readableLength < MAX_TLS_READ_BYTES;
    // TLSSocket keeps waiting if the client closes during the handshake.
    this.#tcp.once("end", () => setImmediate(() => this.#secured.reject(closedByClient())));
    this.#tls.on("secure", () => this.#secured.resolve({ alpnProtocol: this.#tls.alpnProtocol || null }));
    this.#tls.on("readable", () => this.#wake());
    this.#tls.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    // In the next turn of the event loop: an alert for the client is written after the error.
    this.#tls.on("error", (error) => setImmediate(() => this.#fail(this.#tcp.error ?? error)));
    this.#tls.on("close", () => setImmediate(() => this.#fail(this.#tcp.error ?? closedByClient())));
  }

  /**
   * Waits for the handshake.
   *
   * @returns what the client and the port have agreed on
   * @throws {Error} if it failed, or the connection was closed
   */
  handshake(): Promise<Agreed> {
    return this.#secured.promise;
  }

  /**
   * As `Deno.TlsConn.read`.
   *
   * @param buffer where to put the bytes
   * @returns the number of bytes; `null` when the client has closed its sending side
   * @throws {Error} if the connection has failed or was closed
   */
  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const count = Math.min(buffer.length, this.#tls.readableLength);
      if (count > 0) {
        buffer.set(this.#tls.read(count) as Uint8Array);
        this.#tcp.readNext();
        return count;
      }
      if (this.#ended) return null;
      if (this.#error !== undefined) throw this.#error;
      this.#tls.read(0);
      await (this.#readable ??= Promise.withResolvers()).promise;
    }
  }

  /**
   * As `Deno.TlsConn.write`.
   *
   * @param bytes what to write; not to be changed before it is written
   * @returns how many of them were taken by the operating system
   * @throws {Error} if the connection has failed or was closed
   */
  write(bytes: Uint8Array): Promise<number> {
    const part = bytes.length > MAX_TLS_WRITE_BYTES ? bytes.subarray(0, MAX_TLS_WRITE_BYTES) : bytes;
    return new Promise((resolve, reject) => {
      this.#tls.write(part, (error) => error ? reject(this.#tcp.error ?? error) : resolve(part.length));
    });
  }

  /**
   * Tells the client that nothing more is written.
   *
   * @returns resolves when that is sent
   */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#tls.end(() => resolve()));
  }

  /** Closes the connection and frees its file descriptor at once. Calling it again does nothing. */
  close(): void {
    this.#tcp.close();
    this.#tls.destroy();
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#secured.reject(error);
    this.#wake();
  }

  #wake(): void {
    this.#readable?.resolve();
    this.#readable = undefined;
  }
}

function closedByClient(): Error {
  return new Deno.errors.UnexpectedEof("the client has closed the connection");
}

/**
 * A TCP connection with the part of a duplex stream that `TLSSocket` uses. A `Duplex` would do the same and take some
 * KiB more for each connection.
 */
class TcpStream extends EventEmitter {
  readonly allowHalfOpen = true;
  readonly readable = true;
  readonly writable = true;
  /** Tells whether more is to be read. If not, {@linkcode TcpStream.readNext} continues later. */
  wanted: () => boolean = () => true;
  /** Why the connection has failed, or that it was closed. */
  error: unknown;
  readonly #tcp: Deno.Conn;
  #buffer = new Uint8Array(MIN_READ_BYTES);
  #flowing = false;
  #reading = false;
  #destroyed = false;
  #closed = false;

  constructor(tcp: Deno.Conn) {
    super();
    this.#tcp = tcp;
  }

  pause(): void {
    this.#flowing = false;
  }

  resume(): void {
    this.#flowing = true;
    this.readNext();
  }

  cork(): void {}

  uncork(): void {}

  write(bytes: Uint8Array, done: (error?: unknown) => void): void {
    this.#tcp.write(bytes).then(
      (count) => count < bytes.length ? this.write(bytes.subarray(count), done) : done(),
      (error) => done(this.error ??= error),
    );
  }

  end(done: () => void): void {
    this.#tcp.closeWrite().then(done, done);
  }

  /** Called by `TLSSocket`; the owner of the connection closes it. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.emit("close");
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.error ??= new Deno.errors.Interrupted("the connection was closed");
    this.#tcp.close();
    this.destroy();
  }

  readNext(): void {
    if (this.#reading || !this.#flowing || this.#destroyed || !this.wanted()) return;
    this.#reading = true;
    this.#tcp.read(this.#buffer).then(this.#onRead, this.#onReadFailed);
  }

  readonly #onRead = (count: number | null): void => {
    this.#reading = false;
    if (count === null) return void this.emit("end");
    // TLS copies the bytes.
    this.emit("data", this.#buffer.subarray(0, count));
    const size = nextReadBytes(this.#buffer.length, count, MAX_TLS_READ_BYTES);
    if (size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
    this.readNext();
  };

  readonly #onReadFailed = (error: unknown): void => {
    this.error ??= error;
    this.destroy();
  };
}
