/**
 * A client that obeys the protocol and checks the hub: no message may be lost, sent twice or reordered, and nobody may
 * delete or edit its own. It speaks the base or the extension.
 *
 * Each message in `main` has the sequence number after that of the message before, so a gap is a loss. The client gets
 * its own messages back in the order in which it sent them. Two such clients get the same messages, which {@linkcode
 * differenceBetween} checks.
 *
 * @module
 */
import { OriginalClient, type Received } from "./original_client.ts";
import type { TestKey } from "./test_key.ts";

/** The client. It collects what goes wrong. */
export class HonestClient implements AsyncDisposable {
  readonly #client: OriginalClient;
  readonly #extended: boolean;
  readonly #name: string;
  /** Whether its name belongs to it. */
  readonly #owns: boolean;
  /** Its own messages that have not come back yet. */
  readonly #pending: string[] = [];
  /** The messages since the last comparison, each with its sequence number. */
  readonly #received: string[] = [];
  #last = 0;
  #sent = 0;
  #pings = 0;
  #acknowledged = 0;
  readonly #waiting = new Map<string, () => void>();
  readonly #reading: Promise<void>;
  /** The violations, as sentences. */
  readonly faults: string[] = [];

  private constructor(client: OriginalClient, name: string, extended: boolean, owns: boolean) {
    this.#client = client;
    this.#name = name;
    this.#extended = extended;
    this.#owns = owns;
    this.#reading = this.#read();
  }

  /**
   * Connects and sets a name.
   *
   * @param port the port of the hub on 127.0.0.1
   * @param name its name
   * @param extended whether it uses the extension, with acknowledgements
   * @param key its key, if it has one; then its messages must be verified
   */
  static async connect(port: number, name: string, extended: boolean, key?: TestKey): Promise<HonestClient> {
    // No deadline of its own: the test has one.
    const client = await OriginalClient.connect(port, { deadlineMs: 2 ** 31 - 1 });
    const { server } = await client.nextOf(202);
    const proof = key?.proof(server as { identity: string; nonce: string }, name);
    if (extended) await client.sendJson({ code: 102, client: "honest/1", username: name, ...proof });
    else await client.rename(name);
    await client.nextOf(extended ? 210 : 202);
    return new HonestClient(client, name, extended, key !== undefined);
  }

  /** How many messages it sent. */
  get sentCount(): number {
    return this.#sent;
  }

  /** How many of them were acknowledged; with the base, how many came back. */
  get acknowledgedCount(): number {
    return this.#acknowledged;
  }

  /**
   * Sends the next message.
   *
   * @returns resolves when it came back and was acknowledged
   */
  async send(): Promise<void> {
    const text = `${this.#name} ${++this.#sent}`;
    this.#pending.push(text);
    const heard = this.#until(text);
    if (!this.#extended) {
      await this.#client.say(text);
      await heard;
      this.#acknowledged++;
      return;
    }
    const acknowledged = this.#until(`ref ${text}`);
    await this.#client.sendJson({ code: 100, message: text, ref: text });
    await Promise.all([heard, acknowledged]);
  }

  /**
   * Waits for a message.
   *
   * @param sequence the sequence number of the message
   */
  async waitFor(sequence: number): Promise<void> {
    while (this.#last < sequence) await this.#until("anything");
  }

  /** The sequence number of the last message. */
  get lastSequence(): number {
    return this.#last;
  }

  /**
   * Sends a ping; only with the extension.
   *
   * @returns the time until the answer, in milliseconds
   */
  async ping(): Promise<number> {
    const ref = `ping ${++this.#pings}`;
    const since = performance.now();
    const answered = this.#until(ref);
    await this.#client.sendJson({ code: 110, ref });
    await answered;
    return performance.now() - since;
  }

  /** Returns the messages since the last call, and forgets them. */
  takeReceived(): string[] {
    return this.#received.splice(0);
  }

  /** Disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#reading;
  }

  #until(what: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#waiting.get(what);
    this.#waiting.set(what, () => {
      before?.();
      resolve();
    });
    return promise;
  }

  #resolve(what: string): void {
    const resolve = this.#waiting.get(what);
    this.#waiting.delete(what);
    resolve?.();
  }

  async #read(): Promise<void> {
    for (;;) {
      let message: Received;
      try {
        message = await this.#client.next();
      } catch {
        // The connection was closed; the promises below are resolved.
        break;
      }
      // A long run must not fill the memory.
      this.#client.frames.length = 0;
      this.#client.received.length = 0;
      this.#take(message);
    }
    for (const resolve of this.#waiting.values()) resolve();
    if (this.#pending.length > 0) this.faults.push(`${this.#name} never got ${this.#pending[0]}`);
  }

  #take({ code, ref, message, ...rest }: Received): void {
    if (typeof ref === "string") {
      if (code === 207) this.#acknowledged++;
      else if (code !== 215) this.faults.push(`${this.#name} got ${code} for ${ref}`);
      this.#resolve(code === 207 ? `ref ${ref}` : ref);
    } else if (code === 200) {
      const line = message as { username: string; message: string; sequence?: number; verified?: boolean };
      // A direct message, or a notice of the hub.
      if (line.sequence === undefined) return;
      if (this.#last > 0 && line.sequence !== this.#last + 1) {
        this.faults.push(`${this.#name} got message ${line.sequence} after ${this.#last}`);
      }
      this.#last = line.sequence;
      this.#received.push(`${line.sequence} ${line.username}: ${line.message}`);
      if (line.username === this.#name) {
        const expected = this.#pending.shift();
        if (line.verified !== this.#owns) {
          this.faults.push(`${this.#name} got its ${line.message} with verified ${line.verified}`);
        }
        if (line.message !== expected) {
          this.faults.push(`${this.#name} got its ${line.message} instead of ${expected}`);
        }
        this.#resolve(line.message);
      }
    } else if (code === 226 && rest.username === this.#name && rest.reaction === undefined) {
      this.faults.push(`${this.#name} got ${JSON.stringify(rest)}, and has changed nothing`);
    } else if (code === 205 || code === 206 || code === 216) {
      this.faults.push(`${this.#name} got ${code} ${JSON.stringify(rest)}`);
    }
    this.#resolve("anything");
  }
}

/**
 * Compares the messages of two clients since the last comparison.
 *
 * @param one one client
 * @param other another client, which got messages up to the same one
 * @returns the first difference as a sentence, if there is one
 */
export function differenceBetween(one: HonestClient, other: HonestClient): string | undefined {
  const [left, right] = [one.takeReceived(), other.takeReceived()];
  // The client that connected later has fewer messages.
  const first = Math.max(numberOf(left[0]), numberOf(right[0]));
  const [a, b] = [left, right].map((lines) => lines.filter((line) => numberOf(line) >= first));
  const at = a!.findIndex((line, i) => line !== b![i]);
  if (at >= 0) return `one got ${a![at]}, the other ${b![at]}`;
  return a!.length === b!.length ? undefined : `one got ${a!.length} messages, the other ${b!.length}`;
}

function numberOf(line = "0"): number {
  return parseInt(line);
}
