/**
 * From room to room: does what `:join`, `:leave`, `:switch`, `:rooms`, `:msg`, `:reply`, `:query` and `:who` say, and
 * keeps the hub and the list of places of one mind about which rooms one is in.
 *
 * Rules: a room that was joined stays open until one leaves it, whatever becomes of the link; where the hub will not
 * have
 * one back, that is told, and what is said there is refused and never said anywhere else. What a hub cannot do is told
 * in
 * one line, and not asked of it.
 *
 * It is long because it carries out every command about rooms and users.
 *
 * @module
 */
import { Code, nameKey, type Refused, type RoomInfo, type ServerMessage } from "../../protocol/mod.ts";
import type { CatchUp } from "./catch_up.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import type { TargetAction, TargetReference } from "../commands/mod.ts";
import { LinkError } from "../net/mod.ts";
import { failure, info, sanitizeName, type StyledLine } from "../text/mod.ts";
import {
  type Buffers,
  type ChatBuffer,
  isMain,
  NO_ROOMS,
  type People,
  personOf,
  roomOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";
import { roomRows, userRows } from "../render/mod.ts";

/** How many of those who are in a room are named on arrival. */
const MAX_NAMED = 20;

/** What a lobby works with. */
export interface RoomCommandsOptions {
  /** The places one is in. */
  buffers: Buffers;
  /** Those who are here. */
  people: People;
  /** Asks the hub, as `Tether.ask`. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Says a line in a place, as `Tether.say`. */
  say: (text: string, target: Target) => void;
  /** The link that is open, if one is. */
  session: () => Session | undefined;
  /** Brings what was said before. */
  catchUp: CatchUp;
  /** Shows lines of the client. */
  tell: (lines: readonly StyledLine[]) => void;
  /** Is told before a place is closed. */
  left: (target: ChatBuffer) => void;
  /** Is told when one is in another place. */
  entered: () => void;
}

/** What one does about places. */
export class RoomCommands {
  readonly #options: RoomCommandsOptions;
  /** The rooms there are, as far as the hub has said. */
  #known: readonly string[] = [];
  /** The keys of the rooms that the hub was asked to let one into. */
  readonly #joining = new Set<string>();
  /** Who wrote to this person alone last. */
  #lastWriter: string | undefined;

  /**
   * Begins in the places that are open.
   *
   * @param options see {@linkcode RoomCommandsOptions}
   */
  constructor(options: RoomCommandsOptions) {
    this.#options = options;
  }

  /** The names of the rooms there are as far as that is known, without `#`. */
  get rooms(): string[] {
    const names = new Map(
      ["main", ...this.#known, ...this.#options.buffers.rooms].map((name) => [nameKey(name), name]),
    );
    return [...names.values()];
  }

  /**
   * Takes note of what the hub says.
   *
   * @param message any message
   * @param own one's own name
   */
  receive(message: ServerMessage, own: string): void {
    if (message.code === Code.SaidTo && nameKey(message.message.username) !== nameKey(own)) {
      this.#lastWriter = message.message.username;
    } else if (message.code === Code.Renamed && this.#lastWriter !== undefined) {
      if (nameKey(message.old) === nameKey(this.#lastWriter)) this.#lastWriter = message.new;
    } else if (message.code === Code.RoomJoined) {
      this.#learn([message.room]);
      // Lines may come before who has joined goes on.
      const joined = nameKey(message.username) === nameKey(own) && this.#joining.has(nameKey(message.room));
      if (joined) this.#options.buffers.open(roomOf(message.room));
    }
  }

  /**
   * Joins what the hub has not joined by itself, when a link is open, and asks what rooms there are.
   *
   * @param session what is known of the link
   */
  async opened(session: Session): Promise<void> {
    const { buffers, catchUp, tell } = this.#options;
    const wanted = buffers.rooms;
    if (!hasFeature(session, "rooms")) {
      for (const room of wanted) tell([failure(`Cannot join ${targetLabel(roomOf(room))}: ${NO_ROOMS}`)]);
      return;
    }
    const there = new Set(session.welcome?.rooms.map(nameKey));
    for (const room of session.welcome?.rooms ?? []) {
      if (buffers.find(roomOf(room))) buffers.open(roomOf(room));
    }
    this.#learn(session.welcome?.rooms ?? []);
    for (const room of wanted) {
      if (there.has(nameKey(room))) continue;
      const target = roomOf(room);
      catchUp.hold(target);
      const answer = await this.#ask({ code: Code.Join, room });
      if (answer === undefined) return;
      if (answer.code === Code.Refused) catchUp.release(target);
      else catchUp.fetch(target);
      if (answer.code === Code.Refused) {
        tell([failure(this.#cannot(`join ${targetLabel(roomOf(room))}`, answer))]);
      }
    }
    await this.#list();
  }

  /**
   * Does what a command says.
   *
   * @param action what to do
   * @returns when one is where one wanted to be, or was told why not
   */
  async do(action: TargetAction): Promise<void> {
    switch (action.kind) {
      case "join":
        return await this.#join(action.room);
      case "leave":
        return await this.#leave(action.target);
      case "switch":
        return this.#switch(action.target);
      case "list":
        return await this.#showRooms();
      case "message":
        return this.#tell(action.person, action.text);
      case "reply":
        if (this.#lastWriter === undefined) {
          return this.#fail("Cannot reply: nobody has written to you alone yet");
        }
        return this.#tell(personOf(this.#lastWriter), action.text);
      case "query":
        return this.#query(action.person);
      case "who":
        return await this.#who(action.room);
    }
  }

  /**
   * Goes to the place of a number.
   *
   * @param number its number, from 1
   */
  goTo(number: number): void {
    this.#switch({ number });
  }

  async #join(room: Target): Promise<void> {
    const label = targetLabel(room);
    const { buffers, catchUp } = this.#options;
    const open = buffers.find(room);
    if (isMain(room)) return this.#enter(open!);
    if (!this.#can("rooms", `join ${label}`)) return;
    const key = nameKey(room.name);
    this.#joining.add(key);
    if (open === undefined) catchUp.hold(room);
    const answer = await this.#ask({ code: Code.Join, room: room.name });
    this.#joining.delete(key);
    if (answer === undefined || answer.code === Code.Refused) {
      if (open === undefined) catchUp.forget(room);
      if (answer !== undefined) this.#fail(this.#cannot(`join ${label}`, answer));
      return;
    }
    this.#learn([room.name]);
    if (open !== undefined) return this.#enter(open);
    const joined = buffers.find(room) ?? buffers.open(room);
    this.#enter(joined);
    catchUp.fetch(room);
    this.#meet(joined);
  }

  /** Tells who else is in a room that was just joined. */
  async #meet(room: ChatBuffer): Promise<void> {
    const { buffers } = this.#options;
    const users = await this.#ask({ code: Code.Who, room: room.name });
    if (users?.code !== Code.Users || buffers.find(room) !== room) return;
    const own = nameKey(this.#options.session()?.name ?? "");
    this.#note(`${targetLabel(room)}: ${wordOthers(users.users.map(({ username }) => username), own)}`);
  }

  async #leave(wanted: TargetReference | undefined): Promise<void> {
    const { buffers } = this.#options;
    const target = wanted === undefined ? buffers.current : this.#find("leave", wanted);
    if (target === undefined) return;
    const label = targetLabel(target);
    if (isMain(target)) return this.#fail(`Cannot leave ${label}: everyone is in it; :quit leaves the chat`);
    // Without a link one is in no room: none is joined again by the next.
    const joined = target.kind === "room" && this.#options.session() !== undefined;
    if (joined && this.#hubHas("rooms")) {
      const answer = await this.#ask({ code: Code.Leave, room: target.name }, false);
      const gone = answer?.code === Code.Refused && ["no_such_room", "not_in_room"].includes(answer.error);
      if (answer?.code === Code.Refused && !gone) return this.#fail(this.#cannot(`leave ${label}`, answer));
    }
    this.#options.left(target);
    this.#options.catchUp.forget(target);
    const moved = buffers.close(target);
    this.#note(target.kind === "room" ? `you left ${label}` : `the conversation with ${label} is closed`);
    if (moved) this.#options.entered();
  }

  #switch(wanted: TargetReference): void {
    const target = this.#find("go to", wanted);
    if (target !== undefined) this.#enter(target);
  }

  #query(person: Target): void {
    const { buffers, people } = this.#options;
    const known = people.find(person.name);
    if (!this.#can("direct", `write to ${sanitizeName(person.name)} alone`)) return;
    const isNew = buffers.find(person) === undefined;
    const target = buffers.open(known === undefined ? person : personOf(known));
    this.#enter(target);
    if (isNew) {
      this.#options.catchUp.hold(target);
      this.#options.catchUp.fetch(target);
    }
    if (known === undefined) this.#capabilities(person);
  }

  /** Says where somebody is not here, which the hub is asked first: who was just met may be here unheard of. */
  async #capabilities(person: Target): Promise<void> {
    const { people, session } = this.#options;
    if (session() === undefined || (await this.#ask({ code: Code.Who }))?.code !== Code.Users) return;
    if (people.find(person.name) !== undefined) return;
    this.#note(`nobody called ${sanitizeName(person.name)} is here now`);
  }

  #tell(person: Target, text: string): void {
    if (!this.#can("direct", `write to ${sanitizeName(person.name)} alone`)) return;
    this.#options.say(text, person);
  }

  async #who(room: Target | undefined): Promise<void> {
    const { buffers, tell } = this.#options;
    const { current } = buffers;
    const where = room ?? (current.kind === "room" ? current : undefined);
    const everyone = where === undefined || isMain(where);
    const what = everyone ? "list who is here" : `list who is in ${targetLabel(where)}`;
    if (!everyone && !this.#can("rooms", what)) return;
    const session = this.#options.session();
    if (session !== undefined && !session.extended) {
      return this.#fail("Cannot list who is here: this hub speaks the base protocol alone");
    }
    const answer = await this.#ask(everyone ? { code: Code.Who } : { code: Code.Who, room: where.name });
    if (answer?.code === Code.Users) {
      const count = answer.users.length;
      tell([
        info(everyone ? `${count} here` : `${count} in ${targetLabel(where)}`),
        ...userRows(answer.users),
      ]);
    } else if (answer?.code === Code.Refused) this.#fail(this.#cannot(what, answer));
  }

  async #showRooms(): Promise<void> {
    if (!this.#can("rooms", "list the rooms")) return;
    const rooms = await this.#list();
    if (rooms === undefined) return;
    const { buffers, tell } = this.#options;
    tell([info(rooms.length === 1 ? "1 room" : `${rooms.length} rooms`), ...roomRows(rooms, buffers)]);
  }

  async #list(): Promise<readonly RoomInfo[] | undefined> {
    const answer = await this.#ask({ code: Code.ListRooms });
    if (answer?.code === Code.Refused) this.#fail(this.#cannot("list the rooms", answer));
    if (answer?.code !== Code.Rooms) return undefined;
    this.#known = answer.rooms.map(({ name }) => name);
    return answer.rooms;
  }

  /** Finds a place one is in; where one is not, that is told. */
  #find(verb: string, wanted: TargetReference): ChatBuffer | undefined {
    const { buffers } = this.#options;
    if ("number" in wanted) {
      const target = buffers.all[wanted.number - 1];
      if (target === undefined) {
        this.#fail(`Cannot ${verb} ${wanted.number}: you are in ${wordCount(buffers.all.length)}`);
      }
      return target;
    }
    for (const one of wanted.candidates) {
      const target = buffers.find(one);
      if (target !== undefined) return target;
    }
    const [target] = wanted.candidates;
    if (target === undefined) return undefined;
    const label = targetLabel(target);
    if (target.kind === "person") {
      const name = sanitizeName(target.name);
      this.#fail(`Cannot ${verb} ${label}: there is no conversation with ${name}; :query ${name} begins one`);
    } else if (this.#can("rooms", `${verb} ${label}`)) {
      this.#fail(`Cannot ${verb} ${label}: you are not in it; :join ${label} joins it`);
    }
    return undefined;
  }

  #enter(target: ChatBuffer): void {
    const { buffers, entered } = this.#options;
    if (buffers.switchTo(target)) entered();
    else this.#note(`you are in ${targetLabel(target)}`);
  }

  #learn(rooms: readonly string[]): void {
    const names = new Map([...this.#known, ...rooms].map((name) => [nameKey(name), name]));
    this.#known = [...names.values()];
  }

  #hubHas(feature: "rooms" | "direct"): boolean {
    const session = this.#options.session();
    return session !== undefined && hasFeature(session, feature);
  }

  /** Tells that the hub cannot do something, where it is known that it cannot. */
  #can(feature: "rooms" | "direct", what: string): boolean {
    if (this.#options.session() === undefined || this.#hubHas(feature)) return true;
    this.#fail(`Cannot ${what}: ${NO_ROOMS}${feature === "direct" ? " and no direct lines" : ""}`);
    return false;
  }

  /** Asks the hub; where there is no answer, that is told. */
  async #ask(request: ControlRequest, loud = true): Promise<Answer | undefined> {
    try {
      return await this.#options.ask(request);
    } catch (error) {
      // A link that came in between may be one to a hub of the base.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      if (loud) this.#fail(error instanceof LinkError ? error.message : `Cannot do that: ${NO_ROOMS}`);
      return undefined;
    }
  }

  #cannot(what: string, { message }: Refused): string {
    return `Cannot ${what}: ${message.replace(/^Cannot [^:]*: /, "")}`;
  }

  #note(text: string): void {
    this.#options.tell([info(text)]);
  }

  #fail(message: string): void {
    this.#options.tell([failure(message)]);
  }
}

function wordCount(count: number): string {
  return count === 1 ? "1 room alone" : `${count} rooms and conversations`;
}

/** Says who else is in a room. */
function wordOthers(names: readonly string[], own: string): string {
  const others = names.filter((name) => nameKey(name) !== own).map(sanitizeName);
  if (others.length === 0) return "nobody else is here yet";
  const more = others.length - MAX_NAMED;
  const shown = others.slice(0, MAX_NAMED).join(", ");
  return `with ${shown}${more > 0 ? ` and ${more} more` : ""}`;
}
