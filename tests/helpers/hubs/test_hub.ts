/**
 * A hub with users and a clock that the test moves. There are no sockets: what a user receives is taken from its
 * session as the bytes that would be written, and parsed again.
 *
 * @module
 */
import { type Body, type ClientMessage, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import type { Clock } from "../../../runtime/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import type { Moderation } from "../../../server/moderation/mod.ts";
import type { PasswordGate } from "../../../server/admission/mod.ts";
import { NameOwnership } from "../../../server/registry/mod.ts";
import type { HubRegistry } from "../../../server/serve/registry_manager.ts";
import { Hub } from "../../../server/hub/mod.ts";
import type { MemberRoom, Session, Transport } from "../../../server/sessions/mod.ts";

/** The time of day when each test hub starts, in milliseconds since 1970. */
export const START = 1_700_000_000_000;

/** A hub and its clock. */
export class TestHub {
  /** The hub under test. */
  readonly hub: Hub;
  #elapsed = 0;
  #wakeAt: number | undefined;
  #seed = 1;
  readonly #later: (() => void)[] = [];
  /** The rooms whose log grew since the last write round. */
  readonly #grown = new Set<MemberRoom>();
  /** What the hub has reported of its storage: errors, and `resumed`. */
  readonly storageEvents: unknown[] = [];
  /** What the hub has reported of those who moderate, such as `op ban troll`. */
  readonly moderated: string[] = [];

  /**
   * Creates a hub without users.
   *
   * @param history stores messages, if the hub has a history
   * @param passwordGate checks passwords, if the hub needs one
   * @param owned who owns which name, if names can be owned, and the key of the hub
   * @param moderation who is banned or muted, and who moderates, if anybody does
   * @param more makes further dependencies, with the clock of the hub
   */
  constructor(
    history?: History,
    passwordGate?: PasswordGate,
    owned?: HubRegistry,
    moderation?: Moderation,
    more: (clock: Clock) => Partial<ConstructorParameters<typeof Hub>[0]> = () => ({}),
  ) {
    const clock: Clock = { wall: () => START + this.#elapsed, elapsed: () => this.#elapsed };
    this.hub = new Hub({
      clock,
      passwordGate,
      moderation,
      moderated: ({ by, action, target, room }) => {
        this.moderated.push([by.name, action, target, room].filter((part) => part !== undefined).join(" "));
      },
      moderationFailed: (error) => this.storageEvents.push(error),
      ownership: owned && new NameOwnership({
        ...owned,
        clock,
        hashCode: (code) => `hash of ${code}`,
        newCode: () => `code ${this.#random()}`,
        failed: (error) => this.storageEvents.push(error),
      }),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => this.#random()),
      roomGrew: (room) => this.#grown.add(room),
      wakeAfter: (ms) => this.#wakeAt = this.#elapsed + ms,
      history: history === undefined ? undefined : {
        history,
        pause: (_ms, run) => this.#later.push(run),
        stored: () => {},
        paused: ({ message }, recorded) =>
          this.storageEvents.push(recorded ? message : `not recorded: ${message}`),
        resumed: () => this.storageEvents.push("resumed"),
        readFailed: (error) => this.storageEvents.push(error),
      },
      ...more(clock),
    });
  }

  /** Connects a user, from an address. */
  connect(address?: string): TestUser {
    return new TestUser(this.hub, address);
  }

  /** Connects a user that speaks the extension, under a name; discards what it and `others` have received so far. */
  join(username: string, ...others: TestUser[]): TestUser {
    const user = this.connect();
    user.sends({ code: 102, client: "test/1", username });
    for (const other of [user, ...others]) other.receives();
    return user;
  }

  /** Whether the next write round would write to a user; a user to whom nothing is scheduled waits for ever. */
  isScheduled({ session, repliesWait }: TestUser): boolean {
    return repliesWait || session.memberships.some(({ room }) => this.#grown.has(room)) ||
      session.mailbox !== undefined && this.#grown.has(session.mailbox.room);
  }

  /** Runs a write round: returns what each of the users receives in it. */
  writeRound<T extends { testUser: TestUser }>(users: readonly T[]): [user: T, bodies: Body[]][] {
    const written = users.map((user): [T, Body[]] => [user, user.testUser.receives()]);
    this.#grown.clear();
    return written;
  }

  /** Runs one turn of the event loop, with its write round. */
  runTurn(): void {
    this.hub.settle();
    for (const run of this.#later.splice(0)) run();
  }

  /** Runs turns until there is nothing left to do. */
  runTurns(): void {
    do this.runTurn(); while (this.#later.length > 0);
  }

  /** Moves the clock forward, in milliseconds. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    while (this.#wakeAt !== undefined && this.#wakeAt <= end) {
      this.#elapsed = this.#wakeAt;
      this.#wakeAt = undefined;
      this.hub.tick();
    }
    this.#elapsed = end;
  }

  /** The Park-Miller generator, so that names differ and are the same in each run. */
  #random(): number {
    this.#seed = this.#seed * 48_271 % 2_147_483_647;
    return this.#seed & 0xff;
  }
}

/** A user of a test hub. */
export class TestUser implements Transport {
  readonly #hub: Hub;
  /** Its session on the hub. */
  readonly session: Session;
  /** Why the hub ended the session, once it has. */
  endReason: string | undefined;
  /** Whether a write of replies to it is scheduled. */
  repliesWait = false;

  /** As {@linkcode Transport.address}. */
  readonly address: string | undefined;

  /** Connects to the hub, from an address. */
  constructor(hub: Hub, address?: string) {
    this.#hub = hub;
    this.address = address;
    this.session = hub.connect(this);
  }

  /** Its current name on the hub. */
  get name(): string {
    return this.session.name;
  }

  /** Sends a request to the hub. */
  sends(message: ClientMessage): void {
    this.#hub.markActive(this.session);
    this.#hub.receive(this.session, message);
  }

  /** Disconnects. */
  disconnects(): void {
    this.#hub.disconnect(this.session);
  }

  /** All messages that the hub has sent to this user since the last call, as they are on the wire. */
  receives(): Body[] {
    // As before every write.
    this.#hub.settle();
    this.repliesWait = false;
    const decoder = new FrameDecoder();
    const bodies: Body[] = [];
    for (let bytes = this.session.take(); bytes.length > 0; bytes = this.session.take()) {
      decoder.push(bytes);
      for (let body = decoder.next(); body !== undefined; body = decoder.next()) bodies.push(parseBody(body));
    }
    return bodies;
  }

  /** As {@linkcode ReplyQueue.repliesQueued}: nothing is written, the test takes the bytes. */
  repliesQueued(): void {
    this.repliesWait = true;
  }
  /** As {@linkcode Transport.authorSpoke}: nothing is written, the test takes the bytes. */
  authorSpoke(): void {
    this.repliesWait = true;
  }

  /** As {@linkcode Transport.searched}: test users have no rate limit. */
  searched(): void {}

  /** As {@linkcode Transport.historySent}. */
  historySent(): void {}

  /** As {@linkcode Transport.sessionEnded}. */
  sessionEnded(reason: string): void {
    this.endReason = reason;
  }

  /** As {@linkcode Transport.flush}: nothing is written, the test takes the bytes. */
  flush(): boolean {
    return false;
  }
}
