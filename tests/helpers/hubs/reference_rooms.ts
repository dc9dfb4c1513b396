/**
 * A room that may belong to somebody, as simple as possible: a list of members and a list of messages.
 *
 * A person is the number of the owner of a name; nobody is `undefined`.
 *
 * @module
 */
import type { ClientMessage } from "../../../protocol/mod.ts";

/** Who asks about a room. */
export interface ReferenceAsker<User> {
  /** Who. */
  user: User;
  /** The person, if the user is one. */
  person: number | undefined;
  /** Finds the person to whom a name belongs. */
  personOf(name: string): number | undefined;
  /** How much was said in all rooms. */
  said: number;
}

/** A room; its users are objects or numbers. */
export class ReferenceOwnedRoom<User> {
  /** The key of its name. */
  readonly name: string;
  /** Who owns it. */
  owner: number | undefined;
  /** Who may know of it. */
  mode: "open" | "private" = "open";
  /** What members may read. */
  history: "all" | "joined" = "all";
  /** What it is about. */
  topic: string | undefined;
  /** What was said, with how much was said anywhere before. */
  said: { text: string; at: number }[] = [];
  /** Who is a member, and how much was said anywhere before that. */
  readonly members: Map<number, number> = new Map();
  /** How much was said anywhere before the room was opened without its history. */
  openedAt = 0;
  /** Who is in it. */
  readonly inside: Set<User> = new Set();

  /**
   * Does not exist yet.
   *
   * @param name the key of its name
   */
  constructor(name: string) {
    this.name = name;
  }

  /** Whether joining it does not make it. */
  get exists(): boolean {
    return this.owner !== undefined || this.said.length > 0 || this.inside.size > 0;
  }

  /** Whether somebody is a member. */
  isMember(person: number | undefined): boolean {
    return person !== undefined && this.members.has(person);
  }

  /** Whether it does not exist for somebody. */
  isHiddenFrom(person: number | undefined): boolean {
    return this.mode === "private" && !this.isMember(person) &&
      (person === undefined || person !== this.owner);
  }

  /** What somebody may read who is in the room. */
  readableBy(person: number | undefined): string[] {
    const since = person === undefined ? undefined : this.members.get(person);
    const mayRead = ({ at }: { at: number }) =>
      this.history === "all" || since !== undefined && at >= since ||
      this.mode === "open" && at >= this.openedAt;
    return this.said.filter(mayRead).map(({ text }) => text);
  }

  /** Lets somebody in who has a key or not; a new room belongs to the person. */
  enter(user: User, person: number | undefined, at: number): void {
    if (!this.exists && person !== undefined) this.restart(person, at);
    this.inside.add(user);
  }

  /** Lets somebody out; returns whether the room belongs to nobody for that. */
  exit(user: User): boolean {
    if (!this.inside.delete(user) || this.inside.size > 0 || this.said.length > 0) return false;
    if (this.owner === undefined || this.mode !== "open") return false;
    if (this.topic !== undefined || this.members.size > 1) return false;
    this.restart(undefined);
    return true;
  }

  /** Makes the room belong to somebody, or to nobody. */
  restart(owner: number | undefined, at = 0): void {
    Object.assign(this, { owner, mode: "open", history: "all", topic: undefined, openedAt: 0 });
    this.members.clear();
    if (owner !== undefined) this.members.set(owner, at);
  }

  /** Ends all that a person has here, whose name is free; returns whether the room belongs to nobody for that. */
  free(person: number): boolean {
    this.members.delete(person);
    if (this.owner !== person) return false;
    const [heir] = this.members.keys();
    if (heir !== undefined) {
      this.owner = heir;
      return false;
    }
    const { mode, history } = this;
    this.restart(undefined);
    if (mode === "private") this.inside.clear();
    if (mode === "private" || history === "joined") this.said = [];
    return true;
  }

  /** Finds the error word of the answer to a request about the room, if it is refused. */
  refusalOf(
    message: ClientMessage,
    { user, person: id, personOf }: ReferenceAsker<User>,
  ): string | undefined {
    if (message.code === 107) return this.isHiddenFrom(id) ? "no_such_room" : undefined;
    if (!this.exists || this.isHiddenFrom(id)) return "no_such_room";
    if (message.code === 103 || message.code === 108) {
      return this.inside.has(user) ? undefined : "not_in_room";
    }
    const owns = id !== undefined && this.owner === id;
    const person = "username" in message ? personOf(message.username!) : undefined;
    const isOwn = message.code === 121 && person !== undefined && person === id && this.owner !== undefined;
    if (!owns && !isOwn) return "not_allowed";
    switch (message.code) {
      case 119: {
        const { topic, mode, history, owner } = message;
        const heir = owner === undefined ? undefined : personOf(owner);
        if (owner !== undefined && (heir === undefined || !this.members.has(heir))) return "no_such_user";
        const changes = [topic, mode, history, owner].some((field) => field !== undefined);
        return changes ? undefined : "bad_message";
      }
      case 120:
        return person === undefined ? "no_such_user" : undefined;
      case 121:
        if (person === undefined || !this.members.has(person)) return "no_such_user";
        return person === this.owner ? "not_allowed" : undefined;
    }
    return undefined;
  }

  /** Carries out a request about the room that is not refused, other than saying, joining and leaving. */
  carryOut(message: ClientMessage, { personOf, said }: ReferenceAsker<User>): void {
    switch (message.code) {
      case 119: {
        const { topic, mode = this.mode, history, owner } = message;
        if (topic !== undefined) this.topic = topic === "" ? undefined : topic;
        if (owner !== undefined) this.owner = personOf(owner);
        if (mode === this.mode && history === undefined) break;
        Object.assign(this, { mode, history: history ?? "joined", openedAt: said });
        break;
      }
      case 120: {
        const person = personOf(message.username)!;
        if (!this.members.has(person)) this.members.set(person, said);
        break;
      }
      case 121:
        this.members.delete(personOf(message.username)!);
        break;
      case 122:
        this.restart(undefined);
        this.said = [];
        this.inside.clear();
    }
  }
}
