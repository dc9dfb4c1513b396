/**
 * A doorbell: a connection of this process with itself. Whoever has much to do in small parts rings it between two of them,
 * and goes on when it hears it: by then the system has been asked for everything else that has come.
 *
 * What is merely put off (`Timers.soon`) does not ask. The loop of Tokio, on which Deno stands, looks at its sockets when
 * it has nothing else to do, and else after 61 turns: while a hub wrote to a thousand, what they had said waited for 5 ms in
 * the middle and 15 in the end, and now for less than one. A ring costs about as much as one write does.
 *
 * @module
 */

/** A connection of this process with itself. */
export class SelfPipe {
  readonly #button: Deno.TcpConn;
  readonly #bell: Deno.TcpConn;
  readonly #stroke = new Uint8Array(1);
  readonly #heard = new Uint8Array(1);
  #rings = 0;
  /** Whether the last ring was not heard yet. */
  #waits = false;
  /** How many rings there had been when it was looked after last. */
  #seen = 0;
  #closed = false;

  private constructor(button: Deno.TcpConn, bell: Deno.TcpConn) {
    this.#button = button;
    this.#bell = bell;
  }

  /**
   * Puts one up. It is on loopback, and whoever else connects there in that moment is not let in.
   *
   * @param listen opens the port where it comes in, which is closed again
   * @returns a doorbell, to be closed by the caller; rejects with what the system says where there is no loopback
   */
  static async open(
    listen = (): Deno.TcpListener => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  ): Promise<SelfPipe> {
    const listener = listen();
    try {
      const button = await Deno.connect({
        hostname: "127.0.0.1",
        port: (listener.addr as Deno.NetAddr).port,
      });
      try {
        button.setNoDelay(true);
        const own = (button.localAddr as Deno.NetAddr).port;
        for (;;) {
          const bell = await listener.accept();
          if ((bell.remoteAddr as Deno.NetAddr).port === own) return new SelfPipe(button, bell);
          bell.close();
        }
      } catch (error) {
        button.close();
        throw error;
      }
    } finally {
      listener.close();
    }
  }

  /**
   * Rings, and does something when that is heard. Only one ring at a time is heard.
   *
   * @param heard what to do then; it must not throw
   * @param broken what to do instead where the doorbell does not work any more; it is taken down then
   */
  notify(heard: () => void, broken: () => void): void {
    this.#rings++;
    this.#waits = true;
    const end = (count: number | null) => {
      this.#waits = false;
      if (count === 1) return heard();
      this.close();
      broken();
    };
    this.#bell.read(this.#heard).then(end, () => end(null));
    this.#button.write(this.#stroke).catch(() => this.close());
  }

  /**
   * Takes it down where a ring waits that has waited when this was called last: somebody has broken the connection without
   * a word, such as a firewall that was loaded anew. To be called from time to time; a timer a ring would cost as much as
   * the ring.
   */
  check(): void {
    if (this.#waits && this.#seen === this.#rings) this.close();
    this.#seen = this.#rings;
  }

  /** Takes it down; whoever waits for a ring is told that it is broken. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#button.close();
    this.#bell.close();
  }
}
