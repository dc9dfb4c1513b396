/**
 * The hub: who is here under which name, and what happens when somebody asks for something.
 *
 * PURE: no socket, file, timer or clock of its own. It decides and never sends: a reply goes into the session's outbox,
 * what everyone is to see goes to the backplane and, when that gives it back in order, into the log of the room. Whose
 * bytes are written when is for the flusher and the connections.
 *
 * Rules: a name belongs to one session at a time, in any spelling that has the same key; in `main` nobody sees
 * anything of a session before its 201; whatever is refused is said to the one who asked, and to nobody else; a client that has not
 * said hello gets the base alone, and of the rooms only `main`. Longer than most files, as it holds every request there is.
 *
 * @module
 */
import {
  ANNOUNCE_DELAY_MS,
  type AskHistory,
  checkName,
  checkText,
  type ClientMessage,
  Code,
  DEFAULT_HISTORY_LINES,
  type ErrorWord,
  type Hello,
  type Join,
  type Leave,
  type ListRooms,
  MAX_BODY_BYTES,
  MAX_NAME_CHARS,
  MAX_TEXT_BYTES,
  nameKey,
  NONCE_BYTES,
  type PlainSaid,
  type PlainSay,
  PlainText,
  PROTOCOL_VERSION,
  ProtocolError,
  randomName,
  type Rename,
  type Said,
  type SaidTo,
  type Say,
  type SayIn,
  type SayTo,
  serialize,
  type ServerMessage,
  type UserInfo,
  VERSION,
  type Who,
} from "../../protocol/mod.ts";
import { type Backplane, EmbeddedBackplane, type RoomEvent, StoredBackplane } from "../backplane/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import { Counters, type DropReason } from "./counters.ts";
import { conversationKey, type History, StorageError } from "../history/mod.ts";
import type { PasswordGate } from "../admission/mod.ts";
import { MAX_MAILBOX_BYTES, MAX_STALL_MS, PAGE_BYTES, type RoomLimits } from "../limits.ts";
import { type Page, pagesOf } from "./pages.ts";
import { conversationOf, historyMessage, missedMessages, readPage, searchText } from "./history_requests.ts";
import { mailboxOf, type Room } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { Searches } from "./searches.ts";
import { type MemberRoom, Session, type Transport } from "./session.ts";

/** What this hub can do beyond the base, as the welcome says it. */
const FEATURES = ["who", "ping", "rooms", "direct"];
const FEATURES_OF_HISTORY = [...FEATURES, "history", "search"];

/** Why somebody is ended who gives no password, for people: a client of the base cannot give one. */
const NEEDS_PASSWORD = "this hub wants a password, and that takes a client of its own: riftchat join";

/** What a hub needs from the house around it. */
export interface HubDependencies {
  /** The two clocks. */
  clock: Clock;
  /** Gives that many random bytes that nobody can foresee. */
  randomBytes(count: number): Uint8Array;
  /** About so many bytes were appended to a room's log: its members are to be flushed. */
  roomGrew(room: MemberRoom, bytes: number): void;
  /** `tick` is to be called once after this many milliseconds. */
  wakeAfter(ms: number): void;
  /** Asks those who come for a password; nobody is asked without it. */
  passwordGate?: PasswordGate | undefined;
  /** How many rooms there may be; the default where it is not said. */
  rooms?: RoomLimits | undefined;
  /** Takes note that something a client sent was refused, and by which word. */
  refused?(session: Session, word: ErrorWord): void;
  /** Keeps what is said; nothing is kept without it. */
  history?: HubHistory | undefined;
}

/** What people are told while what they say is not kept. */
const NOT_STORED = "What is said is not stored for now: the hub's disk does not take it";

/** What a hub needs from the house around it besides, where what is said is kept. */
export interface HubHistory {
  /** Keeps it. */
  history: History;
  /** Runs something after the reads of this turn of the event loop. */
  afterReads(run: () => void): void;
  /** Lines were kept. */
  stored(): void;
  /** Lines are no longer kept, for this reason; `marked` says whether the next start would know. */
  paused(error: StorageError, marked: boolean): void;
  /** Lines are kept again. */
  resumed(): void;
  /** What is kept could not be read. */
  readFailed(error: unknown): void;
}

/** The sessions, names and rooms of one hub. */
export class Hub {
  /** How often what has happened here, and in the connections to this hub. */
  readonly counters: Counters = new Counters();
  /** The message of the day, which a welcome carries; `undefined` for none. */
  motd: string | undefined;
  readonly #dependencies: HubDependencies;
  readonly #backplane: Backplane;
  readonly #rooms: Rooms;
  readonly #history: History | undefined;
  readonly #stored: StoredBackplane | undefined;
  readonly #searches: Searches | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #names = new Map<string, Session>();
  /** The rooms in which something was shown since that was kept. */
  readonly #grown = new Set<MemberRoom>();
  /** Those not yet announced, oldest first, and some that have been announced or have left since. */
  readonly #newcomers: Session[] = [];
  #connections = 0;
  #down = false;

  /**
   * Makes a hub that nobody is in.
   *
   * @param ports what it needs from the house around it
   */
  constructor(dependencies: HubDependencies) {
    this.#dependencies = dependencies;
    const { history: keeping, clock } = dependencies;
    const apply = (event: RoomEvent, sequence: number) => this.#apply(event, sequence);
    const acknowledge = (event: RoomEvent, sequence: number, stored: boolean) =>
      this.#acknowledge(event, sequence, stored);
    const now = () => clock.wall();
    if (keeping === undefined) {
      this.#backplane = new EmbeddedBackplane(apply, acknowledge, now);
      this.#rooms = new Rooms({ limits: dependencies.rooms });
      return;
    }
    const { history } = keeping;
    this.#history = history;
    this.#searches = new Searches((run) => keeping.afterReads(run));
    this.#backplane = this.#stored = new StoredBackplane(history, {
      apply,
      acknowledge,
      now,
      takeShown: () => this.#shown(),
      stored: () => keeping.stored(),
      paused: (error, marked) => {
        this.#tellEveryone(NOT_STORED);
        keeping.paused(error, marked);
      },
      resumed: () => {
        this.#tellEveryone("What is said is stored again");
        keeping.resumed();
      },
    });
    this.#rooms = new Rooms({
      limits: dependencies.rooms,
      lastSequence: (name) => this.#backplane.last(name),
      empty: history.rooms(),
      journaled: true,
    });
  }

  /** How many sessions there are. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * Lets a client in under a random name. Its 202 is in its outbox when this returns; its 201 follows when it has asked
   * for something, or after `ANNOUNCE_DELAY_MS`.
   *
   * Where there is a password, its client sees and says nothing before it has given that.
   *
   * @param outlet where what it is told goes
   * @returns its session
   */
  connect(outlet: Transport): Session {
    const { clock, passwordGate, randomBytes } = this.#dependencies;
    let name = randomName(randomBytes);
    while (this.#names.has(nameKey(name))) name = randomName(randomBytes);
    const session = new Session(`c${++this.#connections}`, name, outlet, clock.elapsed());
    this.#sessions.set(session.id, session);
    const server = {
      version: VERSION,
      protocol: PROTOCOL_VERSION,
      nonce: btoa(String.fromCharCode(...randomBytes(NONCE_BYTES))),
      ...(passwordGate === undefined ? {} : { password: true }),
    };
    session.admitted = passwordGate === undefined;
    if (session.admitted) this.#letIn(session);
    this.#reply(session, { code: Code.YourName, new: name, server });
    return session;
  }

  #letIn(session: Session): void {
    this.#names.set(nameKey(session.name), session);
    this.#rooms.main.add(session);
    if (this.#newcomers.push(session) === 1) this.#dependencies.wakeAfter(ANNOUNCE_DELAY_MS);
  }

  /** Lets a client in that gives the password; throws where it does not. */
  #admit(session: Session, password: string | undefined): void {
    const { clock, passwordGate, randomBytes } = this.#dependencies;
    if (passwordGate === undefined || session.admitted) return;
    if (password === undefined) {
      throw new ProtocolError("bad_password", "Cannot let you in: this hub wants a password");
    }
    const verdict = passwordGate.admit(session.transport.address ?? "", password, clock.elapsed());
    if (!verdict.admitted) {
      const { retryAfterMs } = verdict;
      const again = retryAfterMs === 0 ? "" : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
      throw new ProtocolError("bad_password", `Cannot let you in with that password${again}`, {
        retryAfterMs,
      });
    }
    session.admitted = true;
    // Whoever came meanwhile may have taken it.
    while (this.#names.has(nameKey(session.name))) session.name = randomName(randomBytes);
    this.#letIn(session);
  }

  /**
   * Ends a session whose client has not given the password in time.
   *
   * @param session whose client it is
   */
  endUnadmitted(session: Session): void {
    if (!session.admitted) this.end(session, NEEDS_PASSWORD, "no_password");
  }

  /**
   * Takes note that a client has sent something.
   *
   * @param session whose client it was
   */
  markActive(session: Session): void {
    session.activeAt = this.#dependencies.clock.elapsed();
  }

  /**
   * Carries out what a client asked for, or refuses it; never throws for what a client can send.
   *
   * @param session whose client it was
   * @param message what it asked for; a plain text need be good only until this returns
   */
  receive(session: Session, message: ClientMessage | PlainSay): void {
    if (session.closed || this.#down) return;
    this.counters.receive(message.code);
    try {
      this.#carryOut(session, message);
    } catch (error) {
      const refusal = error instanceof StorageError ? this.#unreadable(error) : error;
      if (!(refusal instanceof ProtocolError)) throw error;
      const { word, retryAfterMs } = refusal;
      const { ref } = message;
      this.refuse(session, new ProtocolError(word, refusal.message, { ref, retryAfterMs, cause: error }));
    }
  }

  /** Has all that was said kept, and those told who asked for it. To be called before anything is written to anybody. */
  settle(): void {
    this.#backplane.settle();
  }

  /**
   * Has all that a client said kept, so that it is told how it went.
   *
   * @param session whose client it was
   */
  settleSession(session: Session): void {
    if (session.settlesAt > this.#backplane.settleCount) this.#backplane.settle();
  }

  /**
   * Has what is said kept again, where it is not and that is possible. To be called from time to time after `paused`.
   *
   * @returns whether it is kept
   */
  retryStorage(): boolean {
    return this.#stored?.retryStorage() ?? true;
  }

  /**
   * Forgets the rooms that nobody is in and of which nothing is kept any more.
   *
   * @param keys the keys of their names, and maybe of other places
   */
  forgetRooms(keys: Iterable<string>): void {
    this.#rooms.forget(keys);
  }

  /**
   * Tells a client that something it sent was refused: by 206, or by a 200 from `server` where it speaks the base alone.
   *
   * @param session whose client it was
   * @param error what was wrong
   */
  refuse(session: Session, error: ProtocolError): void {
    if (session.closed || this.#down) return;
    this.counters.refuse(error.word);
    this.#dependencies.refused?.(session, error.word);
    if (!session.extended) return this.#tell(session, error.message);
    this.#reply(session, {
      code: Code.Refused,
      error: error.word,
      message: error.message,
      ...(error.ref === undefined ? {} : { ref: error.ref }),
      ...retryOf(error.retryAfterMs),
    });
  }

  /**
   * Tells a client that it asks faster than it may, and that what it has asked waits; one that speaks the base alone is
   * told nothing, since nothing is refused.
   *
   * @param session whose client it is
   * @param waitMs how long its next request waits, in milliseconds
   */
  notifyThrottled(session: Session, waitMs: number): void {
    if (session.closed || this.#down) return;
    this.counters.refuse("too_fast");
    this.#dependencies.refused?.(session, "too_fast");
    if (!session.extended) return;
    const message = "This is faster than the hub takes it from one: what follows waits, and is not lost";
    this.#reply(session, { code: Code.Refused, error: "too_fast", message, retry_after_ms: waitMs });
  }

  /**
   * Ends a session from this side: its client is told why, everyone else that it left.
   *
   * @param session whom to end
   * @param reason why: the peer's fault, or something else in words for people
   * @param word why, as a word to be counted by; without it the fault is one of the framing, and else of no kind
   * @param retryAfterMs when it is worth connecting again, in milliseconds, where that is known
   */
  end(session: Session, reason: ProtocolError | string, word?: DropReason, retryAfterMs?: number): void {
    if (session.closed) return;
    this.settleSession(session);
    this.counters.drop(word ?? (reason instanceof ProtocolError ? "bad_frame" : "other"));
    if (reason instanceof ProtocolError) this.refuse(session, reason);
    else if (session.extended) {
      this.#reply(session, { code: Code.Ending, reason, ...retryOf(retryAfterMs) });
    } else this.#tell(session, reason);
    this.disconnect(session);
    session.transport.sessionEnded(reason instanceof ProtocolError ? reason.message : reason);
  }

  /**
   * Lets a session go whose client has left; everyone else is told. Calling it again does nothing.
   *
   * @param session who left
   */
  disconnect(session: Session): void {
    if (session.closed) return;
    session.closed = true;
    this.#sessions.delete(session.id);
    if (session.admitted) this.#names.delete(nameKey(session.name));
    for (const { room } of session.memberships) this.#leave(session, room);
    if (session.announced && !this.#down) {
      this.#publish(session, this.#rooms.main.name, { code: Code.Left, username: session.name });
    }
  }

  /** Announces the newcomers that have been silent for long enough. Called when `wakeAfter` said so. */
  tick(): void {
    if (this.#down) return;
    const now = this.#dependencies.clock.elapsed();
    let silent = 0;
    for (const session of this.#newcomers) {
      const waitMs = session.connectedAt + ANNOUNCE_DELAY_MS - now;
      if (waitMs > 0 && !session.announced && !session.closed) {
        this.#dependencies.wakeAfter(waitMs);
        break;
      }
      silent++;
      if (!session.closed) this.#announce(session);
    }
    this.#newcomers.splice(0, silent);
  }

  /** Tells everyone that the hub goes down (205); from then on nothing is carried out, refused or announced. */
  shutDown(): void {
    this.#backplane.settle();
    this.#down = true;
    for (const session of this.#sessions.values()) session.lastRoom = this.#rooms.main;
    this.#show(this.#rooms.main, { code: Code.HubDown });
  }

  #carryOut(session: Session, message: ClientMessage | PlainSay): void {
    if (!session.admitted && message.code !== Code.Hello) {
      if (session.extended) {
        throw new ProtocolError("bad_password", "Cannot do that before the password was given");
      }
      return this.end(session, NEEDS_PASSWORD, "no_password");
    }
    switch (message.code) {
      case Code.Say:
        return this.#say(session, message);
      case Code.Rename:
        return this.#rename(session, message);
      case Code.Hello:
        return this.#hello(session, message);
    }
    if (!session.extended) {
      throw new ProtocolError(
        "bad_message",
        `Cannot take code ${message.code} from a client that has not said hello`,
      );
    }
    switch (message.code) {
      case Code.SayIn:
        return this.#sayIn(session, message);
      case Code.SayTo:
        return this.#sayTo(session, message);
      case Code.AskHistory:
        return this.#askHistory(session, message);
      case Code.Who:
        return this.#who(session, message);
      case Code.Join:
        return this.#join(session, message);
      case Code.Leave:
        return this.#leaveRoom(session, message);
      case Code.ListRooms:
        return this.#listRooms(session, message);
      case Code.Ping:
        return this.#reply(session, { code: Code.Pong, ...refOf(message) });
    }
  }

  #say(session: Session, { message, ref }: Say | PlainSay): void {
    // A plain text is fine.
    if (typeof message === "string") checkText(message);
    this.#announce(session);
    this.#sayLine(session, this.#rooms.main, message, ref);
  }

  #sayIn(session: Session, { room: name, message, id, ref }: SayIn): void {
    if (id !== undefined && this.#saidBefore(session, id, ref)) return;
    checkText(message);
    const room = this.#rooms.joinedRoom(session, name);
    this.#announce(session);
    this.#sayLine(session, room, message, ref, id);
  }

  #sayLine(session: Session, room: Room, message: string | PlainText, ref?: string, id?: string): void {
    const line = {
      timestamp: this.#dependencies.clock.wall(),
      username: session.name,
      message,
      sequence: 0,
      room: room.name,
      verified: false,
    };
    const said = { code: Code.Said, message: line } as Said | PlainSaid;
    this.#publish(session, room.name, said, { ref, messageId: markOf(session, id) });
    // Many a client says no more before it has seen this.
    session.transport.authorSpoke();
  }

  /** Answers a line that was said before as it was answered then, and tells whether it was. */
  #saidBefore(session: Session, id: string, ref: string | undefined): boolean {
    const receipt = this.#backplane.receipt(session.key, id);
    if (receipt === undefined) return false;
    // It may still wait, and only then it is known whether it is kept.
    this.#backplane.settle();
    this.#announce(session);
    if (ref !== undefined) this.#reply(session, doneMessage(ref, receipt.sequence, receipt.stored));
    return true;
  }

  /** Says a line to one person: both ends get it, and nobody else; to a base client it is a line like any other. */
  #sayTo(session: Session, { to, message, id, ref }: SayTo): void {
    if (id !== undefined && this.#saidBefore(session, id, ref)) return;
    checkText(message);
    const reader = to.length > 2 * MAX_NAME_CHARS ? undefined : this.#names.get(nameKey(to));
    if (reader === undefined) {
      throw new ProtocolError("no_such_user", "Cannot say that to that person: nobody of that name is here");
    }
    if ((reader.mailbox?.cursor.lagBytes ?? 0) > MAX_MAILBOX_BYTES) {
      throw new ProtocolError(
        "unavailable",
        `Cannot say that to ${reader.name} now: too much waits to be read there`,
        { retryAfterMs: MAX_STALL_MS },
      );
    }
    this.#announce(session);
    const timestamp = this.#dependencies.clock.wall();
    const line = { timestamp, username: session.name, message, to: reader.name, verified: false };
    const said: SaidTo = { code: Code.SaidTo, message: line };
    const more = { to: reader.id, ref, messageId: markOf(session, id) };
    this.#publish(session, conversationKey(session.key, reader.key), said, more);
  }

  /** Tells both ends a line from one to the other. */
  #showTo(said: SaidTo, author: Session | undefined, reader: Session | undefined): void {
    // No answer, and so in no order with those to lines before.
    if (author !== undefined) this.#tellOne(author, said);
    if (reader === undefined || reader === author) return;
    const { room } = mailboxOf(reader);
    if (reader.extended) return this.#show(room, said);
    const { timestamp, username, message } = said.message;
    this.#show(room, {
      code: Code.Said,
      message: { timestamp, username: `${username} (direct)`, message },
    });
  }

  #askHistory(session: Session, message: AskHistory): void {
    const history = this.#history;
    if (history === undefined) {
      throw new ProtocolError("unavailable", "Cannot tell what was said before: this hub keeps nothing");
    }
    const { name, place } = conversationOf(session, message.room, this.#rooms);
    const asked = searchText(message);
    this.settle();
    const query = {
      place,
      before: message.before,
      after: message.after,
      limit: message.limit ?? DEFAULT_HISTORY_LINES,
      bytes: PAGE_BYTES,
    };
    this.#announce(session);
    const steps = asked === undefined ? readPage(history, query) : history.search({ ...query, match: asked });
    this.#look(session, steps, (page) => [historyMessage(name, page, message.ref)], message.ref);
  }

  /** Looks for what is kept, in turns where it takes long, and tells a client what was found. */
  #look<T>(session: Session, steps: Generator<void, T>, tell: (found: T) => ServerMessage[], ref?: string) {
    this.#searches!.add(session, steps, (found) => {
      if (session.closed || this.#down) return;
      if (found instanceof StorageError) return this.refuse(session, this.#unreadable(found, ref));
      for (const message of tell(found)) this.#reply(session, message);
    });
  }

  /** Takes note that what is kept cannot be read, and says so in words for clients. */
  #unreadable(error: StorageError, ref?: string): ProtocolError {
    this.#dependencies.history?.readFailed(error);
    const text = "Cannot do that: the hub cannot read what it keeps; its log says why";
    return new ProtocolError("unavailable", text, { ref, cause: error });
  }

  #join(session: Session, { room, ref }: Join): void {
    this.#rooms.checkJoins(session, [room]);
    this.#announce(session);
    this.#enter(session, [room]);
    this.#done(session, ref);
  }

  /** Lets a session into rooms that it may be in; those that it was not in yet are told. */
  #enter(session: Session, names: readonly string[]): void {
    for (const name of names) {
      const { room, came } = this.#rooms.join(session, name);
      if (!came) continue;
      this.#publish(session, room.name, { code: Code.RoomJoined, room: room.name, username: session.name });
    }
  }

  #leaveRoom(session: Session, { room: name, ref }: Leave): void {
    const room = this.#rooms.joinedRoom(session, name);
    if (room === this.#rooms.main) {
      throw new ProtocolError("not_allowed", `Cannot leave ${room.name}: everyone is in it`);
    }
    this.#announce(session);
    session.queueUnread(room);
    this.#leave(session, room);
    this.#publish(session, room.name, { code: Code.RoomLeft, room: room.name, username: session.name });
    this.#done(session, ref);
  }

  #leave(session: Session, room: MemberRoom): void {
    if (this.#rooms.leave(session, room) && this.#backplane.close(room.name)) this.#rooms.keepEmpty(room);
  }

  #listRooms(session: Session, message: ListRooms): void {
    this.#announce(session);
    this.#replyPages(
      session,
      pagesOf(this.#rooms.list(), (room) => room, PAGE_BYTES),
      ({ items, more }) => ({ code: Code.Rooms, rooms: items, ...more, ...refOf(message) }),
    );
  }

  #rename(session: Session, message: Rename): void {
    const old = session.name;
    this.#claim(session, message.username);
    this.#reply(session, { code: Code.YourName, new: session.name, ...refOf(message) });
    this.#announce(session, old);
  }

  #hello(session: Session, message: Hello): void {
    if (session.extended && session.welcomed) {
      throw new ProtocolError("bad_message", "Cannot say hello twice: rename with code 101");
    }
    // Even where the name is refused: whoever says hello understands a 206.
    session.extended = true;
    const { rooms = [], username, after, password } = message;
    this.#admit(session, password);
    this.#rooms.checkJoins(session, rooms);
    const old = session.name;
    if (username !== undefined) this.#claim(session, username);
    session.welcomed = true;
    session.heartbeatMs = message.ping_ms;
    this.#reply(session, {
      code: Code.Welcome,
      username: session.name,
      rooms: this.#rooms.namesWith(session, rooms),
      limits: { text_bytes: MAX_TEXT_BYTES, name_chars: MAX_NAME_CHARS, body_bytes: MAX_BODY_BYTES },
      features: this.#history === undefined ? FEATURES : FEATURES_OF_HISTORY,
      ...(this.motd === undefined ? {} : { motd: this.motd }),
      retention_ms: Math.min(this.#history?.retentionMs ?? 0, Number.MAX_SAFE_INTEGER),
      ...refOf(message),
    });
    this.#announce(session, old);
    this.#enter(session, rooms);
    if (this.#history === undefined || after === undefined) return;
    this.settle();
    this.#look(session, missedMessages(session, after, this.#history), (missed) => missed);
  }

  #who(session: Session, message: Who): void {
    const room = message.room === undefined ? this.#rooms.main : this.#rooms.find(message.room);
    if (room === undefined && this.#rooms.nameOf(message.room ?? "") === undefined) {
      throw new ProtocolError("no_such_room", "Cannot say who is in that room: there is none of that name");
    }
    this.#announce(session);
    const show = (member: Session): UserInfo | undefined => {
      if (!member.announced) return undefined;
      const now = this.#dependencies.clock.elapsed();
      return {
        username: member.name,
        rooms: member.memberships.map((membership) => membership.room.name),
        connected_ms: Math.round(now - member.connectedAt),
        idle_ms: Math.round(now - member.activeAt),
        verified: false,
      };
    };
    this.#replyPages(
      session,
      pagesOf(room?.members ?? [], show, PAGE_BYTES),
      ({ items, more }) => ({ code: Code.Users, users: items, ...more, ...refOf(message) }),
    );
  }

  /** Gives a session the name it asks for; throws where it cannot have it. */
  #claim(session: Session, name: string): void {
    checkName(name);
    const key = nameKey(name);
    const holder = this.#names.get(key);
    if (holder !== undefined && holder !== session) {
      throw new ProtocolError("name_taken", `Cannot use the name ${name}: ${holder.name} is here already`);
    }
    this.#names.delete(nameKey(session.name));
    this.#names.set(key, session);
    session.name = name;
  }

  /** Tells everyone that a session is here, or that it has another name than the `old` one, where they do not know yet. */
  #announce(session: Session, old: string = session.name): void {
    if (!session.announced) {
      session.announced = true;
      if (this.#stored?.paused) this.#tell(session, NOT_STORED);
      this.#publish(session, this.#rooms.main.name, { code: Code.Joined, new: session.name });
    } else if (old !== session.name) {
      this.#publish(session, this.#rooms.main.name, { code: Code.Renamed, old, new: session.name });
    }
  }

  #publish(
    session: Session,
    room: string,
    message: RoomEvent["message"],
    more: Pick<RoomEvent, "to" | "ref" | "messageId"> = {},
  ): void {
    if (more.ref !== undefined) session.settlesAt = this.#backplane.settlesAt;
    this.#backplane.publish({ room, message, from: session.id, ...more });
  }

  /** Shows what the backplane gives back. */
  #apply({ room, message, from, to }: RoomEvent, sequence: number): void {
    if (message.code === Code.SaidTo) {
      return this.#showTo(message, this.#sessions.get(from), this.#sessions.get(to!));
    }
    const shown = this.#rooms.find(room);
    // The last who was in it has left meanwhile.
    if (shown === undefined) return;
    if (message.code === Code.Said) message.message.sequence = shown.lastSequence = sequence;
    this.#show(shown, message);
  }

  #acknowledge({ from, ref }: RoomEvent, sequence: number, stored: boolean): void {
    const author = this.#sessions.get(from);
    if (author?.extended) this.#reply(author, doneMessage(ref!, sequence, stored));
  }

  /** Tells a client that what it asked for was done, where it asked to be told. */
  #done(session: Session, ref: string | undefined): void {
    if (ref !== undefined) this.#reply(session, { code: Code.Done, ref });
  }

  #show(room: MemberRoom, message: ServerMessage | PlainSaid): void {
    this.counters.send(message.code, room.members.size);
    const bytes = isPlain(message)
      ? room.log.appendPlain(message.message)
      : room.log.append(serialize(message));
    if (this.#history !== undefined) this.#grown.add(room);
    this.#dependencies.roomGrew(room, bytes);
  }

  /** Takes what the members of rooms were shown since this was called last; it is good until more is said. */
  #shown(): Uint8Array[] {
    // First of all: it may need a segment that a keeper has just gone out of.
    for (const { log } of this.#grown) log.encode();
    const frames: Uint8Array[] = [];
    for (const { journalCursor } of this.#grown) {
      if (journalCursor === undefined) continue;
      while (journalCursor.lagBytes > 0) frames.push(journalCursor.take());
    }
    this.#grown.clear();
    return frames;
  }

  /** Answers a client, after what it asked for before was answered. */
  #reply(session: Session, message: ServerMessage): void {
    this.settleSession(session);
    this.#tellOne(session, message);
  }

  #tellOne(session: Session, message: ServerMessage): void {
    this.counters.send(message.code, 1);
    session.outbox.push(serialize(message));
    session.transport.repliesQueued();
  }

  /** Answers with a list, part by part as its client takes them. */
  #replyPages<T>(session: Session, next: () => Page<T>, toMessage: (page: Page<T>) => ServerMessage): void {
    session.outbox.pushPages(() => {
      const page = next();
      const message = toMessage(page);
      this.counters.send(message.code, 1);
      return { json: serialize(message), more: page.more.more === true };
    });
    session.transport.repliesQueued();
  }

  /** Says something to all who are here, as a line that is not kept. */
  #tellEveryone(text: string): void {
    if (!this.#down) this.#show(this.#rooms.main, serverLine(text, this.#dependencies.clock.wall()));
  }

  /** Says something to one client, as one that speaks the base alone can be told it. */
  #tell(session: Session, text: string): void {
    this.#reply(session, serverLine(text, this.#dependencies.clock.wall()));
  }
}

/**
 * Makes a line from the hub itself, as a client that speaks the base alone can be told something.
 *
 * @param text what to say
 * @param timestamp the time of day, in milliseconds since 1970, UTC
 * @returns a 200 from the reserved name `server`
 */
export function serverLine(text: string, timestamp: number): ServerMessage {
  return { code: Code.Said, message: { timestamp, username: "server", message: text } };
}

/** Whether a message is a line whose text is plain. */
function isPlain(message: ServerMessage | PlainSaid): message is PlainSaid {
  return message.code === Code.Said && message.message.message instanceof PlainText;
}

function retryOf(retryAfterMs: number | undefined): { retry_after_ms?: number } {
  return retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
}

/** What is told of a line that was said, or of something else that was done. */
function doneMessage(ref: string, sequence: number, stored: boolean): ServerMessage {
  const number = sequence > 0 ? { sequence } : {};
  return { code: Code.Done, ref, ...number, ...(stored ? {} : { stored }) };
}

/** What makes a line known that is sent again. */
function markOf({ key }: Session, id: string | undefined): RoomEvent["messageId"] {
  return id === undefined ? undefined : { author: key, id };
}

function refOf(message: { ref?: string }): { ref?: string } {
  return message.ref === undefined ? {} : { ref: message.ref };
}
