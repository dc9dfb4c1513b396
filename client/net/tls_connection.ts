/**
 * The client side of TLS with the certificate of the connection in use.
 *
 * `Deno.startTls` does not tell which certificate the other side has, and always accepts those that an authority of
 * this machine has signed. `node:tls` reads the certificate of the very connection that is then used. It accepts any
 * certificate here: the caller compares the fingerprint. The runtime still verifies that the other side has the private
 * key, which is what makes the comparison worth anything.
 *
 * Only connections to hubs that are known by their certificate load this file, and `node:tls` with it.
 *
 * @module
 */
import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { isServerName } from "./client_hello.ts";
import type { Connection, Security } from "./connection.ts";

/** The size of the buffer for encrypted bytes, in bytes: a record of TLS. */
const READ_BYTES = 16_896;

/** An encrypted connection. */
export class TlsConnection implements Connection {
  /** As for any {@linkcode Connection}. */
  security?: Security;
  readonly #connection: Connection;
  readonly #tcp: ConnectionStream;
  readonly #tls: TLSSocket;
  readonly #secured = Promise.withResolvers<void>();
  /** Resolves when there is something to read, or nothing any more. */
  #readable: PromiseWithResolvers<void> | undefined;
  #ended = false;
  #closed = false;
  #error: unknown;

  /**
   * Starts the handshake.
   *
   * @param connection the connection; nothing was read or written on it yet, and it is closed with this one
   * @param serverName the host that the user typed; a server with several certificates chooses by it
   */
  constructor(connection: Connection, serverName: string) {
    this.#connection = connection;
    this.#secured.promise.catch(() => {});
    this.#tcp = new ConnectionStream(connection);
    this.#tls = connect({
      socket: this.#tcp,
      ...isServerName(serverName) && { servername: serverName },
      minVersion: "TLSv1.2",
      // The caller compares the certificate.
      rejectUnauthorized: false,
    });
    // TLSSocket does not stop its source when nobody takes what it has read.
    this.#tcp.wanted = () => this.#tls.readableLength < READ_BYTES;
    this.#tls.on("secureConnect", this.#secured.resolve);
    this.#tls.on("readable", () => this.#wake());
    this.#tls.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#tls.on("error", (error) => this.#fail(error));
    this.#tls.on("close", () => this.#fail(new Deno.errors.UnexpectedEof("the connection is closed")));
  }

  /**
   * Waits for the handshake.
   *
   * @returns the certificate of the other side (DER), which has proved that it has the private key
   * @throws {Error} if the handshake fails, or the connection is lost
   */
  async handshake(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#secured.promise;
    const { raw } = this.#tls.getPeerCertificate();
    if (!(raw instanceof Uint8Array) || raw.length === 0) throw new Error("the runtime shows no certificate");
    return Uint8Array.from(raw);
  }

  /** As for any {@linkcode Connection}. */
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

  /** As for any {@linkcode Connection}. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#tls.write(
        bytes,
        (error) => error ? reject(this.#error ?? this.#tcp.failure ?? error) : resolve(bytes.length),
      );
    });
  }

  /** As for any {@linkcode Connection}. */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#tls.end(() => resolve()));
  }

  /** As for any {@linkcode Connection}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fail(new Deno.errors.Interrupted("the connection was closed"));
    close(this.#connection);
    this.#tls.destroy();
  }

  #fail(error: unknown): void {
    this.#error ??= this.#tcp.failure ?? error;
    this.#secured.reject(this.#error);
    this.#wake();
  }

  #wake(): void {
    this.#readable?.resolve();
    this.#readable = undefined;
  }
}

/** A connection as a stream, as `node:tls` needs it. */
class ConnectionStream extends Duplex {
  /** Tells whether more is to be read. If not, {@linkcode ConnectionStream.readNext} continues later. */
  wanted: () => boolean = () => true;
  /** Why the connection has failed. */
  failure: unknown;
  readonly #connection: Connection;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #isAsked = false;
  #isReading = false;

  constructor(connection: Connection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    // `failure` has it.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#isAsked = true;
    this.readNext();
  }

  readNext(): void {
    if (!this.#isAsked || this.#isReading || this.destroyed || !this.wanted()) return;
    this.#isAsked = false;
    this.#isReading = true;
    this.#connection.read(this.#buffer).then((count) => {
      this.#isReading = false;
      this.push(count === null ? null : this.#buffer.slice(0, count));
    }, (error) => this.destroy(this.#fail(error)));
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writeAll(bytes).then(() => done(), (error) => done(this.#fail(error)));
  }

  override _final(done: () => void): void {
    this.#connection.closeWrite().then(done, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    close(this.#connection);
    done(error);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  #fail<Failure>(error: Failure): Failure {
    this.failure ??= error;
    return error;
  }
}

/** Closes a connection that may be closed already. */
function close(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
