/**
 * Refuses connections: tells the client why, then closes.
 *
 * @module
 */
import { type Clock, hostPort, type Timers } from "../../runtime/mod.ts";
import { encodeFrame, type ErrorWord, serialize } from "../../protocol/mod.ts";
import { type Hub, serverLine } from "../hub/mod.ts";
import { httpRefusal } from "./http_answers.ts";
import { LINGER_MS } from "../limits.ts";
import type { LogLimit } from "../admission/mod.ts";
import type { Socket } from "./connection.ts";

/** Why a connection is refused, for programs and for users. */
export interface Refusal {
  /** The error word. */
  word: ErrorWord;
  /** The text for the user. */
  reason: string;
  /** When the client may try again, in milliseconds. */
  retryAfterMs: number;
}

/** Dependencies of {@linkcode Refusals}. */
export interface RefusalsDependencies {
  /** The time of day for the message. */
  clock: Clock;
  /** Counts the refusals. */
  hub: Hub;
  /** Logs the refusals. */
  logLimit: LogLimit;
  /** Limits how long a refused client may take to read the reason. */
  timers: Timers;
}

/** The connections that are being refused. */
export class Refusals {
  readonly #dependencies: RefusalsDependencies;
  readonly #pending = new Set<Promise<void>>();

  /**
   * Starts without any.
   *
   * @param dependencies see {@linkcode RefusalsDependencies}
   */
  constructor(dependencies: RefusalsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Counts and logs a refusal.
   *
   * @param address the address of the client
   * @param refusal why
   * @param atOnce how many clients may be told the reason at the same time
   * @returns whether to call {@linkcode Refusals.tell}; else the connection is only to be closed
   */
  report({ hostname, port }: Deno.NetAddr, { reason, word }: Refusal, atOnce: number): boolean {
    const { hub, logLimit } = this.#dependencies;
    hub.counters.refuse(word);
    logLimit.write("refused", hostname, "refused {address}: {why}", {
      address: hostPort(hostname, port),
      why: reason,
    });
    return this.#pending.size < atOnce;
  }

  /**
   * Tells a client why it is refused. Never throws; {@linkcode Refusals.settled} waits until it is done.
   *
   * @param socket the accepted socket, which is closed here
   * @param hostname the address of the client
   * @param refusal why
   * @param isHttp says whether the client speaks HTTP, once that is known; by default it is a client of the chat
   */
  tell(
    socket: Socket,
    hostname: string,
    refusal: Refusal,
    isHttp: () => boolean | Promise<boolean> = () => false,
  ): void {
    const told = this.#tell(socket, refusal, isHttp)
      .catch((error) =>
        this.#dependencies.logLimit.write("failed", hostname, "a connection failed: {error}", { error })
      )
      .finally(() => this.#pending.delete(told));
    this.#pending.add(told);
  }

  /**
   * Waits for the connections that are being refused.
   *
   * @returns resolves when they are closed
   */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #tell(
    socket: Socket,
    refusal: Refusal,
    isHttp: () => boolean | Promise<boolean>,
  ): Promise<void> {
    const { reason, word, retryAfterMs } = refusal;
    const { clock, timers } = this.#dependencies;
    let open = true;
    const close = () => {
      if (open) socket.close();
      open = false;
    };
    const cancel = timers.after(LINGER_MS, close);
    try {
      // It is not known yet whether the client speaks the extension, so the fields of a 216 stand beside the message.
      const line = { ...serverLine(reason, clock.wall()), error: word, retry_after_ms: retryAfterMs };
      await socket.write(
        await isHttp() ? httpRefusal(reason, word, retryAfterMs) : encodeFrame(serialize(line)),
      );
      await socket.closeWrite();
      const scratch = new Uint8Array(256);
      while (await socket.read(scratch) !== null);
    } catch {
      // The client is gone already, or took too long: there is nobody left to tell.
    } finally {
      cancel();
      close();
    }
  }
}
