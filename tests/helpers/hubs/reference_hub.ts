/**
 * A reference model of the hub, as simple as possible: lists of users and of rooms, searched from the front, and for
 * each user the lists of all messages that it should receive.
 *
 * A user receives several streams, each with an order of its own: everyone's (`main`), one for each room, the direct
 * messages from others (`mail`), and the answers to its requests (`answers`). Each request is answered before the next
 * one is sent, so that there is exactly one right result. Nobody is announced for being silent: the clock of the hub
 * stands still.
 *
 * The file is long because it holds every request.
 *
 * @module
 */

/** The streams of one user: the messages that it receives, in short form, in order. */
export type Streams = Record<string, string[]>;

/** A user of the reference hub. */
export interface ReferenceUser {
  /** Its number, which no other user ever has. */
  id: number;
  /** Its current name. */
  name: string;
  /** Whether it has sent hello; otherwise it is a base client. */
  extended: boolean;
  /** Whether everyone was told that it joined, or it is quiet. */
  announced: boolean;
  /** Whether its joins, leaves and renames are announced to nobody. */
  quiet: boolean;
  /** The `session` of its hello. */
  session: string | undefined;
  /** The messages that it should receive. */
  expected: Streams;
}

interface ReferenceRoom {
  name: string;
  members: ReferenceUser[];
  last: number;
  /** The messages that were sent there. */
  messages: string[];
}

/** A hub from its start to its stop. */
export class ReferenceHub {
  /** The users online, in the order in which they connected. */
  users: ReferenceUser[] = [];
  readonly #stored: boolean;
  #rooms: ReferenceRoom[];
  /** The number of the last message of each direct conversation, where messages are stored. */
  readonly #lastDirect: Map<string, number>;

  /**
   * Starts the hub.
   *
   * @param stored whether messages are stored
   * @param before the hub before the restart, whose stored state it continues, if there is one
   */
  constructor(stored: boolean, before?: ReferenceHub) {
    this.#stored = stored;
    this.#rooms = [{ name: "main", members: [], last: 0, messages: [] }];
    this.#lastDirect = new Map();
    if (!stored || before === undefined) return;
    this.#lastDirect = before.#lastDirect;
    this.#rooms = before.#rooms.filter(({ name, last }) => name === "main" || last > 0)
      .map((room) => ({ ...room, members: [] }));
  }

  get #main(): ReferenceRoom {
    return this.#rooms[0]!;
  }

  /** A user connects and is given a random name. */
  connect(id: number, name: string): ReferenceUser {
    const user = {
      id,
      name,
      extended: false,
      announced: false,
      quiet: false,
      session: undefined,
      expected: { answers: [`202 ${name}`] },
    };
    this.users.push(user);
    this.#main.members.push(user);
    return user;
  }

  /** 102: of a quiet client where `quiet` is given, which is in that room only. */
  hello(user: ReferenceUser, name: string, quiet?: string, session?: string): void {
    user.extended = true;
    let old = user.name;
    user.session = session;
    const older = this.#olderOf(user, name);
    const stays = older?.announced && !older.quiet && !user.announced && quiet === undefined;
    if (older !== undefined && !stays) this.#end(older);
    if (older !== undefined && stays) {
      older.announced = false;
      this.users = this.users.filter((other) => other !== older);
    }
    if (!this.#claimName(user, name)) {
      user.session = undefined;
      return;
    }
    if (older !== undefined && stays) {
      this.#answer(user, `210 ${name} main`);
      this.#push(user, "room main", `201 ${older.name}`);
      old = older.name;
      user.announced = true;
      this.#announce(user, old);
      for (const room of this.#rooms.filter(({ members }) => members.includes(older))) {
        this.#removeFrom(older, room);
        if (room !== this.#main) this.#show(room, `212 ${name}`);
      }
      return this.#end(older);
    }
    if (quiet !== undefined) {
      this.#removeFrom(user, this.#main);
      user.quiet = true;
    }
    const room = quiet === undefined ? "main" : this.#find(quiet)?.name ?? quiet;
    this.#answer(user, `210 ${name} ${room}`);
    this.#announce(user, old);
    if (quiet !== undefined) this.join(user, quiet, false);
  }

  /** 101. */
  rename(user: ReferenceUser, name: string): void {
    const old = user.name;
    const older = this.#olderOf(user, name);
    if (older !== undefined) this.#end(older);
    if (!this.#claimName(user, name)) return;
    this.#answer(user, `202 ${name}`);
    this.#announce(user, old);
  }

  /** 100, and 103 where a room is named. */
  say(user: ReferenceUser, text: string, roomName?: string): void {
    const room = roomName === undefined && !user.quiet
      ? this.#main
      : this.#joinedRoom(user, roomName ?? "main");
    if (room === undefined) return;
    this.#announce(user, user.name);
    const line = `${++room.last} ${user.name}: ${text}`;
    room.messages.push(line);
    this.#show(room, `200 ${line}`);
    if (user.extended) this.#answer(user, `207 ${room.last}`);
  }

  /** 104. */
  sayTo(user: ReferenceUser, to: string, text: string): void {
    if (!user.extended) return this.#refuse(user, "bad_message");
    const reader = this.users.find(({ name }) => isSame(name, to));
    if (reader === undefined) return this.#refuse(user, "no_such_user");
    this.#announce(user, user.name);
    const line = `213 ${user.name} to ${reader.name}: ${text}`;
    const key = [user.name.toLowerCase(), reader.name.toLowerCase()].sort().join();
    const last = (this.#lastDirect.get(key) ?? 0) + 1;
    // The newest conversation is the last one.
    this.#lastDirect.delete(key);
    this.#lastDirect.set(key, last);
    this.#answer(user, line, this.#stored ? `207 ${this.#lastDirect.get(key)}` : "207");
    if (reader !== user) {
      this.#push(reader, "mail", reader.extended ? line : `200 ${user.name} (direct): ${text}`);
    }
  }

  /** 105, for all messages of a room. */
  history(user: ReferenceUser, name: string): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    const room = this.#joinedRoom(user, name);
    if (room === undefined) return;
    this.#announce(user, user.name);
    this.#answer(user, `208 ${room.name} ${room.messages.join(", ")}`);
  }

  /** 111. */
  conversations(user: ReferenceUser): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    this.#announce(user, user.name);
    const own = user.name.toLowerCase();
    const found = [...this.#lastDirect].flatMap(([key, last]) => {
      const names = key.split(",");
      if (!names.includes(own)) return [];
      return [`${names.find((name) => name !== own) ?? own}:${last}`];
    });
    this.#answer(user, `217 ${found.reverse().join(" ")}`);
  }

  /** 107, with a `ref` or without. */
  join(user: ReferenceUser, name: string, ref = true): void {
    if (!user.extended) return this.#refuse(user, "bad_message");
    this.#announce(user, user.name);
    let room = this.#find(name);
    if (room === undefined) this.#rooms.push(room = { name, members: [], last: 0, messages: [] });
    if (!room.members.includes(user)) {
      room.members.push(user);
      if (!user.quiet) this.#show(room, `211 ${user.name}`);
    }
    if (ref) this.#answer(user, "207");
  }

  /** 108, with a `ref` or without. */
  leave(user: ReferenceUser, name: string, ref = true): void {
    const room = this.#joinedRoom(user, name);
    if (room === undefined) return;
    if (room === this.#main) return this.#refuse(user, "not_allowed");
    this.#announce(user, user.name);
    this.#removeFrom(user, room);
    if (!user.quiet) this.#show(room, `212 ${user.name}`);
    if (ref) this.#answer(user, "207");
  }

  /** 106. */
  who(user: ReferenceUser): void {
    if (!user.extended) return this.#refuse(user, "bad_message");
    this.#announce(user, user.name);
    this.#answer(user, `209 ${this.announced.join(" ")}`);
  }

  /** 109. */
  list(user: ReferenceUser): void {
    if (!user.extended) return this.#refuse(user, "bad_message");
    this.#announce(user, user.name);
    const rooms = this.#rooms.map(({ name, members, last }) => `${name}:${members.length}:${last}`).sort();
    this.#answer(user, `214 ${rooms.join(" ")}`);
  }

  /** A user disconnects, in whatever way. */
  disconnect(user: ReferenceUser): void {
    this.users = this.users.filter((other) => other !== user);
    for (const room of this.#rooms) this.#removeFrom(user, room);
    if (user.announced && !user.quiet) this.#show(this.#main, `204 ${user.name}`);
  }

  /** The hub shuts down. */
  shutDown(): void {
    for (const user of this.users) this.#push(user, "room main", "205");
    this.users = [];
  }

  /** The names of the announced users, in the order in which they connected. */
  get announced(): string[] {
    return this.users.filter(({ announced }) => announced).map(({ name }) => name);
  }

  /** The user with that name, if it is an older one with the same `session`. */
  #olderOf(user: ReferenceUser, name: string): ReferenceUser | undefined {
    if (user.session === undefined) return undefined;
    return this.users.find((other) =>
      other !== user && isSame(other.name, name) && other.session === user.session && other.id < user.id
    );
  }

  #end(user: ReferenceUser): void {
    this.#answer(user, "216");
    this.disconnect(user);
  }

  #claimName(user: ReferenceUser, name: string): boolean {
    if (name.toLowerCase() === "server") this.#refuse(user, "name_reserved");
    else if (this.users.some((other) => other !== user && isSame(other.name, name))) {
      this.#refuse(user, "name_taken");
    } else {
      user.name = name;
      return true;
    }
    return false;
  }

  #announce(user: ReferenceUser, old: string): void {
    if (!user.announced && !user.quiet) this.#show(this.#main, `201 ${user.name}`);
    else if (old !== user.name && !user.quiet) this.#show(this.#main, `203 ${old} ${user.name}`);
    user.announced = true;
  }

  #find(name: string): ReferenceRoom | undefined {
    return this.#rooms.find((room) => isSame(room.name, name));
  }

  #joinedRoom(user: ReferenceUser, name: string): ReferenceRoom | undefined {
    const room = this.#find(name);
    if (!user.extended) this.#refuse(user, "bad_message");
    else if (room === undefined) this.#refuse(user, "no_such_room");
    else if (!room.members.includes(user)) this.#refuse(user, "not_in_room");
    else return room;
    return undefined;
  }

  #removeFrom(user: ReferenceUser, room: ReferenceRoom): void {
    room.members = room.members.filter((other) => other !== user);
    this.#rooms = this.#rooms.filter(({ name, members, last }) =>
      members.length > 0 || name === "main" || this.#stored && last > 0
    );
  }

  #refuse(user: ReferenceUser, error: string): void {
    this.#answer(user, user.extended ? `206 ${error}` : "200 server");
  }

  #answer(user: ReferenceUser, ...lines: string[]): void {
    for (const line of lines) this.#push(user, "answers", line);
  }

  #show(room: ReferenceRoom, line: string): void {
    for (const user of room.members) this.#push(user, `room ${room.name.toLowerCase()}`, line);
  }

  #push({ expected }: ReferenceUser, stream: string, line: string): void {
    (expected[stream] ??= []).push(line);
  }
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
