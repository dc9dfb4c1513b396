/**
 * A hub with people in it and a clock that the test turns, to write tests of the hub as conversations. No sockets: what
 * a person hears is taken out of its session as the bytes that would be written, and read again.
 *
 * @module
 */
import { type Body, type ClientMessage, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import type { Clock } from "../../../runtime/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import type { PasswordGate } from "../../../server/admission/mod.ts";
import { Hub, type Session, type Transport } from "../../../server/hub/mod.ts";

/** The time of day at which each conversation begins, in milliseconds since 1970. */
export const START = 1_700_000_000_000;

/** A hub, and a clock for it. */
export class Conversation {
  /** The hub that is talked to. */
  readonly hub: Hub;
  #elapsed = 0;
  #wakeAt: number | undefined;
  #seed = 1;
  readonly #later: (() => void)[] = [];
  /** What the hub has said of its history to the operator. */
  readonly storage: unknown[] = [];

  /**
   * Begins with nobody there.
   *
   * @param history keeps what is said, if there is one
   * @param gate asks for a password, if there is one
   */
  constructor(history?: History, passwordGate?: PasswordGate) {
    const clock: Clock = { wall: () => START + this.#elapsed, elapsed: () => this.#elapsed };
    this.hub = new Hub({
      clock,
      passwordGate,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => this.#random()),
      roomGrew: () => {},
      wakeAfter: (ms) => this.#wakeAt = this.#elapsed + ms,
      history: history === undefined ? undefined : {
        history,
        afterReads: (run) => this.#later.push(run),
        stored: () => {},
        paused: ({ message }, marked) => this.storage.push(marked ? message : `unmarked: ${message}`),
        resumed: () => this.storage.push("resumed"),
        readFailed: (error) => this.storage.push(error),
      },
    });
  }

  /** Lets somebody connect. */
  connect(): TestUser {
    return new TestUser(this.hub);
  }

  /** Lets somebody connect that has the extension and this name, and forgets what everyone has heard by then. */
  join(username: string, ...others: TestUser[]): TestUser {
    const person = this.connect();
    person.says({ code: 102, client: "test/1", username });
    for (const one of [person, ...others]) one.hears();
    return person;
  }

  /** Lets a turn of the event loop pass, and with it a round of writing. */
  turn(): void {
    this.hub.settle();
    for (const run of this.#later.splice(0)) run();
  }

  /** Lets turns pass until nothing more is to be done in them. */
  turns(): void {
    do this.turn(); while (this.#later.length > 0);
  }

  /** Lets time pass, in milliseconds. */
  pass(ms: number): void {
    const end = this.#elapsed + ms;
    while (this.#wakeAt !== undefined && this.#wakeAt <= end) {
      this.#elapsed = this.#wakeAt;
      this.#wakeAt = undefined;
      this.hub.tick();
    }
    this.#elapsed = end;
  }

  /** Park and Miller's generator, so that names differ and are the same each time. */
  #random(): number {
    this.#seed = this.#seed * 48_271 % 2_147_483_647;
    return this.#seed & 0xff;
  }
}

/** Somebody in a conversation. */
export class TestUser implements Transport {
  readonly #hub: Hub;
  /** Who this is to the hub. */
  readonly session: Session;
  /** Why the hub ended this person's session, once it did. */
  endedBecause: string | undefined;

  /** Connects. */
  constructor(hub: Hub) {
    this.#hub = hub;
    this.session = hub.connect(this);
  }

  /** The name the hub knows this person by. */
  get name(): string {
    return this.session.name;
  }

  /** Asks the hub for something. */
  says(message: ClientMessage): void {
    this.#hub.markActive(this.session);
    this.#hub.receive(this.session, message);
  }

  /** Goes away. */
  leaves(): void {
    this.#hub.disconnect(this.session);
  }

  /** All that the hub has told this person since this was asked last, as it stands on the wire. */
  hears(): Body[] {
    // As before everything that is written to anybody.
    this.#hub.settle();
    const decoder = new FrameDecoder();
    const heard: Body[] = [];
    for (let bytes = this.session.take(); bytes.length > 0; bytes = this.session.take()) {
      decoder.push(bytes);
      for (let body = decoder.next(); body !== undefined; body = decoder.next()) heard.push(parseBody(body));
    }
    return heard;
  }

  /** As {@linkcode Transport.repliesQueued}: nothing is written, the test takes it. */
  repliesQueued(): void {}
  authorSpoke(): void {}

  /** As {@linkcode Transport.sessionEnded}. */
  sessionEnded(reason: string): void {
    this.endedBecause = reason;
  }

  /** As {@linkcode Transport.flush}: nothing is written, the test takes it. */
  flush(): boolean {
    return false;
  }
}
