/**
 * Decides where a join, leave or rename is shown: in the current buffer now, or in other buffers later.
 *
 * PURE.
 *
 * @module
 */
import type { Preferences } from "../config/mod.ts";
import {
  type Buffers,
  type Ignored,
  MAIN,
  type OwnUser,
  personOf,
  type PresenceChange,
  roomOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";

/** The state that the routing needs. */
export interface PresenceRouterOptions {
  /** The user's own name, and the announcements expected about it. */
  readonly self: OwnUser;
  /** The ignored users; their renames are followed. */
  readonly ignored: Ignored;
  /** The open buffers; renames of their persons are followed. */
  readonly buffers: Buffers;
  /** Returns whether a user is known to be in one of the user's rooms. */
  readonly isIn: (name: string, room: string) => boolean;
}

/** Routes joins, leaves and renames to the buffers. */
export class PresenceRouter {
  readonly #options: PresenceRouterOptions;

  /**
   * Shares its state with the scrollback.
   *
   * @param options see {@linkcode PresenceRouterOptions}
   */
  constructor(options: PresenceRouterOptions) {
    this.#options = options;
  }

  /**
   * Routes a change. Adds it to the buffers that are not current.
   *
   * @param change the change
   * @param room the room that it is about; `undefined` for the whole hub
   * @param preferences the preferences of the user
   * @returns the change to show now, if any
   */
  route(
    change: PresenceChange,
    room: string | undefined,
    preferences: Preferences,
  ): PresenceChange | undefined {
    const targets = room === undefined ? this.#targetsOf(change) : this.#targetsInRoom(change, room);
    if (targets === undefined || preferences.quiet) return undefined;
    const { buffers } = this.#options;
    const open = targets.map((target) => buffers.find(target)).filter((buffer) => buffer !== undefined);
    const [first] = open;
    if (first === undefined) return undefined;
    const { current } = buffers;
    const isCurrent = open.includes(current);
    if (preferences.show === "room") {
      for (const buffer of open) if (buffer !== current) buffer.addChange(change);
      return isCurrent ? change : undefined;
    }
    return isCurrent || change.kind === "renamed" ? change : { ...change, where: targetLabel(first) };
  }

  /** Returns the target of a join or leave of a room; `undefined` for the user's own and for ignored users. */
  #targetsInRoom({ name }: PresenceChange, room: string): Target[] | undefined {
    const { self, ignored } = this.#options;
    return self.is(name) || ignored.has(name) ? undefined : [roomOf(room)];
  }

  /** Returns the targets of a change on the hub; `undefined` for the user's own and for ignored users. */
  #targetsOf(change: PresenceChange): Target[] | undefined {
    const { self, ignored, buffers } = this.#options;
    const { name } = change;
    const isIgnored = ignored.has(name);
    switch (change.kind) {
      case "joined":
        // The user's own join is shown by the line with the user's name.
        return self.takeJoin(name) || isIgnored ? undefined : [MAIN, personOf(name)];
      case "left":
        ignored.left(name);
        return isIgnored ? undefined : this.#targetsWith(name);
      case "renamed": {
        ignored.renamed(name, change.to);
        const targets = [...this.#targetsWith(name), personOf(change.to)];
        buffers.renamed(name, change.to);
        return self.takeRename(name, change.to) || isIgnored ? undefined : targets;
      }
    }
  }

  /** Returns the targets in which a user is known to be. */
  #targetsWith(name: string): Target[] {
    const { buffers, isIn } = this.#options;
    return [MAIN, ...buffers.rooms.filter((room) => isIn(name, room)).map(roomOf), personOf(name)];
  }
}
