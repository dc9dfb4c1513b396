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
  /** The index of its hub. */
  hub: number;
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

/** A message of a room or of a direct conversation, as it is now. */
interface ReferenceLine {
  number: number;
  username: string;
  text: string;
  /** The recipient of a direct message. */
  to: string | undefined;
  /** When it was sent, in milliseconds since 1970. */
  time: number;
  /** Its id, and who can prove by it that the message is theirs; `undefined` if it has none. */
  id: string | undefined;
  author: string | undefined;
  replyTo: number | undefined;
  isEdited: boolean;
  isDeleted: boolean;
  /** Who reacted, by reaction. */
  reactions: Map<string, Set<string>>;
  /** The number of its last change; 0 if it was never changed. */
  change: number;
}

interface ReferenceRoom {
  name: string;
  members: ReferenceUser[];
  last: number;
  /** The messages that were sent there. */
  messages: ReferenceLine[];
}

/** A message with an id that was sent, as it is sent again. */
export interface ReferenceReceipt {
  /** The room, or `@` and the name of the recipient. */
  place: string;
  /** The text, which is also the id. */
  text: string;
  /** Who can send it again: see `authorOf`. */
  readonly author: string;
  /** The message that it answers, if it is a reply. */
  readonly answers: number | undefined;
  /** Its answer. */
  readonly answer: string;
}

/** How a user wants to change a message. */
export type ReferenceChange =
  | { does: "delete" }
  | { does: "edit"; text: string }
  | { does: "react" | "unreact"; reaction: string };

const DAY_MS = 86_400_000;

/** A hub from its start to its stop; or several that are one chat, as long as one of them runs. */
export class ReferenceHub {
  /** The users online, in the order in which they connected. */
  users: ReferenceUser[] = [];
  readonly #stored: boolean;
  readonly #hubs: number;
  #rooms: ReferenceRoom[];
  /** The messages of each direct conversation, where messages are stored; the newest conversation is the last one. */
  readonly #direct: Map<string, ReferenceLine[]>;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** The number of the last change of a message. */
  changes = 0;
  /** The messages with an id, oldest first. */
  #receipts: ReferenceReceipt[] = [];

  /**
   * Starts the hub.
   *
   * @param stored whether messages are stored
   * @param now the time of day, in milliseconds since 1970
   * @param before the hub before the restart, whose stored state it continues, if there is one
   * @param hubs the number of hubs
   */
  constructor(stored: boolean, now: number, before?: ReferenceHub, hubs = 1) {
    this.#stored = stored;
    this.#hubs = hubs;
    this.now = now;
    this.#rooms = [{ name: "main", members: [], last: 0, messages: [] }];
    this.#direct = new Map();
    if (!stored || before === undefined) return;
    this.#direct = before.#direct;
    this.changes = before.changes;
    this.#receipts = before.#receipts;
    this.#rooms = before.#rooms.filter(({ name, last }) => name === "main" || last > 0)
      .map((room) => ({ ...room, members: [] }));
  }

  get #main(): ReferenceRoom {
    return this.#rooms[0]!;
  }

  /** A user connects to a hub and is given a random name. */
  connect(id: number, name: string, hub = 0): ReferenceUser {
    const user = {
      id,
      hub,
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
    // What several hubs tell their users comes back from NATS first; by then a quiet client has left `main`.
    if (older !== undefined && this.#hubs > 1 && quiet !== undefined) this.#removeFrom(user, this.#main);
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

  /** 100, and 103 where a room is named, perhaps as a reply to a message. */
  say(user: ReferenceUser, text: string, roomName?: string, answers?: number): void {
    const room = roomName === undefined && !user.quiet
      ? this.#main
      : this.#joinedRoom(user, roomName ?? "main");
    if (room === undefined) return;
    const replyTo = this.#stored ? answers : undefined;
    const answered = room.messages.find(({ number }) => number === replyTo);
    if (replyTo !== undefined && answered?.isDeleted !== false) return this.#refuse(user, "no_such_message");
    this.#announce(user, user.name);
    const line = this.#add(room.messages, user, { number: ++room.last, text, replyTo });
    // A 100 has no id.
    if (roomName === undefined) line.id = line.author = undefined;
    this.#show(room, `200 ${shown(line)}`);
    if (!user.extended) return;
    this.#answer(user, `207 ${room.last}`);
    if (roomName !== undefined) {
      this.#receipts.push({
        ...{ place: roomName, text, answers },
        ...{ author: authorOf(user), answer: `207 ${room.last}` },
      });
    }
  }

  /**
   * Sends a message with an id again, which gets its answer again, whether the user may say it now or not.
   *
   * @param user who does
   * @param back how many messages of that author before the last one it is
   * @returns the message; `undefined` if there is none
   */
  sayAgain(user: ReferenceUser, back: number): ReferenceReceipt | undefined {
    const receipt = this.#receipts.filter(({ author }) => author === authorOf(user)).at(-1 - back);
    if (receipt === undefined || !user.extended) return undefined;
    this.#announce(user, user.name);
    this.#answer(user, receipt.answer);
    return receipt;
  }

  #add(
    lines: ReferenceLine[],
    user: ReferenceUser,
    { number, text, to, replyTo }: {
      number: number;
      text: string;
      to?: string;
      replyTo?: number | undefined;
    },
  ): ReferenceLine {
    const line = {
      number,
      username: user.name,
      text,
      to,
      time: this.now,
      id: text as string | undefined,
      author: authorOf(user) as string | undefined,
      replyTo,
      isEdited: false,
      isDeleted: false,
      reactions: new Map(),
      change: 0,
    };
    lines.push(line);
    return line;
  }

  /** 104, with an id. */
  sayTo(user: ReferenceUser, to: string, text: string): void {
    if (!user.extended) return this.#refuse(user, "bad_message");
    const reader = this.users.find(({ name }) => isSame(name, to));
    if (reader === undefined) return this.#refuse(user, "no_such_user");
    this.#announce(user, user.name);
    const line = `213 ${user.name} to ${reader.name}: ${text}`;
    const key = directKey(user.name, reader.name);
    const lines = this.#direct.get(key) ?? [];
    this.#direct.delete(key);
    this.#direct.set(key, lines);
    const number = lines.length + 1;
    this.#add(lines, user, { number, text, to: reader.name });
    const answer = this.#stored ? `207 ${number}` : "207";
    this.#answer(user, line, answer);
    this.#receipts.push({
      place: `@${reader.name}`,
      text,
      answers: undefined,
      author: authorOf(user),
      answer,
    });
    if (reader !== user) {
      this.#push(reader, "mail", reader.extended ? line : `200 ${user.name} (direct): ${text}`);
    }
  }

  /** 105: a page of a room, its newest messages with a word, or all of its messages. */
  history(
    user: ReferenceUser,
    name: string,
    { limit = Infinity, before = Infinity, word }: { limit?: number; before?: number; word?: string } = {},
  ): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    const room = this.#joinedRoom(user, name);
    if (room === undefined) return;
    this.#announce(user, user.name);
    const found = room.messages.filter(({ number, text, isDeleted }) =>
      number < before &&
      (word === undefined || !isDeleted && text.toLowerCase().split(" ").includes(word.toLowerCase()))
    );
    const lines = found.slice(-Math.min(limit, found.length)).map((line) => shown(line, user));
    this.#answer(user, `208 ${room.name} ${lines.join(", ")}`);
  }

  /**
   * Finds the message that is so many before the last one of a room or, with `@`, of a direct conversation.
   *
   * @returns its number, and its id, if it has one; a number that is not in use if there is no such message
   */
  find(user: ReferenceUser, place: string, back: number): { sequence: number; id: string | undefined } {
    const lines = this.#linesOf(user, place);
    const line = lines.at(-1 - back);
    return { sequence: line?.number ?? lines.length + 1, id: line?.id };
  }

  #linesOf(user: ReferenceUser, place: string): ReferenceLine[] {
    if (place.startsWith("@")) return this.#direct.get(directKey(user.name, place.slice(1))) ?? [];
    return this.#find(place)?.messages ?? [];
  }

  /** 126 to 128, in a room or, with `@`, a direct conversation; `proof`: whether with the id of the message. */
  change(
    user: ReferenceUser,
    place: string,
    sequence: number,
    change: ReferenceChange,
    proof: boolean,
  ): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    const isDirect = place.startsWith("@");
    const room = isDirect ? undefined : this.#joinedRoom(user, place);
    if (!isDirect && room === undefined) return;
    const line = this.#linesOf(user, place).find(({ number }) => number === sequence);
    if (line === undefined) return this.#refuse(user, "no_such_message");
    const isOwnName = isSame(line.username, user.name);
    const isProved = proof && line.author === authorOf(user) && (room !== undefined || isOwnName);
    if (line.isDeleted && (change.does !== "delete" || !isOwnName && !isProved)) {
      return this.#refuse(user, change.does === "delete" ? "not_allowed" : "no_such_message");
    }
    if (change.does === "delete" || change.does === "edit") {
      const isOld = Math.abs(this.now - line.time) > DAY_MS;
      if (!line.isDeleted && (!isProved || isOld)) return this.#refuse(user, "not_allowed");
    }
    this.#announce(user, user.name);
    if (this.#changeLine(line, user, change)) this.#showChange(user, { room, line }, change);
    this.#answer(user, `207 ${line.number}`);
  }

  /** Whether a user has reacted to a message of a room so. */
  hasReacted(user: ReferenceUser, room: string, sequence: number, reaction: string): boolean {
    const line = this.#linesOf(user, room).find(({ number }) => number === sequence);
    return line?.reactions.get(reaction)?.has(user.name.toLowerCase()) ?? false;
  }

  /** Changes a message; returns whether anything has changed. */
  #changeLine(line: ReferenceLine, user: ReferenceUser, change: ReferenceChange): boolean {
    if (change.does === "delete") {
      if (line.isDeleted) return false;
      Object.assign(line, { text: "", isDeleted: true, isEdited: false, reactions: new Map() });
    } else if (change.does === "edit") {
      if (line.text === change.text) return false;
      Object.assign(line, { text: change.text, isEdited: true });
    } else {
      const by = line.reactions.get(change.reaction) ?? new Set();
      const key = user.name.toLowerCase();
      if (by.has(key) === (change.does === "react")) return false;
      if (change.does === "react") line.reactions.set(change.reaction, by.add(key));
      else if (by.delete(key) && by.size === 0) line.reactions.delete(change.reaction);
    }
    line.change = ++this.changes;
    return true;
  }

  /** 226; clients of the base get an edit as a new message. */
  #showChange(
    user: ReferenceUser,
    { room, line }: { room: ReferenceRoom | undefined; line: ReferenceLine },
    change: ReferenceChange,
  ): void {
    const what = change.does === "delete"
      ? "deleted"
      : change.does === "edit"
      ? change.text
      : `${change.does} ${change.reaction}${counted(line)}`;
    const news = `226 ${line.change} ${line.number} ${what} by ${user.name}`;
    if (room !== undefined) {
      for (const member of room.members) {
        if (member.extended) this.#push(member, `room ${room.name.toLowerCase()}`, news);
        else if (change.does === "edit") {
          this.#push(member, "edits", `200 ${line.username} (edited): ${line.text}`);
        }
      }
      return;
    }
    const keys = [line.username, line.to!].map((name) => name.toLowerCase());
    for (const reader of this.users.filter(({ name }) => keys.includes(name.toLowerCase()))) {
      if (reader.extended) this.#push(reader, "mail", news);
      else if (change.does === "edit") {
        this.#push(reader, "mail", `200 ${line.username} (direct, edited): ${line.text}`);
      }
    }
  }

  /** 129: all changes, of the rooms and of the direct conversations of the user. */
  askChanges(user: ReferenceUser): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    this.#announce(user, user.name);
    const own = user.name.toLowerCase();
    const places = [
      ...this.#rooms.map(({ messages }) => messages),
      ...[...this.#direct].filter(([key]) => key.split(",").includes(own)).map(([, lines]) => lines),
    ];
    const changed = places.flat().filter(({ change }) => change > 0).sort((a, b) => a.change - b.change);
    const lines = changed.map((line) => `${line.change} ${line.number} ${line.username}${state(line, user)}`);
    this.#answer(user, `227 ${this.changes} ${lines.join(", ")}`);
  }

  /** 130. */
  mentions(user: ReferenceUser): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    this.#announce(user, user.name);
    const found = this.#rooms.flatMap(({ messages }) => messages).filter(({ text, username }) =>
      text.toLowerCase().split(" ").includes(user.name.toLowerCase()) && !isSame(username, user.name)
    );
    this.#answer(user, `228 ${found.map((line) => shown(line, user)).sort().join(", ")}`);
  }

  /** 111. */
  conversations(user: ReferenceUser): void {
    if (!user.extended || !this.#stored) {
      return this.#refuse(user, user.extended ? "unavailable" : "bad_message");
    }
    this.#announce(user, user.name);
    const own = user.name.toLowerCase();
    const found = [...this.#direct].flatMap(([key, { length: last }]) => {
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
    // Nobody is told of users of other hubs who are not announced.
    const count = ({ members }: ReferenceRoom) =>
      members.filter(({ hub, announced }) => announced || hub === user.hub).length;
    const rooms = this.#rooms.map((room) => `${room.name}:${count(room)}:${room.last}`).sort();
    this.#answer(user, `214 ${rooms.join(" ")}`);
  }

  /** A user disconnects, in whatever way. */
  disconnect(user: ReferenceUser): void {
    this.users = this.users.filter((other) => other !== user);
    for (const room of this.#rooms) this.#removeFrom(user, room);
    if (user.announced && !user.quiet) this.#show(this.#main, `204 ${user.name}`);
  }

  /**
   * A hub shuts down; those at the others see its users leave.
   *
   * @param hub its index
   * @param order the names of those who leave, in the order in which the others have seen it, as none is promised
   */
  shutDown(hub = 0, order: readonly string[] = []): void {
    const place = ({ name }: ReferenceUser) => order.indexOf(name);
    const users = this.users.filter((user) => user.hub === hub).sort((a, b) => place(a) - place(b));
    for (const user of users) {
      this.#push(user, "room main", "205");
      for (const room of this.#rooms) room.members = room.members.filter((other) => other !== user);
    }
    for (const user of users) this.disconnect(user);
  }

  /**
   * The names of the announced users, in the order in which they connected; those of several hubs are sorted, as a hub
   * lists its own users before the others.
   */
  get announced(): string[] {
    const names = this.users.filter(({ announced }) => announced).map(({ name }) => name);
    return this.#hubs > 1 ? names.sort() : names;
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

/** Under which author the message ids of a user are known. */
function authorOf({ session, name }: ReferenceUser): string {
  return session ?? name.toLowerCase();
}

function directKey(name: string, other: string): string {
  return [name.toLowerCase(), other.toLowerCase()].sort().join();
}

/** A message as text; with what has become of it, as the user reads it in the history. */
function shown(line: ReferenceLine, user?: ReferenceUser): string {
  const reply = line.replyTo === undefined ? "" : ` to ${line.replyTo}`;
  return `${line.number} ${line.username}: ${line.text}${reply}${
    user === undefined ? "" : state(line, user, false)
  }`;
}

/** What has become of a message, as a user reads it. */
function state(line: ReferenceLine, user: ReferenceUser, withText = true): string {
  if (line.isDeleted) return " deleted";
  return `${line.isEdited ? ` edited${withText ? ` ${line.text}` : ""}` : ""}${counted(line, user)}`;
}

/** The reactions to a message, the most frequent one first; with those of the user marked. */
function counted({ reactions }: ReferenceLine, user?: ReferenceUser): string {
  const key = user?.name.toLowerCase() ?? "";
  return [...reactions].sort(([a, { size }], [b, { size: other }]) => other - size || (a < b ? -1 : 1)).map(
    ([reaction, by]) => ` ${reaction}*${by.size}${by.has(key) ? "!" : ""}`,
  ).join("");
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
