/**
 * Users of real hubs over real sockets, each beside the same user of the reference.
 *
 * With several hubs each step ends when all hubs have read what the others have done, so that there is one right
 * result: an observer at each hub writes to those at the others, and what arrives after that is compared.
 *
 * The file is long because users of one hub and of several share what they do.
 *
 * @module
 */
import { assertEquals } from "../assert.ts";
import { type Json, OriginalClient, type Received } from "../clients/original_client.ts";
import { withDeadline } from "../deadline.ts";
import { ReferenceHub, type ReferenceUser } from "../hubs/reference_hub.ts";
import { START } from "../hubs/test_hub.ts";
import type { LiveHubs } from "./hubs.ts";
import { CHECK, streamsOf } from "./received.ts";

const HOUR_MS = 3_600_000;

/** How long a message may take: short, since a sequence that fails is shortened by running it many times. */
const DEADLINE_MS = 8000;

/** The names of the observers, one at each hub, who always read and never disconnect. */
const OBSERVERS = ["observer", "watcher"];

/** The reference, and how many of its users are observers. */
export interface Model {
  /** The reference. */
  reference: ReferenceHub;
  /** The number of hubs, each of which has an observer. */
  readonly hubs: number;
}

/** A user of a real hub, and the same user in the reference. */
export interface LiveUser {
  /** Its connection. */
  client: OriginalClient;
  /** The user of the reference. */
  known: ReferenceUser;
  /** Whether it has stopped reading. */
  stalled: boolean;
  /** Whether it only observes. */
  readonly isObserver: boolean;
}

/** How a user connects. */
export interface Arrival {
  /** The name in its hello; without one it sends none. */
  name?: string;
  /** The room of a quiet client. */
  quiet?: string | undefined;
  /** Its secret, by which it may take the name over from an older connection, which the hub then ends. */
  session?: string | undefined;
  /** The index of the hub; the first one if not given. */
  hub?: number;
}

/** Hubs whose clock hardly moves; only the time of day jumps. */
export class LiveChat {
  /** The users online. */
  users: LiveUser[] = [];
  /** What is compared. */
  readonly model: Model;
  readonly #hubs: LiveHubs;
  readonly #ports: number[] = [];
  // The clock hardly moves, but two connections never come at the same time.
  readonly #clock = { wall: () => this.#wall, elapsed: () => this.#elapsed += 1e-6 };
  #wall = START;
  #elapsed = 0;
  #ids = 0;
  #texts = 0;
  #refs = 0;
  #checks = 0;

  /**
   * Starts nothing yet.
   *
   * @param hubs the hubs
   */
  constructor(hubs: LiveHubs) {
    this.#hubs = hubs;
    const reference = new ReferenceHub(hubs.isStored, START, undefined, hubs.count);
    this.model = { reference, hubs: hubs.count };
  }

  /** Starts all hubs. */
  async start(): Promise<void> {
    for (let hub = 0; hub < this.#hubs.count; hub++) await this.startHub(hub);
  }

  /**
   * Starts a hub, and connects its observer.
   *
   * @param hub its index
   */
  async startHub(hub: number): Promise<void> {
    if (this.#hubs.count === 1) {
      this.model.reference = new ReferenceHub(this.#hubs.isStored, this.#wall, this.model.reference);
    }
    this.#ports[hub] = await this.#hubs.start(hub, this.#clock);
    await this.connect({ name: OBSERVERS[hub]!, hub });
    await this.synced();
  }

  /** Lets the time of day jump. */
  jump(hours: number): void {
    this.#wall += hours * HOUR_MS;
    this.model.reference.now = this.#wall;
  }

  /** A new text, which mentions somebody. It is also the id of its message. */
  nextText(): string {
    return `line ${++this.#texts} for ${["ana", "Bo", "cy"][this.#texts % 3]}`;
  }

  /**
   * Returns a user who is no observer.
   *
   * @param who any number
   */
  user(who: number): LiveUser {
    const users = this.users.filter(({ isObserver }) => !isObserver);
    return users[who % users.length]!;
  }

  /** Connects a user, and sends hello if a name is given: as a quiet client in a room if one is given. */
  async connect({ name, quiet, session, hub = 0 }: Arrival): Promise<void> {
    const client = await OriginalClient.connect(this.#ports[hub]!, { deadlineMs: DEADLINE_MS });
    const { new: first } = await client.nextOf(202);
    const known = this.model.reference.connect(this.#ids++, String(first), hub);
    const isObserver = name !== undefined && name === OBSERVERS[hub] && this.#observer(hub) === undefined;
    const user = { client, known, stalled: false, isObserver };
    this.users.push(user);
    if (name === undefined) return;
    this.model.reference.hello(known, name, quiet, session);
    const more: Record<string, Json> = quiet === undefined ? {} : { quiet: true, rooms: [quiet] };
    if (session !== undefined) more.session = session;
    await this.asks(user, { code: 102, client: "test/1", username: name, ...more });
    await this.removeReplaced();
  }

  #observer(hub: number): LiveUser | undefined {
    return this.users.find(({ isObserver, known }) => isObserver && known.hub === hub);
  }

  /** Waits until the users that a hub has ended have received that, unless they do not read. */
  async removeReplaced(): Promise<void> {
    const { users } = this.model.reference;
    for (const user of this.users.filter(({ known }) => !users.includes(known))) {
      this.users = this.users.filter((other) => other !== user);
      if (!user.stalled) await user.client.nextOf(216);
      this.compare(user, true);
      await user.client.close();
    }
  }

  /** Sends a request and waits for the answer. */
  async asks({ client, known }: LiveUser, request: Record<string, Json>): Promise<void> {
    if (known.extended) {
      const ref = String(++this.#refs);
      await client.sendJson({ ...request, ref });
      // A list may be several messages; a page of the history is one, which says whether there are others.
      await client.until(({ ref: its, more, code }) => its === ref && (more !== true || code === 208));
      return;
    }
    await client.sendJson(request);
    // The result of the request, or the reason of a refusal.
    await client.until(({ code, message }) => {
      const line = message as { username: string; message: string; sequence?: number };
      if (code === 200 && line.username === "server" && line.sequence === undefined) return true;
      return request.code === 101 ? code === 202 : code === 200 && line.message === request.message;
    });
  }

  /**
   * Sends requests in one write.
   *
   * @returns their answers, in the same order
   */
  async asksAtOnce({ client }: LiveUser, requests: Record<string, Json>[]): Promise<Received[]> {
    const refs = requests.map(() => String(++this.#refs));
    await client.sendFrames(requests.map((request, index) => ({ ...request, ref: refs[index]! })));
    const answers: Received[] = [];
    for (const ref of refs) answers.push(await client.until((message) => message.ref === ref));
    return answers;
  }

  /**
   * Sends requests in one write without a `ref`, so that none is acknowledged. Nothing else is sent until the user has
   * received all that the reference expects in a room.
   */
  async asksSilently(user: LiveUser, room: string, requests: Record<string, Json>[]): Promise<void> {
    const { client } = user;
    await client.sendFrames(requests);
    await this.#arrived(user, `room ${room.toLowerCase()}`);
    await client.sendJson({ code: 110, ref: CHECK });
    await client.until(({ ref }) => ref === CHECK);
  }

  /** Waits until a user has received as much of a stream as the reference expects. */
  async #arrived({ client, known }: LiveUser, stream: string): Promise<void> {
    const count = known.expected[stream]?.length ?? 0;
    while ((streamsOf(client.received)[stream]?.length ?? 0) < count) await client.next();
  }

  /** Disconnects a user; returns when its hub has noticed. */
  async vanishes(user: LiveUser): Promise<void> {
    this.users = this.users.filter((other) => other !== user);
    this.model.reference.disconnect(user.known);
    await user.client.close();
    // It closed the connection before, so it may have read only a part.
    this.compare(user, true);
    const { client } = this.#observer(user.known.hub)!;
    const expected = this.model.reference.announced.join();
    for (let seen = ""; seen !== expected;) {
      await client.sendJson({ code: 106, ref: CHECK });
      const { users } = await client.until(({ ref }) => ref === CHECK);
      const names = (users as { username: string }[]).map(({ username }) => username);
      seen = (this.#isCluster ? names.sort() : names).join();
    }
  }

  get #isCluster(): boolean {
    return this.#hubs.count > 1;
  }

  /**
   * Waits until each hub has read what the others have done, and all who read have received what the reference expects;
   * compares that. One hub alone has done a step when it is answered.
   */
  async synced(): Promise<void> {
    // The one who came last first: the other hub may not know yet that it is there.
    const observers = this.users.filter(({ isObserver }) => isObserver).reverse();
    for (const { client, known } of observers) {
      for (const other of observers.filter((other) => other.known !== known)) {
        const text = `check ${++this.#checks}`;
        await client.sendJson({ code: 104, to: other.known.name, message: text, ref: CHECK });
        await client.until(({ ref }) => ref === CHECK);
        await other.client.until(({ code, message }) =>
          code === 213 && (message as { message: string }).message === text
        );
      }
    }
    if (!this.#isCluster) return;
    for (const user of this.users.filter(({ stalled }) => !stalled)) {
      for (const stream of Object.keys(user.known.expected)) {
        await this.#arrived(user, stream).catch(() => this.compare(user, false));
      }
      this.compare(user, false);
    }
  }

  /**
   * Shuts a hub down. Its users read to the end, and have received what the reference expects.
   *
   * @param hub its index
   */
  async stopHub(hub: number): Promise<void> {
    const stopping = this.#hubs.stop(hub);
    const users = this.users.filter(({ known }) => known.hub === hub);
    for (const { client } of users) client.resume();
    await withDeadline(stopping, () => `the end of hub ${hub}`);
    this.model.reference.shutDown(hub, await this.#leaversOf(hub));
    for (const user of users) {
      assertEquals(await user.client.closed, undefined);
      this.compare(user, false);
      await user.client.close();
    }
    this.users = this.users.filter((user) => !users.includes(user));
    await this.synced();
  }

  /** The names of the users of a hub that has stopped, in the order in which the observer at another sees them go. */
  async #leaversOf(hub: number): Promise<string[]> {
    const observer = this.users.find(({ isObserver, known }) => isObserver && known.hub !== hub);
    if (observer === undefined) return [];
    const { client, known } = observer;
    const before = known.expected["room main"]!.length;
    const { users } = this.model.reference;
    const count = users.filter(({ announced, quiet, hub: at }) => at === hub && announced && !quiet).length;
    const seen = () => streamsOf(client.received)["room main"]!.slice(before);
    while (seen().length < count) await client.next();
    return seen().map((line) => line.replace("204 ", ""));
  }

  /** Shuts all hubs down, one after the other. */
  async stop(): Promise<void> {
    for (let hub = 0; hub < this.#hubs.count; hub++) await this.stopHub(hub);
  }

  /** Compares what a user has received with what the reference expects: completely, or only the part that arrived. */
  compare({ client, known }: LiveUser, partial: boolean): void {
    const received = streamsOf(client.received, this.#isCluster);
    for (const stream of new Set([...Object.keys(received), ...Object.keys(known.expected)])) {
      const lines = received[stream] ?? [];
      const expected = known.expected[stream] ?? [];
      assertEquals(
        lines,
        partial ? expected.slice(0, lines.length) : expected,
        `${stream} of user ${known.id}, ${known.name}`,
      );
    }
  }

  /** Closes all connections and stops the hubs, in any state. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.users) await client.close();
    for (let hub = 0; hub < this.#hubs.count; hub++) await this.#hubs.stop(hub);
  }
}
