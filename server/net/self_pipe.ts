/**
 * The self-pipe trick: a connection of this process to itself. A long task that is done in parts writes a byte between
 * two parts, and continues when it reads that byte: by then the event loop has polled all other sockets.
 *
 * A task that is only deferred (`Timers.soon`) does not poll sockets. Tokio, the event loop of Deno, polls them when
 * it has nothing else to do, and otherwise every 61 turns. While a hub wrote to a thousand clients, their messages
 * waited 5 ms in the median and 15 ms at most; with the self-pipe they wait less than one. One notification costs
 * about as much as one write.
 *
 * @module
 */

/** A connection of this process to itself. */
export class SelfPipe {
  readonly #sender: Deno.TcpConn;
  readonly #receiver: Deno.TcpConn;
  readonly #byte = new Uint8Array(1);
  readonly #buffer = new Uint8Array(1);
  #notifications = 0;
  /** Whether the last notification has not been received yet. */
  #pending = false;
  /** The value of `#notifications` at the last check. */
  #checked = 0;
  #closed = false;

  private constructor(sender: Deno.TcpConn, receiver: Deno.TcpConn) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /**
   * Opens a self-pipe on loopback. Another process that connects to the port at that moment is disconnected.
   *
   * @param listen opens the port for the connection, which is closed again
   * @returns a self-pipe, to be closed by the caller; rejects with the error of the operating system if there is no
   * loopback
   */
  static async open(
    listen = (): Deno.TcpListener => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  ): Promise<SelfPipe> {
    const listener = listen();
    try {
      const sender = await Deno.connect({
        hostname: "127.0.0.1",
        port: (listener.addr as Deno.NetAddr).port,
      });
      try {
        sender.setNoDelay(true);
        const senderPort = (sender.localAddr as Deno.NetAddr).port;
        for (;;) {
          const receiver = await listener.accept();
          if ((receiver.remoteAddr as Deno.NetAddr).port === senderPort) {
            return new SelfPipe(sender, receiver);
          }
          receiver.close();
        }
      } catch (error) {
        sender.close();
        throw error;
      }
    } finally {
      listener.close();
    }
  }

  /**
   * Sends a notification, and calls back when it is received. Only one notification may be pending at a time.
   *
   * @param onReceived called then; it must not throw
   * @param onBroken called instead if the connection is broken; the self-pipe is closed then
   */
  notify(onReceived: () => void, onBroken: () => void): void {
    this.#notifications++;
    this.#pending = true;
    const end = (count: number | null) => {
      this.#pending = false;
      if (count === 1) return onReceived();
      this.close();
      onBroken();
    };
    this.#receiver.read(this.#buffer).then(end, () => end(null));
    this.#sender.write(this.#byte).catch(() => this.close());
  }

  /**
   * Closes the self-pipe if a notification is still pending that was pending at the last check: something has
   * broken the connection without a reset, such as a reloaded firewall. To be called from time to time; a timer for
   * each notification would cost as much as the notification.
   */
  check(): void {
    if (this.#pending && this.#checked === this.#notifications) this.close();
    this.#checked = this.#notifications;
  }

  /** Closes the self-pipe; a pending notification calls `onBroken`. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sender.close();
    this.#receiver.close();
  }
}
