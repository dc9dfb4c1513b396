/**
 * A user of a test hub whose client learns from what the hub tells who is where, as the programs do.
 *
 * @module
 */
import { People } from "../../../client/model/mod.ts";
import type { Body, ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import type { TestUser } from "../hubs/test_hub.ts";

/** A user, and what its client knows. */
export class PeopleFollower {
  /** What the client knows. */
  readonly people = new People();
  /** The rooms of the user, without `main`. */
  readonly rooms = new Set<string>();

  /**
   * Begins before the client has received anything.
   *
   * @param user the user
   */
  constructor(readonly user: TestUser) {}

  /**
   * Comes into the hub.
   *
   * @param username the name
   * @param rooms the rooms
   */
  comes(username: string, rooms: readonly string[]): void {
    this.user.sends({ code: 102, client: "test/1", username, rooms: [...rooms] });
    for (const room of rooms) this.rooms.add(room);
  }

  /** Joins a room. */
  joins(room: string): void {
    this.rooms.add(room);
    this.user.sends({ code: 107, room });
  }

  /** Leaves a room, if it is there. */
  leaves(room: string): void {
    if (!this.rooms.delete(room)) return;
    this.user.sends({ code: 108, room });
    this.receives();
    this.people.leftRoom(room);
  }

  /** Asks who is in a room, or on the hub. The answer is complete when this returns. */
  asks(room?: string): void {
    this.receives();
    this.user.sends({ code: 106, ...room === undefined ? {} : { room } });
    const names = this.receives().flatMap(({ code, users }) =>
      code === 209 ? (users as { username: string }[]).map(({ username }) => username) : []
    );
    this.people.listed(room ?? "main", names.map((username) => ({ username })));
  }

  /** Takes all messages that the hub has for it. */
  receives(): Body[] {
    const bodies = this.user.receives();
    for (const body of bodies) this.people.receive(body as unknown as ServerMessage);
    return bodies;
  }

  /**
   * Checks that the client knows who is in each room that is not big.
   *
   * @param here all who are on the hub, or on all hubs
   * @param limit up to how many people there are in a room that is not big
   */
  knows(here: readonly PeopleFollower[], limit: number): void {
    const { name } = this.user;
    for (const room of this.rooms) {
      if (this.people.countIn(room) !== undefined) continue;
      const there = here.filter((other) => other.rooms.has(room)).map(({ user }) => user.name);
      assertEquals(this.people.inRoom(room).sort(), there.sort(), `#${room} for ${name}`);
      assert(there.length <= limit, `#${room} is big, and ${name} does not know it`);
    }
    if (this.people.countIn("main") !== undefined) return;
    const all = here.map(({ user }) => user.name).sort();
    assertEquals([...this.people.others(name), name].sort(), all, `main for ${name}`);
    assert(all.length <= limit, `main is big, and ${name} does not know it`);
  }
}
