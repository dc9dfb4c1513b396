/**
 * The socket of a connection to NATS, on Deno's own TCP and TLS. The transport of the library for Node waits for a
 * stopped server to read before it leaves it, and an error between two of its listeners ends the hub.
 *
 * Rule: `disconnect` and `close` wait for nothing that the server does.
 *
 * @module
 */
import { isLoopback, isOldRuntime } from "../../runtime/mod.ts";
import type { Deferred, Transport } from "@nats-io/nats-core/internal";

/** The library as {@linkcode NatsConnection.connect} loads it. */
export type NatsLibrary = typeof import("@nats-io/nats-core/internal");

/** How many bytes the library is given room for in a read, and how many are reserved at once. */
const MIN_READ_BYTES = 16 * 1024, SLAB_BYTES = 256 * 1024;

/** How many bytes the first line of a server may have. */
const MAX_INFO_BYTES = 64 * 1024;

/**
 * Has the library connect by this transport.
 *
 * @param library the library
 */
export function useHubTransport(library: NatsLibrary): void {
  library.setTransportFactory({
    factory: () => new HubTransport(library),
    dnsResolveFn: resolveHost,
  });
}

/** Returns all addresses of a host; without them, whoever connects by its name gets the error. */
async function resolveHost(host: string): Promise<string[]> {
  // On an old runtime the module of Node prints a warning when it is loaded.
  if (isLoopback(host) || isOldRuntime()) return [host];
  const { lookup } = await import("node:dns/promises");
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch {
    return [host];
  }
}

/** One connection to one server, used once. */
class HubTransport implements Transport {
  readonly lang = "riftchat";
  readonly version = "1";
  closeError?: Error;
  readonly #library: NatsLibrary;
  readonly #closed: Deferred<void | Error>;
  readonly #abort = new AbortController();
  readonly #frames: Uint8Array[] = [];
  #conn: Deno.Conn | undefined;
  /** What was read before the library reads. */
  #first: Uint8Array = new Uint8Array();
  #slab = new Uint8Array(SLAB_BYTES);
  #isWriting = false;
  #isEncrypted = false;
  #isConnected = false;
  #isDone = false;

  constructor(library: NatsLibrary) {
    this.#library = library;
    this.#closed = library.deferred();
  }

  get isClosed(): boolean {
    return this.#isDone;
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  closed(): Promise<void | Error> {
    return this.#closed;
  }

  async connect(
    { hostname, port, tlsName }: Parameters<Transport["connect"]>[0],
    options: Parameters<Transport["connect"]>[1],
  ): Promise<void> {
    try {
      const tcp = await Deno.connect({ hostname, port, signal: this.#abort.signal });
      this.#own(tcp);
      tcp.setNoDelay(true);
      const info = await this.#readInfo(tcp);
      this.#library.checkOptions(info, options);
      if (info.tls_required === true || info.tls_available === true) {
        const caCerts = options.tls?.ca === undefined ? [] : [options.tls.ca];
        const tls = await Deno.startTls(tcp, { hostname: tlsName || hostname, caCerts });
        this.#own(tls);
        await tls.handshake();
        this.#isEncrypted = true;
      }
      if (this.#isDone) throw new Error("the attempt took too long");
      this.#isConnected = true;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Takes a socket; closes it if the attempt has ended meanwhile. */
  #own(conn: Deno.Conn): void {
    this.#conn = conn;
    if (!this.#isDone) return;
    closeQuietly(conn);
    throw new Error("the attempt took too long");
  }

  /** Reads the first line, which says what the server can do. The library reads it once more. */
  async #readInfo(conn: Deno.Conn): Promise<Parameters<NatsLibrary["checkOptions"]>[0]> {
    const { DataBuffer, extractProtocolMessage, INFO } = this.#library;
    const chunk = new Uint8Array(MIN_READ_BYTES);
    while (this.#first.length < MAX_INFO_BYTES) {
      const count = await conn.read(chunk);
      if (count === null) throw new Error("the server closed the connection");
      this.#first = DataBuffer.concat(this.#first, chunk.slice(0, count));
      const line = extractProtocolMessage(this.#first);
      if (line === "") continue;
      const json = INFO.exec(line)?.[1];
      if (json !== undefined) return JSON.parse(json);
      break;
    }
    throw new Error("the server does not speak the protocol of NATS");
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield this.#first;
    let fault: Error | undefined;
    let used = 0;
    while (!this.#isDone) {
      if (this.#slab.length - used < MIN_READ_BYTES) {
        // What was read is still in use.
        this.#slab = new Uint8Array(SLAB_BYTES);
        used = 0;
      }
      const count = await this.#conn!.read(this.#slab.subarray(used)).catch((error) => {
        fault = error;
        return null;
      });
      if (count === null) break;
      yield this.#slab.subarray(used, used + count);
      used += count;
    }
    this.#end(fault);
  }

  send(frame: Uint8Array): void {
    if (this.#isDone) return;
    this.#frames.push(frame);
    if (!this.#isWriting) this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
        for (let written = 0; written < frame.length;) {
          written += await this.#conn!.write(frame.subarray(written));
        }
      }
    } catch (error) {
      this.#end(error as Error);
    } finally {
      this.#isWriting = false;
    }
  }

  disconnect(): void {
    this.#end();
  }

  close(error?: Error): Promise<void> {
    this.#end(error);
    return Promise.resolve();
  }

  discard(): void {
    this.#end();
  }

  #end(error?: Error): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (error !== undefined) this.closeError = error;
    this.#abort.abort();
    this.#frames.length = 0;
    if (this.#conn !== undefined) closeQuietly(this.#conn);
    // Of an attempt that failed, `connect` tells.
    if (this.#isConnected) this.#closed.resolve(error);
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
