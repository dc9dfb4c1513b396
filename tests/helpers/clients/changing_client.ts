/**
 * A client with a key that says messages in a room and changes them all the time: it edits and deletes its own, answers
 * and reacts to any. It connects again after each end of its connection, asks for what it missed, and keeps a
 * {@linkcode MessageView}. In the end its view must be that of the hub, and what was acknowledged must be in it.
 *
 * The file is long because its requests and answers share the state of one client.
 *
 * @module
 */
import { BodyDecoder, type ClientMessage, encodeFrame, parseBody, serialize } from "../../../protocol/mod.ts";
import { MessageView } from "./message_view.ts";
import type { TestKey } from "./test_key.ts";

/** How an {@linkcode ChangingClient} works. */
export interface ChangingClientOptions {
  /** The room, besides `main`. */
  room: string;
  /** The time between two requests, in milliseconds. */
  everyMs: number;
  /** Returns a random number from 0 to below 1. */
  random: () => number;
}

/** How long it waits before it asks again for a name or a room that it does not get, in milliseconds. */
const RETRY_MS = 200;

/** How many of its last messages it changes, and to how many of the last of all it reacts. */
const RECENT = 50;

/** What the hub may store of a message of this client, as far as the client knows. */
interface OwnMessage {
  /** The texts that it may have. */
  texts: Set<string>;
  /** Whether its deletion was acknowledged. */
  deleted: boolean;
}

/** A request that was not answered yet. */
interface Pending {
  ref: string;
  message: ClientMessage;
  sequence?: number;
  text?: string;
}

/** A message of the room as the hub has it. */
export interface StoredView {
  /** Its number. */
  sequence: number;
  /** Its author. */
  username: string;
  /** Its text. */
  message: string;
  /** Whether it was deleted. */
  deleted?: boolean;
}

/** The client. */
export class ChangingClient {
  /** Its name, which belongs to its key. */
  readonly name: string;
  /** What it knows of the messages. */
  readonly view: MessageView;
  /** Answers of the hub that are not allowed. */
  readonly faults: string[] = [];
  /** How many requests were acknowledged, and how many refused. */
  readonly counts = { acknowledged: 0, refused: 0 };
  readonly #key: TestKey;
  readonly #options: ChangingClientOptions;
  readonly #own = new Map<number, OwnMessage>();
  /** Up to which number it has all messages of the room. */
  #complete = 0;
  #newest = 0;
  #caughtUp = false;
  #said = 0;
  #refs = 0;
  #pending: Pending | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connection: Deno.TcpConn | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #offer: { identity: string; nonce: string } | undefined;
  /** The `epoch` of this connection. */
  #epoch = "";
  #stopped = false;
  #next = Promise.withResolvers<void>();

  /**
   * Makes a client that is not connected.
   *
   * @param name its name
   * @param key its key
   * @param options see {@linkcode ChangingClientOptions}
   */
  constructor(name: string, key: TestKey, options: ChangingClientOptions) {
    this.name = name;
    this.#key = key;
    this.#options = options;
    this.view = new MessageView(name);
  }

  /** Closes its connection, if it has one, without a farewell. */
  reset(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * Sends no new requests.
   *
   * @returns resolves when all requests are answered and it has caught up
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    while (this.#pending !== undefined || !this.#caughtUp) await this.#next.promise;
  }

  /**
   * Connects to a hub and works until the connection is closed.
   *
   * @param port the port of the hub on 127.0.0.1
   */
  async run(port: number): Promise<void> {
    const connection = this.#connection = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#caughtUp = false;
    const decoder = new BodyDecoder();
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        decoder.push(buffer.subarray(0, count));
        for (let body = decoder.next(); body !== undefined; body = decoder.next()) this.#receive(body);
      }
    } catch {
      // The hub was killed, or this client has closed the connection.
    }
    clearTimeout(this.#timer);
    this.#caughtUp = false;
    await this.#writing;
    if (this.#connection === connection) connection.close();
    this.#connection = undefined;
  }

  /**
   * Compares what the hub has of the messages of this client with what was acknowledged.
   *
   * @param stored the messages of the room that the hub still has
   * @returns what is wrong
   */
  check(stored: ReadonlyMap<number, StoredView>): string[] {
    const wrong: string[] = [];
    for (const [sequence, { texts, deleted }] of this.#own) {
      const line = stored.get(sequence);
      // It was deleted as one of the oldest, or by somebody else.
      if (line === undefined || line.deleted) continue;
      if (deleted) wrong.push(`${sequence} of ${this.name} is back: ${line.message}`);
      else if (line.username !== this.name || !texts.has(line.message)) {
        wrong.push(`${sequence} of ${this.name} is ${line.username}: ${line.message}`);
      }
    }
    return wrong;
  }

  #hello(): void {
    const { room } = this.#options;
    this.#send({
      code: 102,
      client: "changing/1",
      username: this.name,
      rooms: [room],
      after: { [room]: this.#complete },
      ...this.view.epoch === undefined ? {} : { epoch: this.view.epoch },
      ...this.#key.proof(this.#offer!, this.name),
      ref: "hello",
    });
  }

  #receive(body: string): void {
    // deno-lint-ignore no-explicit-any -- a test client takes what comes
    const message = parseBody(body) as any;
    const { room } = this.#options;
    switch (message.code) {
      case 202:
        if (message.server === undefined) break;
        this.#offer = message.server;
        this.#hello();
        break;
      case 210:
        this.#epoch = message.epoch;
        this.view.take(message);
        break;
      case 208:
        if (message.room.toLowerCase() !== room) break;
        this.view.take(message);
        this.#complete = Math.max(this.#complete, message.messages.at(-1)?.sequence ?? 0);
        if (message.more) this.#send({ code: 105, room, after: this.#complete, limit: 500 });
        else this.#send({ code: 129, after: this.view.changes, epoch: this.view.epoch!, ref: "changes" });
        break;
      case 227:
        this.view.take(message);
        if (message.more) {
          this.#send({ code: 129, after: this.view.changes, epoch: this.view.epoch!, ref: "changes" });
          break;
        }
        this.view.epoch = this.#epoch;
        this.#caughtUp = true;
        this.#complete = Math.max(this.#complete, this.#newest);
        if (this.#pending !== undefined) this.#again(this.#pending);
        else this.#wait();
        break;
      case 200: {
        const { sequence, room: where } = message.message;
        if (sequence === undefined || where.toLowerCase() !== room) break;
        this.view.take(message);
        this.#newest = Math.max(this.#newest, sequence);
        if (this.#caughtUp) this.#complete = this.#newest;
        break;
      }
      case 226:
        this.view.take(message);
        break;
      case 206:
        if (message.ref === undefined || message.ref === "hello") {
          // Its last connection may still have the name, or it is banned from the room for a moment.
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => this.reset(), RETRY_MS);
        } else this.#answer(message.ref, false, message);
        break;
      case 207:
        this.#answer(message.ref, true, message);
    }
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** After a new connection: sends a message again; of another request nobody knows whether it was carried out. */
  #again(pending: Pending): void {
    if (pending.message.code === 103) return this.#send(pending.message);
    this.#pending = undefined;
    this.#wait();
  }

  // deno-lint-ignore no-explicit-any -- a test client takes what comes
  #answer(ref: string, done: boolean, answer: any): void {
    const pending = this.#pending;
    if (pending?.ref !== ref) return;
    this.#pending = undefined;
    const { message, sequence, text } = pending;
    if (done) this.counts.acknowledged++;
    else this.counts.refused++;
    const own = this.#own.get(sequence ?? -1);
    if (message.code === 103) {
      if (done && answer.stored === false) this.faults.push(JSON.stringify(answer));
      if (done) this.#own.set(answer.sequence, { texts: new Set([text!]), deleted: false });
    } else if (message.code === 127 && own !== undefined) {
      if (done) own.texts = new Set([text!]);
      else own.texts.delete(text!);
    } else if (message.code === 126 && done && own !== undefined) own.deleted = true;
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#act(), this.#options.everyMs);
  }

  /** Sends a random request. */
  #act(): void {
    if (!this.#caughtUp || this.#stopped || this.#pending !== undefined) return;
    const { random, room } = this.#options;
    const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)];
    const own = pick([...this.#own].slice(-RECENT).filter(([, { deleted }]) => !deleted));
    const any = this.#newest - Math.floor(random() * Math.min(RECENT, this.#newest));
    const ref = String(++this.#refs);
    const dice = random();
    if (dice < 0.2 && own !== undefined) {
      const [sequence, message] = own;
      const text = `${this.name} ${++this.#said} edited`;
      message.texts.add(text);
      return this.#request({
        ref,
        message: { code: 127, room, sequence, message: text, ref },
        sequence,
        text,
      });
    }
    if (dice < 0.3 && own !== undefined) {
      const [sequence] = own;
      return this.#request({ ref, message: { code: 126, room, sequence, ref }, sequence });
    }
    if (dice < 0.5 && any > 0) {
      const reaction = random() < 0.5 ? "+1" : "yes";
      const remove = random() < 0.3 ? { remove: true as const } : {};
      return this.#request({ ref, message: { code: 128, room, sequence: any, reaction, ...remove, ref } });
    }
    const text = `${this.name} ${++this.#said}`;
    const reply = dice < 0.6 && any > 0 ? { reply_to: any } : {};
    const id = `${this.name}-${this.#said}`;
    this.#request({ ref, message: { code: 103, room, message: text, id, ...reply, ref }, text });
  }

  #request(pending: Pending): void {
    this.#pending = pending;
    this.#send(pending.message);
  }

  #send(message: ClientMessage): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const bytes = encodeFrame(serialize(message));
    this.#writing = this.#writing.then(async () => {
      for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
    }).catch(() => {});
  }
}
