/**
 * What a hub ought to do, as simply as it can be said: lists of those who are here and of rooms, searched from the front, and
 * for each guest the lists of all that it ought to hear.
 *
 * What a guest hears comes in several streams, each with an order of its own: everyone's (`main`), one a room, what others say
 * to it alone (`mail`), and the answers to what it asked (`answers`). Each request is answered before the next one is made,
 * so that there is one right answer. Nobody is announced for having been silent: the clock of the hub stands.
 *
 * @module
 */

/** The streams of one guest: what it hears, in short, in order. */
export type Streams = Record<string, string[]>;

/** Somebody who is here. */
export interface ReferenceGuest {
  /** Its number, which nobody else ever has. */
  id: number;
  /** Its name now. */
  name: string;
  /** Whether it said hello; else it speaks the base. */
  extended: boolean;
  /** Whether everyone has been told that it is here. */
  announced: boolean;
  /** What it ought to have heard. */
  hears: Streams;
}

interface ReferenceRoom {
  name: string;
  members: ReferenceGuest[];
  last: number;
  /** What was said there. */
  lines: string[];
}

/** A hub from its start to its end. */
export class Reference {
  /** Those who are here, in the order in which they came. */
  guests: ReferenceGuest[] = [];
  readonly #kept: boolean;
  #rooms: ReferenceRoom[];
  /** The number of the last line that two have said to each other, where lines are kept. */
  readonly #talks: Map<string, number>;

  /**
   * Begins.
   *
   * @param kept whether what is said is kept
   * @param before the hub before it, which is to be gone on with where that is so
   */
  constructor(kept: boolean, before?: Reference) {
    this.#kept = kept;
    this.#rooms = [{ name: "main", members: [], last: 0, lines: [] }];
    this.#talks = new Map();
    if (!kept || before === undefined) return;
    this.#talks = before.#talks;
    this.#rooms = before.#rooms.filter(({ name, last }) => name === "main" || last > 0)
      .map((room) => ({ ...room, members: [] }));
  }

  get #main(): ReferenceRoom {
    return this.#rooms[0]!;
  }

  /** Somebody connects, and is given a random name. */
  connect(id: number, name: string): ReferenceGuest {
    const guest = { id, name, extended: false, announced: false, hears: { answers: [`202 ${name}`] } };
    this.guests.push(guest);
    this.#main.members.push(guest);
    return guest;
  }

  /** 102. */
  hello(guest: ReferenceGuest, name: string): void {
    guest.extended = true;
    const old = guest.name;
    if (!this.#named(guest, name)) return;
    this.#answer(guest, `210 ${name} main`);
    this.#announce(guest, old);
  }

  /** 101. */
  rename(guest: ReferenceGuest, name: string): void {
    const old = guest.name;
    if (!this.#named(guest, name)) return;
    this.#answer(guest, `202 ${name}`);
    this.#announce(guest, old);
  }

  /** 100, and 103 where a room is named. */
  say(guest: ReferenceGuest, text: string, roomName?: string): void {
    const room = roomName === undefined ? this.#main : this.#asked(guest, roomName);
    if (room === undefined) return;
    this.#announce(guest, guest.name);
    const line = `${++room.last} ${guest.name}: ${text}`;
    room.lines.push(line);
    this.#show(room, `200 ${line}`);
    if (guest.extended) this.#answer(guest, `207 ${room.last}`);
  }

  /** 104. */
  sayTo(guest: ReferenceGuest, to: string, text: string): void {
    if (!guest.extended) return this.#refuse(guest, "bad_message");
    const reader = this.guests.find(({ name }) => isSame(name, to));
    if (reader === undefined) return this.#refuse(guest, "no_such_user");
    this.#announce(guest, guest.name);
    const line = `213 ${guest.name} to ${reader.name}: ${text}`;
    const talk = [guest.name.toLowerCase(), reader.name.toLowerCase()].sort().join();
    this.#talks.set(talk, (this.#talks.get(talk) ?? 0) + 1);
    this.#answer(guest, line, this.#kept ? `207 ${this.#talks.get(talk)}` : "207");
    if (reader !== guest) {
      this.#tell(reader, "mail", reader.extended ? line : `200 ${guest.name} (direct): ${text}`);
    }
  }

  /** 105, for all that was said in a room. */
  history(guest: ReferenceGuest, name: string): void {
    if (!guest.extended || !this.#kept) {
      return this.#refuse(guest, guest.extended ? "unavailable" : "bad_message");
    }
    const room = this.#asked(guest, name);
    if (room === undefined) return;
    this.#announce(guest, guest.name);
    this.#answer(guest, `208 ${room.name} ${room.lines.join(", ")}`);
  }

  /** 107. */
  join(guest: ReferenceGuest, name: string): void {
    if (!guest.extended) return this.#refuse(guest, "bad_message");
    this.#announce(guest, guest.name);
    let room = this.#find(name);
    if (room === undefined) this.#rooms.push(room = { name, members: [], last: 0, lines: [] });
    if (!room.members.includes(guest)) {
      room.members.push(guest);
      this.#show(room, `211 ${guest.name}`);
    }
    this.#answer(guest, "207");
  }

  /** 108. */
  leave(guest: ReferenceGuest, name: string): void {
    const room = this.#asked(guest, name);
    if (room === undefined) return;
    if (room === this.#main) return this.#refuse(guest, "not_allowed");
    this.#announce(guest, guest.name);
    this.#out(guest, room);
    this.#show(room, `212 ${guest.name}`);
    this.#answer(guest, "207");
  }

  /** 106. */
  who(guest: ReferenceGuest): void {
    if (!guest.extended) return this.#refuse(guest, "bad_message");
    this.#announce(guest, guest.name);
    this.#answer(guest, `209 ${this.announced.join(" ")}`);
  }

  /** 109. */
  list(guest: ReferenceGuest): void {
    if (!guest.extended) return this.#refuse(guest, "bad_message");
    this.#announce(guest, guest.name);
    const rooms = this.#rooms.map(({ name, members, last }) => `${name}:${members.length}:${last}`).sort();
    this.#answer(guest, `214 ${rooms.join(" ")}`);
  }

  /** Somebody goes, in whatever way. */
  disconnect(guest: ReferenceGuest): void {
    this.guests = this.guests.filter((other) => other !== guest);
    for (const room of this.#rooms) this.#out(guest, room);
    if (guest.announced) this.#show(this.#main, `204 ${guest.name}`);
  }

  /** The hub goes down. */
  shutDown(): void {
    this.#show(this.#main, "205");
    this.guests = [];
  }

  /** The names of those who were announced, in the order in which they came. */
  get announced(): string[] {
    return this.guests.filter(({ announced }) => announced).map(({ name }) => name);
  }

  #named(guest: ReferenceGuest, name: string): boolean {
    if (name.toLowerCase() === "server") this.#refuse(guest, "name_reserved");
    else if (this.guests.some((other) => other !== guest && isSame(other.name, name))) {
      this.#refuse(guest, "name_taken");
    } else {
      guest.name = name;
      return true;
    }
    return false;
  }

  #announce(guest: ReferenceGuest, old: string): void {
    if (!guest.announced) this.#show(this.#main, `201 ${guest.name}`);
    else if (old !== guest.name) this.#show(this.#main, `203 ${old} ${guest.name}`);
    guest.announced = true;
  }

  #find(name: string): ReferenceRoom | undefined {
    return this.#rooms.find((room) => isSame(room.name, name));
  }

  #asked(guest: ReferenceGuest, name: string): ReferenceRoom | undefined {
    const room = this.#find(name);
    if (!guest.extended) this.#refuse(guest, "bad_message");
    else if (room === undefined) this.#refuse(guest, "no_such_room");
    else if (!room.members.includes(guest)) this.#refuse(guest, "not_in_room");
    else return room;
    return undefined;
  }

  #out(guest: ReferenceGuest, room: ReferenceRoom): void {
    room.members = room.members.filter((other) => other !== guest);
    this.#rooms = this.#rooms.filter(({ name, members, last }) =>
      members.length > 0 || name === "main" || this.#kept && last > 0
    );
  }

  #refuse(guest: ReferenceGuest, error: string): void {
    this.#answer(guest, guest.extended ? `206 ${error}` : "200 server");
  }

  #answer(guest: ReferenceGuest, ...lines: string[]): void {
    for (const line of lines) this.#tell(guest, "answers", line);
  }

  #show(room: ReferenceRoom, line: string): void {
    for (const guest of room.members) this.#tell(guest, `room ${room.name.toLowerCase()}`, line);
  }

  #tell({ hears }: ReferenceGuest, stream: string, line: string): void {
    (hears[stream] ??= []).push(line);
  }
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
