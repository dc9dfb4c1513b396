/**
 * The Chrome DevTools Protocol over one WebSocket: requests with answers, and events. Sessions of pages share the
 * socket ("flat" sessions).
 *
 * @module
 */
import { withDeadline } from "../deadline.ts";

/** The parameters of a request, the result of an answer, or the parameters of an event. */
// deno-lint-ignore no-explicit-any -- the protocol has thousands of types
export type Fields = Record<string, any>;

interface Pending {
  resolve: (result: Fields) => void;
  reject: (error: Error) => void;
}

/** A connection to a browser. */
export class Cdp implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #closed: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, (method: string, parameters: Fields) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.#closed = new Promise((resolve) => socket.onclose = () => resolve());
    this.#closed.then(() => {
      for (const { reject } of this.#pending.values()) reject(new Error("the browser closed the connection"));
      this.#pending.clear();
    });
  }

  /**
   * Connects to a browser.
   *
   * @param url the address of its WebSocket
   * @throws {Error} if it does not answer
   */
  static async connect(url: string): Promise<Cdp> {
    const socket = new WebSocket(url);
    const cdp = new Cdp(socket);
    const opened = new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error(`no browser answers at ${url}`));
    });
    await withDeadline(opened, () => `connecting to ${url}`);
    socket.onerror = null;
    return cdp;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param method the method, such as `Page.navigate`
   * @param parameters its parameters
   * @param session the session of a page; without it the browser itself answers
   * @returns the result
   * @throws {Error} with the text of the browser when it refuses
   */
  send(method: string, parameters: Fields = {}, session?: string): Promise<Fields> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Fields>();
    this.#pending.set(id, {
      resolve,
      reject: (error) => reject(new Error(`${method}: ${error.message}`)),
    });
    this.#socket.send(JSON.stringify({ id, method, params: parameters, sessionId: session }));
    return withDeadline(promise, () => `${method} ${JSON.stringify(parameters).slice(0, 300)}`);
  }

  /**
   * Sets what receives the events of a session.
   *
   * @param session the session
   * @param listener called with the method and the parameters of each event
   */
  listen(session: string, listener: (method: string, parameters: Fields) => void): void {
    this.#listeners.set(session, listener);
  }

  /** Stops the events of a session. */
  ignore(session: string): void {
    this.#listeners.delete(session);
  }

  /** Waits until the browser has closed the connection. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }

  #take({ id, method, params, result, error, sessionId }: Fields): void {
    if (id === undefined) {
      this.#listeners.get(sessionId ?? "")?.(method, params);
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(error.data ? `${error.message} ${error.data}` : error.message));
  }
}
