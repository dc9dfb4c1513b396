/**
 * The commands about rooms and open buffers: `:join`, `:leave`, `:switch` and `:rooms`. Keeps the open buffers and the
 * hub's list of the user's rooms in sync.
 *
 * Rules:
 * - A room that was joined stays open until the user leaves it, even if the link is lost.
 * - If the hub refuses to let the user back into a room, that is printed. Messages to the room are then refused, and
 *   are never sent to another one.
 * - A room that the hub puts the user out of is closed, because it does not exist for the user any more.
 * - A request that the hub does not support is not sent: one line says why.
 *
 * The file is long because each command has its own refusals.
 *
 * @module
 */
import { Code, nameKey, type RoomInfo, type ServerMessage } from "../../protocol/mod.ts";
import type { CatchUp } from "../catch_up/mod.ts";
import type { CommandContext } from "./command_context.ts";
import type { Pager } from "./pager.ts";
import { hasFeature, type Session } from "../link/mod.ts";
import type { TargetAction, TargetReference } from "../commands/mod.ts";
import { sanitizeName } from "../text/mod.ts";
import { sanitize } from "../../runtime/mod.ts";
import {
  type Buffers,
  type ChatBuffer,
  isMain,
  NO_ROOMS,
  type People,
  roomOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";
import { roomRows } from "../render/mod.ts";

/** How many members of a room are listed after `:join`. */
const MAX_LISTED_MEMBERS = 20;

/** How many UTF-16 units the known rooms may have together; they are only offered for completion. */
const MAX_KNOWN_UNITS = 4 * 1024 * 1024;

/** How many units a known room counts for, beside its name. */
const UNITS_A_ROOM = 32;

/** An action on rooms and open buffers. */
export type RoomAction = Extract<TargetAction, { kind: "join" | "leave" | "switch" | "list" }>;

/** Options of {@linkcode RoomCommands}. */
export interface RoomCommandsOptions {
  /** Access to the hub and the output. */
  context: CommandContext;
  /** Shows long lists page by page. */
  pager: Pager;
  /** The open buffers. */
  buffers: Buffers;
  /** Fetches earlier messages. */
  catchUp: CatchUp;
  /** The users online. */
  people: People;
  /** Called when the user has joined a room. */
  joined: (room: string) => void;
  /** Called before a buffer is closed, by the user or by the hub. */
  closing: (buffer: ChatBuffer, by: "user" | "hub") => void;
  /** Called when another buffer has become current. */
  switched: () => void;
}

/** Runs the commands about rooms and open buffers. */
export class RoomCommands {
  readonly #options: RoomCommandsOptions;
  /** The rooms of the hub, as far as it has listed them. */
  #known: readonly string[] = [];
  /** The keys of the rooms with a join request on its way. */
  readonly #joining = new Set<string>();

  /**
   * Starts with the buffers that are open.
   *
   * @param options see {@linkcode RoomCommandsOptions}
   */
  constructor(options: RoomCommandsOptions) {
    this.#options = options;
  }

  /** The names of the known rooms of the hub, without `#`. */
  get rooms(): string[] {
    const names = new Map(
      ["main", ...this.#known, ...this.#options.buffers.rooms].map((name) => [nameKey(name), name]),
    );
    return [...names.values()];
  }

  /**
   * Handles a message of the hub, before it is shown.
   *
   * @param message any message
   * @param ownName the user's own name
   */
  receive(message: ServerMessage, ownName: string): void {
    if (message.code === Code.Invited) return this.#addKnown([message.room]);
    if (message.code === Code.RoomChanged && message.deleted) return this.#forget(message.room);
    if (message.code === Code.RoomLeft && nameKey(message.username) === nameKey(ownName)) {
      return this.#putOut(message.room);
    }
    if (message.code !== Code.RoomJoined) return;
    this.#addKnown([message.room]);
    // Messages of the room may arrive before the answer to the join request, so the buffer is opened now.
    const hasJoined = nameKey(message.username) === nameKey(ownName) &&
      this.#joining.has(nameKey(message.room));
    if (hasJoined) this.#options.buffers.open(roomOf(message.room));
  }

  /**
   * Whether the user is joining a room, which may not exist yet.
   *
   * @param room the name of the room
   * @returns whether the hub has not answered yet
   */
  isJoining(room: string): boolean {
    return this.#joining.has(nameKey(room));
  }

  /**
   * Handles a new link: joins the open rooms that the hub has not joined in the handshake.
   *
   * @param session the session of the link
   */
  async opened(session: Session): Promise<void> {
    const { buffers, catchUp, context } = this.#options;
    const wanted = buffers.rooms;
    if (!hasFeature(session, "rooms")) {
      for (const room of wanted) context.fail(`Cannot join ${targetLabel(roomOf(room))}: ${NO_ROOMS}`);
      return;
    }
    const joined = new Set(session.welcome?.rooms.map(nameKey));
    for (const room of session.welcome?.rooms ?? []) {
      if (buffers.find(roomOf(room))) buffers.open(roomOf(room));
    }
    this.#addKnown(session.welcome?.rooms ?? []);
    for (const room of wanted) {
      if (joined.has(nameKey(room))) continue;
      const target = roomOf(room);
      catchUp.startQueue(target);
      const answer = await context.ask({ code: Code.Join, room });
      if (answer === undefined) return;
      if (answer.code === Code.Refused) {
        catchUp.deliverQueued(target);
        const label = targetLabel(target);
        // The hub has said already that the room does not exist for the user, after its welcome.
        if (answer.error === "no_such_room") {
          context.note(`you are not in ${label}; :leave ${label} closes it`);
        } else context.failRefused(`join ${label}`, answer);
      } else catchUp.fetch(target);
    }
  }

  /**
   * Asks for the list of rooms, for their completion.
   *
   * @param session the session of the link
   */
  async fetchKnown(session: Session): Promise<void> {
    if (hasFeature(session, "rooms")) await this.#fetchRooms();
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @returns resolves when it is done, or an error was printed
   */
  async do(action: RoomAction): Promise<void> {
    switch (action.kind) {
      case "join":
        return await this.#join(action.room);
      case "leave":
        return await this.#leave(action.target);
      case "switch":
        return action.target === undefined ? this.#switchToUnread() : this.#switchToReference(action.target);
      case "list":
        return await this.#printRooms(action.text);
    }
  }

  /**
   * Switches to an open buffer. If it is current already, that is printed.
   *
   * @param buffer the buffer
   */
  switchTo(buffer: ChatBuffer): void {
    const { buffers, context, switched } = this.#options;
    if (buffers.switchTo(buffer)) switched();
    else context.note(`you are in ${targetLabel(buffer)}`);
  }

  async #join(room: Target): Promise<void> {
    const label = targetLabel(room);
    const { buffers, catchUp, context } = this.#options;
    const open = buffers.find(room);
    if (isMain(room)) return this.switchTo(open!);
    if (!context.require("rooms", `join ${label}`)) return;
    const key = nameKey(room.name);
    const { current } = buffers;
    this.#joining.add(key);
    if (open === undefined) catchUp.startQueue(room);
    const answer = await context.ask({ code: Code.Join, room: room.name });
    this.#joining.delete(key);
    if (answer === undefined || answer.code === Code.Refused) {
      if (open === undefined) catchUp.forget(room);
      if (answer !== undefined) context.failRefused(`join ${label}`, answer);
      return;
    }
    this.#addKnown([room.name]);
    this.#options.joined(room.name);
    if (open !== undefined && buffers.current === current) return this.switchTo(open);
    const joined = buffers.find(room) ?? buffers.open(room);
    if (buffers.current === current) this.switchTo(joined);
    // The user has gone to another room meanwhile, and may be typing there.
    else context.note(`you are in ${label} now; :switch ${label} shows it`);
    if (open !== undefined) return;
    catchUp.fetch(room);
    this.#describe(joined);
  }

  /** Prints the topic and the other users of a room that the user has just joined. */
  async #describe(room: ChatBuffer): Promise<void> {
    const { buffers, context, people } = this.#options;
    if (context.session !== undefined && hasFeature(context.session, "private_rooms")) {
      const details = await context.ask({ code: Code.AskRoom, room: room.name });
      if (buffers.find(room) !== room) return;
      const topic = details?.code === Code.RoomDetails ? details.topic : undefined;
      if (topic !== undefined) context.note(`the topic of ${targetLabel(room)}: ${sanitize(topic)}`);
    }
    // The hub has said how many people are in a big room.
    if (people.countIn(room.name) !== undefined) return;
    const users = await context.ask({ code: Code.Who, room: room.name });
    if (users?.code !== Code.Users || buffers.find(room) !== room) return;
    const own = nameKey(context.session?.name ?? "");
    const names = users.users.map(({ username }) => username);
    people.listed(room.name, users.users);
    context.note(formatMembers(targetLabel(room), names, own));
  }

  async #leave(reference: TargetReference | undefined): Promise<void> {
    const { buffers, catchUp, closing, context, switched } = this.#options;
    const buffer = reference === undefined ? buffers.current : this.#find("leave", reference);
    if (buffer === undefined) return;
    const label = targetLabel(buffer);
    if (isMain(buffer)) {
      return context.fail(`Cannot leave ${label}: everyone is in it; :quit leaves the chat`);
    }
    // Without a link the user is in no room of the hub, and the next link does not join a closed one.
    const isJoined = buffer.kind === "room" && context.session !== undefined;
    if (isJoined && context.hubHas("rooms")) {
      const answer = await context.ask({ code: Code.Leave, room: buffer.name }, "rooms", true);
      if (answer?.code === Code.Refused && !["no_such_room", "not_in_room"].includes(answer.error)) {
        return context.failRefused(`leave ${label}`, answer);
      }
    }
    closing(buffer, "user");
    catchUp.forget(buffer);
    const wasCurrent = buffers.close(buffer);
    context.note(buffer.kind === "room" ? `you left ${label}` : `the conversation with ${label} is closed`);
    if (wasCurrent) switched();
  }

  /** Closes a room that the hub has put the user out of. */
  #putOut(room: string): void {
    const { buffers, catchUp, closing, context, switched } = this.#options;
    const buffer = buffers.find(roomOf(room));
    this.#forget(room);
    if (buffer === undefined || isMain(buffer)) return;
    closing(buffer, "hub");
    catchUp.forget(buffer);
    const wasCurrent = buffers.close(buffer);
    context.note(`${targetLabel(buffer)} is closed: you are not in it any more`);
    if (wasCurrent) switched();
  }

  /** Offers a room for completion no more. */
  #forget(room: string): void {
    this.#known = this.#known.filter((name) => nameKey(name) !== nameKey(room));
  }

  #switchToReference(reference: TargetReference): void {
    const buffer = this.#find("switch to", reference);
    if (buffer !== undefined) this.switchTo(buffer);
  }

  #switchToUnread(): void {
    const { buffers, context } = this.#options;
    const buffer = buffers.nextUnread;
    if (buffer === undefined) context.note("there are no unread messages in other rooms");
    else this.switchTo(buffer);
  }

  async #printRooms(text: string | undefined): Promise<void> {
    const { buffers, context, pager } = this.#options;
    if (!context.require("rooms", "list the rooms")) return;
    const rooms = await this.#fetchRooms();
    if (rooms === undefined) return;
    const count = rooms.length === 1 ? "1 room" : `${rooms.length} rooms`;
    if (text === undefined) return pager.list(count, roomRows(rooms, buffers));
    const key = nameKey(text);
    const rows = roomRows(rooms, buffers, (name) => nameKey(name).includes(key));
    const label = sanitizeName(text);
    if (rows.length > 0) pager.list(`${rows.length} of ${count} with ${label} in the name`, rows);
    else context.note(`no room has ${label} in its name; :join #${label} creates it`);
  }

  async #fetchRooms(): Promise<readonly RoomInfo[] | undefined> {
    const { context } = this.#options;
    const answer = await context.ask({ code: Code.ListRooms });
    if (answer?.code === Code.Refused) context.failRefused("list the rooms", answer);
    if (answer?.code !== Code.Rooms) return undefined;
    this.#known = answer.rooms.map(({ name }) => name);
    return answer.rooms;
  }

  /** Finds an open buffer. If there is none, prints an error. */
  #find(verb: string, reference: TargetReference): ChatBuffer | undefined {
    const { buffers, context } = this.#options;
    if ("number" in reference) {
      const buffer = buffers.all[reference.number - 1];
      if (buffer === undefined) {
        context.fail(`Cannot ${verb} ${reference.number}: you have ${countBuffers(buffers.all.length)} open`);
      }
      return buffer;
    }
    for (const candidate of reference.candidates) {
      const buffer = buffers.find(candidate);
      if (buffer !== undefined) return buffer;
    }
    const [target] = reference.candidates;
    if (target === undefined) return undefined;
    const label = targetLabel(target);
    if (target.kind === "person") {
      const name = sanitizeName(target.name);
      context.fail(
        `Cannot ${verb} ${label}: there is no conversation with ${name}; :query ${name} opens one`,
      );
    } else if (context.require("rooms", `${verb} ${label}`)) {
      context.fail(`Cannot ${verb} ${label}: you are not in it; :join ${label} joins it`);
    }
    return undefined;
  }

  #addKnown(rooms: readonly string[]): void {
    const names = new Map([...this.#known, ...rooms].map((name) => [nameKey(name), name]));
    let units = 0;
    this.#known = [...names.values()].filter((name) => {
      units += name.length + UNITS_A_ROOM;
      return units <= MAX_KNOWN_UNITS;
    });
  }
}

function countBuffers(count: number): string {
  return count === 1 ? "1 room" : `${count} rooms and conversations`;
}

/**
 * Lists the other members of a room.
 *
 * @param label the label of the room
 * @param names the names of all members
 * @param ownKey the key of the user's own name
 * @returns one line, such as `#dev: also in it: ana, bo`
 */
export function formatMembers(label: string, names: readonly string[], ownKey: string): string {
  const others = names.filter((name) => nameKey(name) !== ownKey).map(sanitizeName);
  if (others.length === 0) return `${label}: nobody else is in it yet`;
  const more = others.length - MAX_LISTED_MEMBERS;
  const listed = others.slice(0, MAX_LISTED_MEMBERS).join(", ");
  return `${label}: also in it: ${listed}${more > 0 ? ` and ${more} more` : ""}`;
}
