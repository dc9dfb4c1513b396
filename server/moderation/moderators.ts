/**
 * The moderators of rooms, whom the owner of a room or an operator of the hub has made that.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { MAX_MODERATORS_OF_ROOM } from "../limits.ts";
import type { Owner } from "../registry/mod.ts";
import type { AfterCommit } from "../sqlite/mod.ts";
import { type Actor, ModerationError } from "./sanction.ts";

/** The moderators of the rooms of a hub. */
export class Moderators {
  readonly #statements: Record<"all" | "one" | "add" | "remove" | "removeRoom", StatementSync>;
  /** The numbers of the owners, by the key of the room. */
  readonly #byRoom = new Map<string, { name: string; owners: Set<number> }>();

  /**
   * Reads a database.
   *
   * @param db the moderation database, of the newest version
   */
  constructor(db: DatabaseSync) {
    this.#statements = {
      all: db.prepare("SELECT room, owner, room_name FROM moderators ORDER BY room, at"),
      one: db.prepare("SELECT room_name FROM moderators WHERE room = ? AND owner = ?"),
      add: db.prepare("INSERT INTO moderators (room, owner, room_name, by_name, at) VALUES (?, ?, ?, ?, ?)"),
      remove: db.prepare("DELETE FROM moderators WHERE room = ? AND owner = ?"),
      removeRoom: db.prepare("DELETE FROM moderators WHERE room = ?"),
    };
    for (const { room, owner, room_name } of this.#statements.all.iterate()) {
      this.#put(String(room), String(room_name), Number(owner));
    }
  }

  /**
   * Tells whether somebody is a moderator.
   *
   * @param room the room, without `#`
   * @param owner the person
   * @returns whether it is
   */
  has(room: string, { id }: Owner): boolean {
    return this.#byRoom.get(nameKey(room))?.owners.has(id) ?? false;
  }

  /**
   * Returns the moderators of a room.
   *
   * @param room the room, without `#`
   * @returns the numbers of their owners
   */
  of(room: string): Iterable<number> {
    return this.#byRoom.get(nameKey(room))?.owners ?? [];
  }

  /**
   * Returns the rooms that somebody is a moderator of.
   *
   * @param owner the person
   * @returns the names of the rooms, without `#`
   */
  roomsOf({ id }: Owner): string[] {
    return [...this.#byRoom.values()].filter(({ owners }) => owners.has(id)).map(({ name }) => name);
  }

  /**
   * Makes somebody a moderator.
   *
   * @param room the room, without `#`
   * @param owner the person
   * @param by who does it, and when, in milliseconds since 1970
   * @param after puts it in force once the transaction is committed
   * @returns whether it was none before
   * @throws {ModerationError} if the room has too many
   * @throws the error of SQLite if it cannot be stored
   */
  add(room: string, { id }: Owner, { by, now }: { by: Actor; now: number }, after: AfterCommit): boolean {
    const key = nameKey(room);
    const owners = this.#byRoom.get(key)?.owners;
    if (owners?.has(id)) return false;
    if ((owners?.size ?? 0) >= MAX_MODERATORS_OF_ROOM) {
      throw new ModerationError(
        `#${room} has ${MAX_MODERATORS_OF_ROOM} moderators already, which is the limit: remove one with :unmod`,
      );
    }
    this.#statements.add.run(key, id, room, by.name, now);
    after(() => this.#put(key, room, id));
    return true;
  }

  /**
   * Makes somebody a moderator no longer.
   *
   * @param room the room, without `#`
   * @param owner the person
   * @param after puts that in force once the transaction is committed
   * @returns whether it was one
   * @throws the error of SQLite if that cannot be stored
   */
  remove(room: string, { id }: Owner, after: AfterCommit): boolean {
    const key = nameKey(room);
    const owners = this.#byRoom.get(key)?.owners;
    if (owners?.has(id) !== true) return false;
    this.#statements.remove.run(key, id);
    after(() => {
      owners.delete(id);
      if (owners.size === 0) this.#byRoom.delete(key);
    });
    return true;
  }

  /**
   * Removes all moderators of a room.
   *
   * @param room the room, without `#`
   * @param after puts that in force once the transaction is committed
   * @throws the error of SQLite if that cannot be stored
   */
  removeRoom(room: string, after: AfterCommit): void {
    if (!this.#byRoom.has(nameKey(room))) return;
    this.#statements.removeRoom.run(nameKey(room));
    after(() => this.#byRoom.delete(nameKey(room)));
  }

  /**
   * Takes a moderator as another hub of a cluster has stored it.
   *
   * @param key the key of the room
   * @param owner the number of the person
   */
  refresh(key: string, owner: number): void {
    const row = this.#statements.one.get(key, owner);
    if (row !== undefined) return this.#put(key, String(row.room_name), owner);
    const owners = this.#byRoom.get(key)?.owners;
    owners?.delete(owner);
    if (owners?.size === 0) this.#byRoom.delete(key);
  }

  #put(key: string, name: string, owner: number): void {
    const room = this.#byRoom.get(key) ?? { name, owners: new Set<number>() };
    room.owners.add(owner);
    this.#byRoom.set(key, room);
  }
}
