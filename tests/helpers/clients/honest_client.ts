/**
 * An honest client: it says lines, hears everything, and notes whatever a hub must never do to it, namely lose a line, tell
 * one twice, or tell them in another order. Of the base or of the extension.
 *
 * Every line of `main` has the number that follows the one before, so a gap is a loss; lines of its own come back as it said
 * them, one by one; and two such clients have heard the same, which {@linkcode differenceBetween} compares.
 *
 * @module
 */
import { OriginalClient, type Received } from "./original_client.ts";

/** A client that notes what goes wrong. */
export class HonestClient implements AsyncDisposable {
  readonly #client: OriginalClient;
  readonly #extended: boolean;
  readonly #name: string;
  /** Lines of its own that were said and not heard yet. */
  readonly #pending: string[] = [];
  /** What it has heard since it was compared last, each line with its number. */
  readonly #heard: string[] = [];
  #last = 0;
  #lines = 0;
  #pings = 0;
  #acknowledged = 0;
  readonly #waiting = new Map<string, () => void>();
  readonly #reading: Promise<void>;
  /** What must never be, in words. */
  readonly faults: string[] = [];

  private constructor(client: OriginalClient, name: string, extended: boolean) {
    this.#client = client;
    this.#name = name;
    this.#extended = extended;
    this.#reading = this.#read();
  }

  /**
   * Connects and takes a name.
   *
   * @param port the port of the hub on 127.0.0.1
   * @param name its name
   * @param extended whether it says hello, and so asks for acknowledgements
   */
  static async connect(port: number, name: string, extended: boolean): Promise<HonestClient> {
    // It waits for as long as whoever waits for it.
    const client = await OriginalClient.connect(port, { deadlineMs: 2 ** 31 - 1 });
    await client.nextOf(202);
    if (extended) await client.sendJson({ code: 102, client: "honest/1", username: name });
    else await client.rename(name);
    await client.nextOf(extended ? 210 : 202);
    return new HonestClient(client, name, extended);
  }

  /** How many lines it has said. */
  get sentCount(): number {
    return this.#lines;
  }

  /** How many of them were acknowledged; in the base, heard. */
  get acknowledgedCount(): number {
    return this.#acknowledged;
  }

  /**
   * Says the next line.
   *
   * @returns when it has heard it, and got its acknowledgement
   */
  async send(): Promise<void> {
    const text = `${this.#name} ${++this.#lines}`;
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
   * Waits until it has heard a line.
   *
   * @param sequence the number of the line
   */
  async waitFor(sequence: number): Promise<void> {
    while (this.#last < sequence) await this.#until("anything");
  }

  /** The number of the last line that it has heard. */
  get lastSequence(): number {
    return this.#last;
  }

  /**
   * Pings; only in the extension.
   *
   * @returns after how many milliseconds the answer came
   */
  async ping(): Promise<number> {
    const ref = `ping ${++this.#pings}`;
    const since = performance.now();
    const answered = this.#until(ref);
    await this.#client.sendJson({ code: 110, ref });
    await answered;
    return performance.now() - since;
  }

  /** Gives what it has heard since it was asked last, and forgets it. */
  takeReceived(): string[] {
    return this.#heard.splice(0);
  }

  /** Leaves. */
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

  #happened(what: string): void {
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
        // It left, or was made to; whoever waits for it finds out.
        break;
      }
      // A long run must not be kept in memory.
      this.#client.frames.length = 0;
      this.#client.received.length = 0;
      this.#take(message);
    }
    for (const resolve of this.#waiting.values()) resolve();
    if (this.#pending.length > 0) this.faults.push(`${this.#name} never heard ${this.#pending[0]}`);
  }

  #take({ code, ref, message, ...rest }: Received): void {
    if (typeof ref === "string") {
      if (code === 207) this.#acknowledged++;
      else if (code !== 215) this.faults.push(`${this.#name} was told ${code} for ${ref}`);
      this.#happened(code === 207 ? `ref ${ref}` : ref);
    } else if (code === 200) {
      const line = message as { username: string; message: string; sequence?: number };
      // To it alone: from somebody, or from the hub.
      if (line.sequence === undefined) return;
      if (this.#last > 0 && line.sequence !== this.#last + 1) {
        this.faults.push(`${this.#name} heard line ${line.sequence} after ${this.#last}`);
      }
      this.#last = line.sequence;
      this.#heard.push(`${line.sequence} ${line.username}: ${line.message}`);
      if (line.username === this.#name) {
        const expected = this.#pending.shift();
        if (line.message !== expected) {
          this.faults.push(`${this.#name} heard its ${line.message} in place of ${expected}`);
        }
        this.#happened(line.message);
      }
    } else if (code === 205 || code === 206 || code === 216) {
      this.faults.push(`${this.#name} was told ${code} ${JSON.stringify(rest)}`);
    }
    this.#happened("anything");
  }
}

/**
 * Compares what two have heard since they were compared last.
 *
 * @param one one of them
 * @param other the other, who has heard as far as that one
 * @returns the first difference in words, where there is one
 */
export function differenceBetween(one: HonestClient, other: HonestClient): string | undefined {
  const [left, right] = [one.takeReceived(), other.takeReceived()];
  // Who came later has heard less.
  const first = Math.max(numberOf(left[0]), numberOf(right[0]));
  const [a, b] = [left, right].map((lines) => lines.filter((line) => numberOf(line) >= first));
  const at = a!.findIndex((line, i) => line !== b![i]);
  if (at >= 0) return `one heard ${a![at]}, the other ${b![at]}`;
  return a!.length === b!.length ? undefined : `one heard ${a!.length} lines, the other ${b!.length}`;
}

function numberOf(line = "0"): number {
  return parseInt(line);
}
