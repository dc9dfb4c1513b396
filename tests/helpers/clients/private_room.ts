/**
 * A private room and its owner, who checks that nobody else reads or changes it.
 *
 * @module
 */
import { assertEquals } from "../assert.ts";
import { OriginalClient, type Received } from "./original_client.ts";
import type { TestKey } from "./test_key.ts";

/** A text in every message and in the topic of the room, which nobody but its members may receive. */
export const SECRET = "between us";

const [ROOM, OWNER, TOPIC] = ["den", "dee", `${SECRET} alone`];

/** How many of the newest messages are compared. */
const COMPARED = 100;

/** The room. Its owner is in no other one. */
export class PrivateRoom implements AsyncDisposable {
  readonly #owner: OriginalClient;
  readonly #member: string;
  /** What the owner has said. */
  readonly #said: string[] = [];
  /** What the owner has received since the last check, other than answers; and how much was said before that. */
  #received: Received[] = [];
  #checked = 0;
  #requests = 0;

  private constructor(owner: OriginalClient, member: string) {
    this.#owner = owner;
    this.#member = member;
  }

  /**
   * Makes the room, with one further member, who need not be in it.
   *
   * @param port the port of the hub on 127.0.0.1
   * @param key the key of the owner
   * @param member the owned name of the member
   */
  static async make(port: number, key: TestKey, member: string): Promise<PrivateRoom> {
    // No deadline of its own: the test has one.
    const owner = await OriginalClient.connect(port, { deadlineMs: 2 ** 31 - 1 });
    const room = new PrivateRoom(owner, member);
    const { server } = await owner.nextOf(202);
    const proof = key.proof(server as { identity: string; nonce: string }, OWNER);
    const hello = { code: 102, client: "honest/1", username: OWNER, rooms: [ROOM], quiet: true, ...proof };
    assertEquals((await room.#ask(hello)).code, 210);
    assertEquals((await room.#ask({ code: 119, room: ROOM, mode: "private", topic: TOPIC })).code, 207);
    assertEquals((await room.#ask({ code: 120, room: ROOM, username: member })).code, 207);
    // What the room has been told of these changes comes before this.
    await room.say();
    room.#received = [];
    room.#checked = 1;
    return room;
  }

  /** Says something, and waits until it comes back. */
  async say(): Promise<void> {
    const message = `${SECRET} ${this.#said.length}`;
    this.#said.push(message);
    await this.#owner.sendJson({ code: 103, room: ROOM, message });
    await this.#until(({ message: line }) => (line as { message: string } | undefined)?.message === message);
  }

  /** Checks that the room, its members and its messages are those that the owner has made. */
  async check(): Promise<void> {
    const { mode, history, owner, topic, members } = await this.#ask({ code: 118, room: ROOM });
    assertEquals({ mode, history, owner, topic, members }, {
      mode: "private",
      history: "joined",
      owner: OWNER,
      topic: TOPIC,
      members: [OWNER, this.#member],
    });
    const { users } = await this.#ask({ code: 106, room: ROOM });
    assertEquals((users as { username: string }[]).map(({ username }) => username), [OWNER]);
    const { messages } = await this.#ask({ code: 105, room: ROOM, limit: COMPARED });
    const lines = (messages as { username: string; message: string }[]).map(({ username, message }) =>
      `${username}: ${message}`
    );
    assertEquals(lines, this.#said.slice(-COMPARED).map((message) => `${OWNER}: ${message}`));
    // Others may write to the owner, and invite the owner to their rooms.
    const here = this.#received.filter(({ code, room, message }) =>
      code === 206 || ((message as { room?: string } | undefined)?.room ?? room) === ROOM
    );
    assertEquals(
      here.map(({ code, message }) => `${code} ${(message as { message?: string } | undefined)?.message}`),
      this.#said.slice(this.#checked).map((message) => `200 ${message}`),
    );
    this.#received = [];
    this.#checked = this.#said.length;
  }

  async #ask(request: { [field: string]: string | number | boolean | string[] }): Promise<Received> {
    const ref = `private ${++this.#requests}`;
    await this.#owner.sendJson({ ...request, ref });
    return await this.#until((message) => message.ref === ref);
  }

  async #until(wanted: (message: Received) => boolean): Promise<Received> {
    const found = await this.#owner.until((message) => {
      if (message.ref === undefined) this.#received.push(message);
      return wanted(message);
    });
    // A long run must not fill the memory.
    this.#owner.frames.length = this.#owner.received.length = 0;
    return found;
  }

  /** Disconnects the owner. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner.close();
  }
}
