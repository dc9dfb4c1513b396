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
import type { Timers } from "./clock.ts";
import { DOORBELL_MS } from "./limits.ts";

/** A connection of this process with itself. */
export class Doorbell {
  readonly #timers: Timers;
  readonly #button: Deno.TcpConn;
  readonly #bell: Deno.TcpConn;
  readonly #stroke = new Uint8Array(1);
  readonly #heard = new Uint8Array(1);
  #closed = false;

  private constructor(timers: Timers, button: Deno.TcpConn, bell: Deno.TcpConn) {
    this.#timers = timers;
    this.#button = button;
    this.#bell = bell;
  }

  /**
   * Puts one up. It is on loopback, and whoever else connects there in that moment is not let in.
   *
   * @param timers bound how long a ring may take
   * @param listen opens the port where it comes in, which is closed again
   * @returns a doorbell, to be closed by the caller; rejects with what the system says where there is no loopback
   */
  static async open(
    timers: Timers,
    listen = (): Deno.TcpListener => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  ): Promise<Doorbell> {
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
          if ((bell.remoteAddr as Deno.NetAddr).port === own) return new Doorbell(timers, button, bell);
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
   * @param broken what to do instead where it is not heard in `DOORBELL_MS`, as somebody has broken the connection without a
   * word (a firewall that was loaded anew), or where the doorbell does not work any more; it is taken down then
   */
  ring(heard: () => void, broken: () => void): void {
    const cancel = this.#timers.after(DOORBELL_MS, () => this.close());
    const end = (count: number | null) => {
      cancel();
      if (count === 1) return heard();
      this.close();
      broken();
    };
    this.#bell.read(this.#heard).then(end, () => end(null));
    this.#button.write(this.#stroke).catch(() => this.close());
  }

  /** Takes it down; whoever waits for a ring is told that it is broken. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#button.close();
    this.#bell.close();
  }
}
