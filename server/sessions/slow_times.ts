/**
 * When everybody has said something last in rooms with slow mode.
 *
 * An owner of a name has one time for all devices, at all hubs of a cluster. Somebody without a name of their own has
 * one for each session, and starts with the time when the session began: otherwise connecting again would be a way
 * around slow mode.
 *
 * PURE.
 *
 * @module
 */
import type { Session } from "./session.ts";

/** From how many times of a room on those that are over are forgotten. */
const SWEEP_FROM = 1000;

/** The times of all rooms with slow mode. */
export class SlowTimes {
  /** For each room the time of each owner, by `Clock.elapsed`. */
  readonly #owners = new Map<string, Map<number, number>>();

  /**
   * Computes how long somebody must wait before saying something in a room.
   *
   * @param session the session
   * @param room the key of the room
   * @param everyMs the slow mode of the room: the least time between two messages, in milliseconds
   * @param now the time by `Clock.elapsed`, in milliseconds
   * @returns the wait, in milliseconds; 0 for none
   */
  waitMs({ owner, connectedAt, spokeAt }: Session, room: string, everyMs: number, now: number): number {
    const own = spokeAt?.get(room);
    const last = owner === undefined
      ? own ?? connectedAt
      : Math.max(own ?? -Infinity, this.#owners.get(room)?.get(owner.id) ?? -Infinity);
    return Math.max(0, Math.ceil(last + everyMs - now));
  }

  /**
   * Records that somebody says something in a room.
   *
   * @param session the session
   * @param room the key of the room
   * @param everyMs as in {@linkcode SlowTimes.waitMs}
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  spoke(session: Session, room: string, everyMs: number, now: number): void {
    (session.spokeAt ??= new Map()).set(room, now);
    if (session.owner !== undefined) this.ownerSpoke(session.owner.id, room, everyMs, now);
  }

  /**
   * Records that an owner of a name says something in a room, on any device and at any hub of a cluster.
   *
   * @param owner the id of the owner
   * @param room the key of the room
   * @param everyMs as in {@linkcode SlowTimes.waitMs}
   * @param now when, by `Clock.elapsed`, in milliseconds
   */
  ownerSpoke(owner: number, room: string, everyMs: number, now: number): void {
    let owners = this.#owners.get(room);
    if (owners === undefined) this.#owners.set(room, owners = new Map());
    const last = Math.max(now, owners.get(owner) ?? now);
    // So that the oldest ones are in front.
    owners.delete(owner);
    owners.set(owner, last);
    if (owners.size < SWEEP_FROM) return;
    for (const [id, at] of owners) {
      if (at + everyMs > now) break;
      owners.delete(id);
    }
  }

  /**
   * Forgets the times of a room without slow mode.
   *
   * @param room the key of the room; `undefined` for all rooms
   */
  forget(room: string | undefined): void {
    if (room === undefined) this.#owners.clear();
    else this.#owners.delete(room);
  }
}
