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
import type { Connection, Security } from "./connection.ts";

/** The size of the buffer for encrypted bytes, in bytes: a record of TLS. */
const READ_BYTES = 16_896;

/** An encrypted connection. */
export class TlsConnection implements Connection {
  /** As for any {@linkcode Connection}. */
  security?: Security;
  readonly #connection: Connection;
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
    this.#tls = connect({
      socket: streamOf(connection, (error) => this.#error ??= error),
      // An IP address may not be sent (RFC 6066).
      ...isName(serverName) && { servername: serverName },
      minVersion: "TLSv1.2",
      // The caller compares the certificate.
      rejectUnauthorized: false,
    });
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
      this.#tls.write(bytes, (error) => error ? reject(this.#error ?? error) : resolve(bytes.length));
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
    this.#error ??= error;
    this.#secured.reject(this.#error);
    this.#wake();
  }

  #wake(): void {
    this.#readable?.resolve();
    this.#readable = undefined;
  }
}

/** Makes a stream of a connection, as `node:tls` needs one. */
function streamOf(connection: Connection, failed: (error: unknown) => void): Duplex {
  const buffer = new Uint8Array(READ_BYTES);
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {
      connection.read(buffer).then(
        (count) => this.push(count === null ? null : buffer.slice(0, count)),
        (error) => {
          failed(error);
          this.destroy(error);
        },
      );
    },
    write(bytes: Uint8Array, _encoding, done) {
      writeAll(connection, bytes).then(() => done(), (error) => {
        failed(error);
        done(error);
      });
    },
    final(done) {
      connection.closeWrite().then(() => done(), () => done());
    },
    destroy(error, done) {
      close(connection);
      done(error);
    },
  });
  // `failed` has it.
  stream.on("error", () => {});
  return stream;
}

async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Closes a connection that may be closed already. */
function close(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

function isName(hostname: string): boolean {
  return !hostname.includes(":") && !/^[\d.]+$/.test(hostname);
}
