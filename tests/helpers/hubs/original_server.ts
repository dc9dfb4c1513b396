/**
 * A server that speaks the base of the protocol like the original RiftChat, with its faults: it handles one frame for
 * each read of at most 1,024 bytes, names need not be unique, and a slow reader delays everyone.
 *
 * It is written from `docs/protocol.md`. It writes JSON like Python: with spaces, and with everything but ASCII
 * escaped.
 *
 * @module
 */

const READ_BYTES = 1024;
const HEADER_BYTES = 8;

/** A frame that a client sent. */
export interface OriginalRequest {
  /** 100 sends `message`, 101 requests `username`. */
  code: number;
  /** The text of a 100. */
  message?: string;
  /** The name of a 101. */
  username?: string;
}

interface Client {
  connection: Deno.TcpConn;
  name: string;
  /** Bytes that were read and not handled yet. */
  buffer: Uint8Array;
  /** Resolves when everything is written to it. */
  writing: Promise<void>;
}

/** The server. It listens from its construction on a free port. */
export class OriginalServer implements AsyncDisposable {
  /** The requests of clients, in the order in which they were handled. */
  readonly requests: OriginalRequest[] = [];
  readonly #listener: Deno.TcpListener;
  readonly #clients = new Set<Client>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #names: string[];

  /**
   * Starts.
   *
   * @param names optionally the port to listen on, then the names of the first clients; later ones are `user1234` and
   * so on
   */
  constructor(...names: [{ port: number }, ...string[]] | string[]) {
    const [first = "", ...rest] = names;
    const { port } = typeof first === "string" ? { port: 0 } : first;
    this.#names = [first, ...rest].filter((name) => typeof name === "string" && name !== "") as string[];
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#run(this.#accept());
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many bytes were read and are not handled yet. */
  get unreadBytes(): number {
    return [...this.#clients].reduce((sum, client) => sum + client.buffer.length, 0);
  }

  /**
   * Sends a message to everyone, from a user who is not connected.
   *
   * @param username the author
   * @param message the text
   * @returns resolves when it is written to everyone
   */
  say(username: string, message: string): Promise<void> {
    return this.#toAll({ code: 200, message: { timestamp: Date.now(), username, message } });
  }

  /**
   * Writes bytes to everyone.
   *
   * @param bytes any bytes
   * @returns resolves when they are written
   */
  async writeRaw(bytes: Uint8Array): Promise<void> {
    await Promise.all([...this.#clients].map((client) => this.#write(client, bytes)));
  }

  /** Shuts down: sends 205 to everyone, then closes all connections. */
  async down(): Promise<void> {
    await this.#toAll({ code: 205 });
    await this[Symbol.asyncDispose]();
  }

  /** Closes all connections without a message, like the original when it is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#listener.close();
    } catch {
      // It is closed already.
    }
    for (const { connection } of this.#clients) connection.close();
    this.#clients.clear();
    await Promise.all(this.#tasks);
  }

  #run(task: Promise<void>): void {
    const settled = task.catch(() => {}).finally(() => this.#tasks.delete(settled));
    this.#tasks.add(settled);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) this.#run(this.#serve(connection));
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const name = this.#names.shift() ?? `user${1000 + Math.floor(9000 * Math.random())}`;
    const client: Client = { connection, name, buffer: new Uint8Array(), writing: Promise.resolve() };
    this.#clients.add(client);
    await this.#write(client, frame({ code: 202, new: name }));
    await this.#toAll({ code: 201, new: name });
    const chunk = new Uint8Array(READ_BYTES);
    try {
      for (let count = await connection.read(chunk); count !== null; count = await connection.read(chunk)) {
        client.buffer = concat(client.buffer, chunk.subarray(0, count));
        // One frame for each read: a second frame waits for the next read.
        const request = takeFrame(client);
        if (request !== undefined) await this.#handle(client, request);
      }
    } finally {
      if (this.#clients.delete(client)) {
        connection.close();
        await this.#toAll({ code: 204, username: client.name });
      }
    }
  }

  async #handle(client: Client, request: OriginalRequest): Promise<void> {
    this.requests.push(request);
    if (request.code === 100) await this.say(client.name, request.message ?? "");
    if (request.code === 101) {
      const old = client.name;
      client.name = request.username ?? "";
      await this.#write(client, frame({ code: 202, new: client.name }));
      await this.#toAll({ code: 203, old, new: client.name });
    }
  }

  async #toAll(message: unknown): Promise<void> {
    const bytes = frame(message);
    for (const client of this.#clients) await this.#write(client, bytes);
  }

  #write(client: Client, bytes: Uint8Array): Promise<void> {
    client.writing = client.writing.then(async () => {
      try {
        for (let sent = 0; sent < bytes.length;) sent += await client.connection.write(bytes.subarray(sent));
      } catch {
        // The connection is closed; its read loop notices.
      }
    });
    return client.writing;
  }
}

/**
 * Encodes a message as a frame like the original.
 *
 * @param message the message
 * @returns the header and the JSON text
 */
export function frame(message: unknown): Uint8Array {
  const body = new TextEncoder().encode(pythonJson(message));
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(body.length));
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** Writes JSON like Python's `json.dumps`. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `${pythonJson(key)}: ${pythonJson(field)}`);
    return `{${fields.join(", ")}}`;
  }
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

function takeFrame(client: Client): OriginalRequest | undefined {
  const { buffer } = client;
  if (buffer.length < HEADER_BYTES) return undefined;
  const end = HEADER_BYTES + Number(new DataView(buffer.buffer, buffer.byteOffset).getBigUint64(0));
  if (buffer.length < end) return undefined;
  const request = JSON.parse(new TextDecoder().decode(buffer.subarray(HEADER_BYTES, end)));
  client.buffer = buffer.slice(end);
  return request;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
