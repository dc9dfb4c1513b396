/**
 * Reads a stream of the API for scripts, of server-sent events or of lines of JSON, byte by byte as they arrive.
 *
 * @module
 */
import { withDeadline } from "../deadline.ts";

/** An event, or a line of JSON. */
export interface StreamEvent {
  /** Its name, if it has one. */
  event: string | undefined;
  /** Its id, if it has one. */
  id: string | undefined;
  /** Its data. */
  data: Record<string, unknown>;
}

const within = <T>(promise: Promise<T>): Promise<T> => withDeadline(promise, () => "an event of a stream");

/** An open stream. */
export class EventStream implements AsyncDisposable {
  /** The `content-type`. */
  readonly type: string;
  readonly #abort: AbortController;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(response: Response, abort: AbortController) {
    this.type = response.headers.get("content-type") ?? "";
    this.#abort = abort;
    this.#reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  /**
   * Opens a stream.
   *
   * @param hub where
   * @param path its path
   * @param headers further headers
   */
  static async open(
    hub: { url: string },
    path: string,
    headers: Record<string, string> = {},
  ): Promise<EventStream> {
    const abort = new AbortController();
    const response = await within(fetch(hub.url + path, { headers, signal: abort.signal }));
    if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
    return new EventStream(response, abort);
  }

  /** Waits for events; comments and empty lines do not count. */
  async take(count: number): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    while (events.length < count) {
      const event = await within(this.#next());
      if (event === undefined) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      events.push(event);
    }
    return events;
  }

  /** Waits for the end, and tells whether nothing came before it. */
  async isOver(): Promise<boolean> {
    return await within(this.#next()) === undefined;
  }

  /** Goes away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reader.cancel().catch(() => {});
  }

  async #next(): Promise<StreamEvent | undefined> {
    const end = this.type.includes("ndjson") ? "\n" : "\n\n";
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at < 0) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
        continue;
      }
      const block = this.#text.slice(0, at);
      this.#text = this.#text.slice(at + end.length);
      const event = end === "\n" ? lineOf(block) : eventOf(block);
      if (event !== undefined) return event;
    }
  }
}

function lineOf(line: string): StreamEvent | undefined {
  return line === "" ? undefined : { event: undefined, id: undefined, data: JSON.parse(line) };
}

function eventOf(block: string): StreamEvent | undefined {
  const fields = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []);
  const valueOf = (name: string) => fields.find(([field]) => field === name)?.[1];
  const data = valueOf("data");
  return data === undefined
    ? undefined
    : { event: valueOf("event"), id: valueOf("id"), data: JSON.parse(data) };
}
