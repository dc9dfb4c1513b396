/**
 * A reference model of who may do what in a cluster: owned names and their devices, rooms that belong to somebody,
 * operators and moderators, bans, mutes, slow mode and lockdown. It is made of the references of one hub; what it adds
 * is what users at the hub where something happens and at the other one are told of it.
 *
 * A step is data, and the model is nothing but the steps that were applied to it. So a model of another order is made
 * by applying the same steps in that order.
 *
 * The file is long because it holds every request.
 *
 * @module
 */
import type { ClientMessage, Moderate } from "../../../protocol/mod.ts";
import { ReferenceNames, type ReferenceOwner, type ReferenceSubject } from "./reference_names.ts";
import { type ReferenceAsker, ReferenceOwnedRoom } from "./reference_rooms.ts";
import { type ReferenceSanction, ReferenceSanctions } from "./reference_sanctions.ts";

/** How many names an address may take at a hub in an hour. */
const MAX_NEW_NAMES = 10;

/** Requests that the model knows. */
export type ClusterRequest =
  | Extract<
    ClientMessage,
    { code: 101 | 103 | 107 | 108 | 113 | 114 | 115 | 119 | 120 | 121 | 122 }
  >
  | Moderate;

/** Something that happens. Users are numbers. */
export type ClusterStep =
  /** A client with the number `id` and a key or none says hello at a hub, which has given it the name `random`. */
  | { do: "connect"; id: number; hub: number; key?: string; name: string; rooms: string[]; random: string }
  | { do: "disconnect"; id: number }
  | { do: "ask"; id: number; request: ClusterRequest }
  /** A hub has given a user a random name. */
  | { do: "named"; id: number; name: string }
  /** On the machine of a hub a key becomes that of an operator, or is that no longer. */
  | { do: "op" | "unop"; hub: number; key: string }
  /** A room was deleted at a hub, and changed before that at the other one: it stays, without members. */
  | { do: "empty"; room: string; hub: number }
  | { do: "wait"; ms: number }
  | { do: "stop"; hub: number };

/** A user. */
export interface ClusterUser {
  /** Its number. */
  readonly id: number;
  /** The index of its hub. */
  readonly hub: number;
  /** Its key. */
  readonly identity: string | undefined;
  /** Its name; one that begins with `?` is a random one, which is not known yet. */
  name: string;
  /** The owner of the name, if it is that. */
  owner: ReferenceOwner | undefined;
  /** Whether it has asked for the name. */
  choseName: boolean;
  /** For which name it was told that it does not own it. */
  toldNotOwned: string | undefined;
  /** When it connected. */
  readonly connectedAt: number;
  /** When it spoke in rooms with slow mode. */
  readonly spokeAt: Map<string, number>;
}

/** What a user is told in a step, in short form and in any order. */
export interface Told {
  /** What it is told. */
  lines: string[];
  /** What it may be told, too. */
  maybe: string[];
  /** Whether its connection ends. */
  isEnded: boolean;
}

/** What somebody is, with regard to a room or the hub. */
interface Standing {
  operator: boolean;
  owner: boolean;
  moderator: boolean;
}

/** A refusal; the message is the error word. */
class Refused extends Error {}

/** Several hubs that are one chat. */
export class ReferenceCluster {
  /** Who is online. */
  users: ClusterUser[] = [];
  /** Who owns which name. */
  readonly names: ReferenceNames = new ReferenceNames();
  /** The rooms, by the keys of their names, without `main`. */
  readonly rooms: Map<string, ReferenceOwnedRoom<number>>;
  /** The bans and mutes. */
  readonly sanctions: ReferenceSanctions;
  /** The moderators of rooms. */
  readonly moderators: Map<string, Set<number>>;
  /** The slow mode of rooms, and of the hub under the empty name, in milliseconds. */
  readonly slow: Map<string, number> = new Map();
  /** Who may come in. */
  lockdown: "off" | "owned" | "invited" = "off";
  /** The keys of operators. */
  readonly operators: Set<string>;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /** What the users are told in the last step. */
  told: Map<number, Told> = new Map();
  /** The steps. */
  readonly steps: readonly ClusterStep[];
  #said = 0;
  #randoms = 0;
  /** How many names were taken at each hub since its start. */
  readonly #taken: number[] = [0, 0];
  /** When owners have spoken, by hub, room and owner. */
  readonly #ownersSpoke = new Map<string, number>();
  readonly #start: ClusterStart;

  /**
   * Starts without users, or applies the steps of another one.
   *
   * @param start see {@linkcode ClusterStart}
   * @param steps what has happened
   */
  constructor(start: ClusterStart, steps: readonly ClusterStep[] = []) {
    this.#start = start;
    this.now = start.now;
    this.operators = new Set(start.operators);
    this.sanctions = new ReferenceSanctions(this.names, (target) => start.keys.includes(target));
    this.rooms = new Map(start.rooms.map((name) => [name, new ReferenceOwnedRoom<number>(name)]));
    this.moderators = new Map(start.rooms.map((name) => [name, new Set<number>()]));
    this.steps = [];
    for (const step of steps) this.apply(step);
  }

  /** Makes the same model, in which some more has happened. */
  after(...steps: readonly ClusterStep[]): ReferenceCluster {
    return new ReferenceCluster(this.#start, [...this.steps, ...steps]);
  }

  /** Finds a user who is online. */
  user(id: number): ClusterUser {
    return this.users.find((user) => user.id === id)!;
  }

  /**
   * Lets time pass; what the users were told stays.
   *
   * @param ms how much, in milliseconds
   */
  pass(ms: number): void {
    (this.steps as ClusterStep[]).push({ do: "wait", ms });
    this.now += ms;
  }

  /**
   * Gives a user a random name that a hub has chosen; what the users were told stays.
   *
   * @param id the number of the user
   * @param name the name
   * @param isStep whether this is another step
   */
  named(id: number, name: string, isStep = true): void {
    if (isStep) (this.steps as ClusterStep[]).push({ do: "named", id, name });
    this.user(id).name = name;
  }

  /**
   * Applies a step.
   *
   * @param step the step
   * @returns the answer in short form, if somebody has asked something
   */
  apply(step: ClusterStep): string {
    (this.steps as ClusterStep[]).push(step);
    this.told = new Map(this.users.map(({ id }) => [id, { lines: [], maybe: [], isEnded: false }]));
    const answer = this.#carryOut(step);
    this.#enforce();
    return answer;
  }

  #carryOut(step: ClusterStep): string {
    switch (step.do) {
      case "connect":
        return this.#refusable(() => this.#connect(step));
      case "disconnect":
        this.#remove(this.user(step.id));
        return "";
      case "stop":
        for (const user of this.users.filter(({ hub }) => hub === step.hub)) this.#remove(user);
        this.#taken[step.hub] = 0;
        for (const key of this.#ownersSpoke.keys()) {
          if (key.startsWith(`${step.hub} `)) this.#ownersSpoke.delete(key);
        }
        return "";
      case "empty": {
        const room = this.rooms.get(step.room)!;
        room.members.clear();
        room.said = [];
        for (const id of room.inside) if (this.user(id).hub === step.hub) room.inside.delete(id);
        this.#forgetModeration(step.room);
        return "";
      }
      case "named":
        this.named(step.id, step.name, false);
        return "";
      case "op":
        this.operators.add(step.key);
        return "";
      case "unop":
        if (!this.#start.operators.includes(step.key)) this.operators.delete(step.key);
        return "";
      case "wait":
        this.now += step.ms;
        return "";
      case "ask":
        // What somebody else does in the same moment may have ended it.
        if (this.user(step.id) === undefined) return "gone";
        return this.#refusable(() => this.#ask(this.user(step.id), step.request));
    }
  }

  #refusable(run: () => string): string {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.message;
    }
  }

  /** Tells a user something. */
  #tell({ id }: ClusterUser, ...lines: string[]): void {
    this.told.get(id)?.lines.push(...lines);
  }

  #mayTell({ id }: ClusterUser, ...lines: string[]): void {
    this.told.get(id)?.maybe.push(...lines);
  }

  /** Describes a user for bans and mutes. */
  #subjectOf({ name, owner, identity }: ClusterUser): ReferenceSubject {
    return { name, owner, identity };
  }

  #isOperator({ identity }: Pick<ClusterUser, "identity">): boolean {
    return identity !== undefined && this.operators.has(identity);
  }

  #isOperatorPerson(subject: ReferenceSubject): boolean {
    return [...this.names.personOf(subject).keys].some((key) => this.operators.has(key));
  }

  #standing(user: ClusterUser, room: string | undefined): Standing {
    const id = user.owner?.id;
    const known = room !== undefined && id !== undefined;
    return {
      operator: this.#isOperator(user),
      owner: known && this.rooms.get(room)?.owner === id,
      moderator: known && this.moderators.get(room)?.has(id) === true,
    };
  }

  #moderates(user: ClusterUser, room: string | undefined): boolean {
    return Object.values(this.#standing(user, room)).includes(true);
  }

  /** Finds what hits somebody, the longest one first. */
  #hitting(kind: "ban" | "mute", user: ClusterUser, room?: string, subject = this.#subjectOf(user)) {
    if (this.#isOperator(user)) return [];
    const moderates = room !== undefined && this.#moderates(user, room);
    return this.sanctions.hitting(kind, subject, { now: this.now, room, moderates })
      .sort((a, b) => b.until === a.until ? 0 : b.until - a.until);
  }

  /** Ends the sessions that are banned, and puts those out of rooms who may not be there. */
  #enforce(): void {
    for (const user of [...this.users]) {
      if (this.#hitting("ban", user).length > 0) this.#end(user, "216 banned");
    }
    for (const room of this.rooms.values()) {
      for (const id of [...room.inside]) {
        const user = this.user(id);
        const isBanned = this.#hitting("ban", user, room.name).length > 0;
        if (!isBanned && !room.isHiddenFrom(user.owner?.id)) continue;
        if (isBanned) this.#tell(user, `banned from #${room.name}`);
        this.#putOut(user, room);
      }
    }
  }

  #putOut(user: ClusterUser, room: ReferenceOwnedRoom<number>): void {
    this.#tell(user, `212 ${room.name}`);
    this.#exit(user, room);
  }

  #exit({ id }: ClusterUser, room: ReferenceOwnedRoom<number>): void {
    if (room.exit(id)) this.#forgetModeration(room.name);
  }

  #forgetModeration(room: string): void {
    this.moderators.get(room)!.clear();
    this.sanctions.forgetRoom(room);
  }

  /** Ends the session of a user, who is told why. */
  #end(user: ClusterUser, why: string): void {
    this.#tell(user, why);
    const told = this.told.get(user.id);
    if (told !== undefined) told.isEnded = true;
    this.#remove(user);
  }

  #remove(user: ClusterUser): void {
    this.users = this.users.filter((other) => other !== user);
    for (const room of this.rooms.values()) this.#exit(user, room);
  }

  #connect({ id, hub, key, name, rooms, random }: ClusterStep & { do: "connect" }): string {
    const told: Told = { lines: [], maybe: [], isEnded: false };
    this.told.set(id, told);
    const user: ClusterUser = {
      ...{ id, hub, identity: key, name: random, owner: undefined, choseName: false },
      ...{ toldNotOwned: undefined, connectedAt: this.now, spokeAt: new Map() },
    };
    const end = (word: string) => {
      told.isEnded = true;
      throw new Refused(word);
    };
    if (this.#hitting("ban", user, undefined, { name, identity: key }).length > 0) end("banned");
    if (this.lockdown !== "off" && !this.#isOperator(user)) {
      if (key === undefined || this.names.ownersOf(key).length === 0) end("not_allowed");
    }
    this.#checkName(user, name);
    Object.assign(user, { name, owner: this.names.ownerOf(name), choseName: true });
    this.users.push(user);
    const refusals = rooms.flatMap((room) => this.#refusalOfJoin(user, this.rooms.get(room)!) ?? []);
    // Those into which it may come only as the owner of a name are open to it by a room that it makes before.
    for (const room of rooms) this.#enter(user, this.rooms.get(room)!);
    this.#tell(user, ...refusals.map((word) => `206 ${word}`));
    return "210";
  }

  /** Checks that a user may take a name; the `owner` of the name has the key if nothing is thrown. */
  #checkName(user: ClusterUser, name: string): void {
    const { identity, id } = user;
    if (this.#hitting("ban", user, undefined, { name, identity }).length > 0) throw new Refused("banned");
    if (this.names.isBlocked(name, identity)) throw new Refused("name_owned");
    const owner = this.names.ownerOf(name);
    const shares = (other: ClusterUser) =>
      owner !== undefined && other.owner === owner || identity !== undefined && other.identity === identity;
    const others = this.users.filter((other) => other.id !== id && other.name === name);
    if (!others.every(shares)) throw new Refused("name_taken");
  }

  #refusalOfJoin(user: ClusterUser, room: ReferenceOwnedRoom<number>): string | undefined {
    if (room.isHiddenFrom(user.owner?.id)) return "no_such_room";
    return this.#hitting("ban", user, room.name).length > 0 ? "banned" : undefined;
  }

  #enter(user: ClusterUser, room: ReferenceOwnedRoom<number>): void {
    if (this.#refusalOfJoin(user, room) !== undefined) return;
    if (!room.exists && user.identity !== undefined) this.#claimName(user);
    room.enter(user.id, user.owner?.id, this.#said);
  }

  /** Gives a user the name under which it says something or makes a room, if nobody owns it. */
  #claimName(user: ClusterUser): void {
    const { owner, identity, choseName, name, hub } = user;
    if (owner !== undefined || identity === undefined || !choseName) return;
    if (this.names.ownerOf(name) !== undefined) return;
    if (this.names.isFull(identity) || this.#taken[hub]! >= MAX_NEW_NAMES) {
      if (user.toldNotOwned !== name) this.#tell(user, `not the owner of ${name}`);
      user.toldNotOwned = name;
      return;
    }
    this.#taken[hub]!++;
    user.owner = this.names.claim(name, identity)!;
    this.sanctions.learn(user.owner, identity);
    this.#keysChanged(user.owner);
  }

  /** Gives those with a name its keys no longer have another one, and the others the name. */
  #keysChanged(owner: ReferenceOwner): void {
    for (const user of this.users.filter(({ name }) => name === owner.name)) {
      if (user.identity !== undefined && owner.keys.includes(user.identity)) user.owner = owner;
      else {
        user.owner = undefined;
        // It still has the name when it is put out of private rooms.
        this.#enforceRooms(user);
        this.#mayLeaveFor(user);
        user.choseName = false;
        user.name = `?${++this.#randoms}`;
        this.#tell(user, "other keys own the name", "202");
      }
    }
  }

  /** A user whose name changes: who else is in its rooms may be told that its other devices are not there. */
  #mayLeaveFor(user: ClusterUser): void {
    for (const room of this.rooms.values()) {
      if (room.inside.has(user.id)) this.#mayTell(user, `212 ${room.name}`);
    }
  }

  #enforceRooms(user: ClusterUser): void {
    for (const room of this.rooms.values()) {
      if (room.inside.has(user.id) && room.isHiddenFrom(undefined)) this.#putOut(user, room);
    }
  }

  #asker(user: ClusterUser): ReferenceAsker<number> {
    return {
      user: user.id,
      person: user.owner?.id,
      personOf: (name) => this.names.ownerOf(name)?.id,
      said: this.#said,
    };
  }

  #ask(user: ClusterUser, request: ClusterRequest): string {
    switch (request.code) {
      case 101:
        return this.#rename(user, request.username);
      case 103:
        return this.#say(user, request.room, request.message);
      case 107: {
        const room = this.rooms.get(request.room)!;
        const refusal = this.#refusalOfJoin(user, room);
        if (refusal !== undefined) return refusal;
        this.#enter(user, room);
        return "207";
      }
      case 108: {
        const room = this.rooms.get(request.room)!;
        const refusal = room.refusalOf(request, this.#asker(user));
        if (refusal !== undefined) return refusal;
        this.#exit(user, room);
        return "207";
      }
      case 113:
        return this.#release(user);
      case 114:
      case 115:
        return this.#changeKeys(user, request.code, request.key!);
      case 124:
        return this.#moderate(user, request);
      default:
        return this.#changeRoom(user, request);
    }
  }

  #rename(user: ClusterUser, name: string): string {
    const owner = this.names.ownerOf(name);
    const owns = owner !== undefined && user.identity !== undefined && owner.keys.includes(user.identity);
    const rooms = [...this.rooms.values()].filter(({ inside }) => inside.has(user.id));
    if (!owns && user.choseName) {
      const nameless = { owner: user.owner, identity: user.identity };
      for (const room of [undefined, "main", ...rooms.map(({ name }) => name)]) {
        if (this.#hitting("mute", user, room, nameless).length > 0) throw new Refused("muted");
      }
    }
    this.#checkName(user, name);
    this.#mayLeaveFor(user);
    Object.assign(user, { name, owner: this.names.ownerOf(name), choseName: true });
    return "202";
  }

  #say(user: ClusterUser, roomName: string, text: string): string {
    const room = this.rooms.get(roomName);
    const refusal = room?.refusalOf({ code: 103, room: roomName, message: text }, this.#asker(user));
    if (refusal !== undefined) return refusal;
    if (this.#hitting("mute", user, roomName).length > 0) return "muted";
    if (!this.#isInTime(user, roomName)) return "too_fast";
    if (user.identity !== undefined) this.#claimName(user);
    // Each hub records what owners say at others.
    if (user.owner !== undefined && this.#slowOf(roomName) > 0) {
      for (const hub of [0, 1]) {
        if (hub !== user.hub) this.#ownersSpoke.set(`${hub} ${roomName} ${user.owner.id}`, this.now);
      }
    }
    const line = `200 ${roomName} ${user.name} ${user.owner === undefined ? "" : "verified "}${text}`;
    for (const reader of this.users) {
      if (room === undefined || room.inside.has(reader.id)) this.#tell(reader, line);
    }
    room?.said.push({ text, at: this.#said++ });
    return "207";
  }

  #slowOf(room: string): number {
    return Math.max(this.slow.get("") ?? 0, this.slow.get(room) ?? 0);
  }

  /** Tells whether slow mode lets somebody speak, and records that it does. */
  #isInTime(user: ClusterUser, room: string): boolean {
    const every = this.#slowOf(room);
    if (every === 0 || this.#moderates(user, room)) return true;
    const { spokeAt, owner, hub, connectedAt } = user;
    const last = owner === undefined ? spokeAt.get(room) ?? connectedAt : Math.max(
      spokeAt.get(room) ?? -Infinity,
      this.#ownersSpoke.get(`${hub} ${room} ${owner.id}`) ?? -Infinity,
    );
    if (last + every > this.now) return false;
    spokeAt.set(room, this.now);
    if (owner !== undefined) this.#ownersSpoke.set(`${hub} ${room} ${owner.id}`, this.now);
    return true;
  }

  #release(user: ClusterUser): string {
    const { owner, hub } = user;
    if (owner === undefined) return "not_allowed";
    for (const room of this.rooms.values()) {
      const wasOwner = room.owner === owner.id, wasMember = room.isMember(owner.id);
      const wasPrivate = room.mode === "private";
      const before = this.#readersOf(room);
      const inside = this.users.filter(({ id }) => room.inside.has(id));
      const isOrphaned = room.free(owner.id);
      if (wasOwner && isOrphaned) {
        this.#forgetModeration(room.name);
        if (!wasPrivate) continue;
        for (const one of inside) this.#tell(one, `222 ${room.name} deleted`, `212 ${room.name}`);
        continue;
      }
      if (wasOwner) {
        const heir = this.names.all.find(({ id }) => id === room.owner)!.name;
        for (const one of before) {
          const line = `222 ${room.name} owner ${heir}`;
          const isFormer = one.owner === owner && !room.inside.has(one.id);
          if (!isFormer) this.#tell(one, line);
          // At another hub it may be a member still when it is told.
          else if (one.hub !== hub) this.#mayTell(one, line);
        }
      }
      if (!wasMember) continue;
      // A hub knows that a membership at another one ends, and not why; its own devices may be guests by then.
      for (const one of before.filter((one) => one.hub !== hub)) {
        const line = `222 ${room.name} removed ${owner.name}`;
        const isGuest = one.owner === owner && (room.mode === "private" || !room.inside.has(one.id));
        if (isGuest) this.#mayTell(one, line);
        else this.#tell(one, line);
      }
    }
    this.names.free(owner);
    for (const one of this.users.filter((one) => one.owner === owner)) {
      Object.assign(one, { owner: undefined, choseName: false });
    }
    return "207";
  }

  #devicesOf(owner: ReferenceOwner): ClusterUser[] {
    return this.users.filter((user) => user.owner === owner);
  }

  #changeKeys(user: ClusterUser, code: 114 | 115, key: string): string {
    const { owner, hub } = user;
    if (owner === undefined) return "not_allowed";
    const has = owner.keys.includes(key);
    if (code === 114) {
      if (!has && this.names.isFull(key)) return "not_allowed";
      if (!has) {
        owner.keys = [...owner.keys, key];
        this.sanctions.learn(owner, key);
      }
      this.#keysChanged(owner);
      for (const one of this.users.filter(({ name, id }) => name === owner.name && id !== user.id)) {
        if (!has || one.hub === hub) this.#tell(one, `key added to ${owner.name}`);
      }
      return "207";
    }
    if (!has || owner.keys.length === 1) return "not_allowed";
    owner.keys = owner.keys.filter((other) => other !== key);
    this.#keysChanged(owner);
    return "207";
  }

  /** Everyone in a room, and its members. */
  #readersOf(room: ReferenceOwnedRoom<number>): ClusterUser[] {
    return this.users.filter(({ id, owner }) => room.inside.has(id) || room.isMember(owner?.id));
  }

  #changeRoom(user: ClusterUser, request: Extract<ClusterRequest, { code: 119 | 120 | 121 | 122 }>): string {
    const room = this.rooms.get(request.room)!;
    const asker = this.#asker(user);
    if (request.code === 119 && request.topic !== undefined) {
      const isVisible = room.exists && !room.isHiddenFrom(asker.person);
      if (isVisible && this.#hitting("mute", user, room.name).length > 0) return "muted";
    }
    const refusal = room.refusalOf(request, asker);
    if (refusal !== undefined) return refusal;
    const before = { ...room, members: new Map(room.members), inside: new Set(room.inside) };
    const readers = this.#readersOf(room);
    room.carryOut(request, asker);
    const { name } = room;
    switch (request.code) {
      case 119: {
        const { topic, mode, history, owner } = request;
        const setsMode = mode !== undefined && mode !== before.mode || history !== undefined;
        const differs = room.mode !== before.mode || room.history !== before.history;
        for (const one of this.#readersOf(room)) {
          const isHere = one.hub === user.hub;
          const news = [
            topic !== undefined && (isHere || room.topic !== before.topic) ? `topic ${topic}` : [],
            owner !== undefined && (isHere || room.owner !== before.owner) ? `owner ${owner}` : [],
            setsMode && (isHere || differs) ? `${room.mode} ${room.history}` : [],
          ].flat();
          if (news.length > 0) this.#tell(one, `222 ${name} ${news.join(" ")}`);
        }
        break;
      }
      case 120: {
        const member = this.names.ownerOf(request.username)!;
        if (before.members.has(member.id)) break;
        for (const one of this.#readersOf(room)) this.#tell(one, `222 ${name} invited ${member.name}`);
        for (const one of this.#devicesOf(member)) this.#tell(one, `223 ${name}`);
        break;
      }
      case 121:
        for (const one of readers) this.#tell(one, `222 ${name} removed ${request.username}`);
        break;
      case 122: {
        // That a room is over in which nobody was is news at another hub only if something in it is worth keeping.
        const isUsed = (hub: number) =>
          hub === user.hub || before.mode === "private" || before.topic !== undefined ||
          before.members.size > 1 || [...before.inside].some((id) => this.user(id).hub === hub);
        for (const one of readers) if (isUsed(one.hub)) this.#tell(one, `222 ${name} deleted`);
        for (const id of before.inside) this.#tell(this.user(id), `212 ${name}`);
        this.#forgetModeration(name);
      }
    }
    return "207";
  }

  #moderate(user: ClusterUser, request: Moderate): string {
    const { action, room, preview = false } = request;
    const actor = this.#standing(user, room);
    if (room !== undefined && room !== "main") {
      const { exists, ...found } = { exists: this.rooms.get(room)!.exists, room: this.rooms.get(room)! };
      const isVisible = actor.operator || !found.room.isHiddenFrom(user.owner?.id);
      if (!exists || !isVisible) return "no_such_room";
    }
    const mayIn = action !== "lockdown" && action !== "announce";
    const leads = mayIn && room !== undefined && (actor.owner || actor.moderator);
    const isAllowed = actor.operator || leads;
    switch (action) {
      case "kick":
        if (!isAllowed) return "not_allowed";
        return this.#kick(user, request.target, { room, actor, preview });
      case "ban":
      case "mute":
        if (!isAllowed || action === "ban" && room === "main") return "not_allowed";
        return this.#sanction(user, { action, target: request.target, durationMs: request.duration_ms }, {
          ...{ room, actor, preview },
        });
      case "unban":
      case "unmute": {
        if (!isAllowed) return "not_allowed";
        const kind = action === "unban" ? "ban" : "mute";
        if (this.sanctions.find(kind, request.target, room, this.now) === undefined) return "no_such_user";
        if (!preview) this.sanctions.end(kind, request.target, room, this.now);
        return "224";
      }
      case "mod":
      case "unmod": {
        if (room === undefined) return "bad_message";
        const target = this.#standingOf(user, request.target, room);
        if (!isAllowed) return "not_allowed";
        if (action === "unmod" && !actor.operator && !actor.owner && !target.self) return "not_allowed";
        const owner = this.names.ownerOf(request.target);
        const moderators = this.moderators.get(room)!;
        if (owner === undefined || action === "unmod" && !moderators.has(owner.id)) return "no_such_user";
        if (preview) return "224";
        if (action === "mod") moderators.add(owner.id);
        else moderators.delete(owner.id);
        return "224";
      }
      case "slow": {
        if (!isAllowed) return "not_allowed";
        if (preview) return "224";
        this.#setSlow(user, request.every_ms, room);
        return "224";
      }
      case "lockdown":
        if (!isAllowed) return "not_allowed";
        if (room !== undefined) return "bad_message";
        if (!preview) this.lockdown = request.mode;
        return "224";
      default:
        throw new Error(`the model does not know ${action}`);
    }
  }

  #setSlow({ hub }: ClusterUser, everyMs: number, room: string | undefined): void {
    const before = this.slow.get(room ?? "") ?? 0;
    const found = room === undefined || room === "main" ? undefined : this.rooms.get(room)!;
    for (const one of this.users.filter(({ id }) => found?.inside.has(id) !== false)) {
      const line = `slow mode ${everyMs === 0 ? "off" : "on"} ${room ?? "everywhere"}`;
      if (one.hub === hub || before !== everyMs) this.#tell(one, line);
    }
    this.slow.delete(room ?? "");
    if (everyMs > 0) return void this.slow.set(room ?? "", everyMs);
    for (const key of this.#ownersSpoke.keys()) {
      const [at, of] = key.split(" ");
      if (room !== undefined && of !== room) continue;
      if (Number(at) === hub || before > 0) this.#ownersSpoke.delete(key);
    }
  }

  /** Finds out what whoever owns a name, or is here under it, is for somebody. */
  #standingOf(user: ClusterUser, name: string, room: string | undefined): Standing & { self: boolean } {
    const here = this.users.filter((one) => one.name === name);
    const owner = this.names.ownerOf(name);
    return {
      operator: here.some((one) => this.#isOperatorPerson(this.#subjectOf(one))) ||
        owner !== undefined && this.#isOperatorPerson({ owner }),
      ...this.#standingOfOwners(owner === undefined ? [] : [owner], room),
      self: name === user.name ||
        owner !== undefined && (owner === user.owner || owner.keys.includes(user.identity ?? "")),
    };
  }

  #standingOfOwners(owners: ReferenceOwner[], room: string | undefined): Omit<Standing, "operator"> {
    if (room === undefined) return { owner: false, moderator: false };
    const ids = owners.map(({ id }) => id);
    return {
      owner: ids.includes(this.rooms.get(room)?.owner ?? 0),
      moderator: ids.some((id) => this.moderators.get(room)?.has(id)),
    };
  }

  #kick(
    user: ClusterUser,
    name: string,
    { room, actor, preview }: { room: string | undefined; actor: Standing; preview: boolean },
  ): string {
    const inside = room === undefined || room === "main" ? undefined : this.rooms.get(room)!.inside;
    const hit = this.users.filter((one) => one.name === name && inside?.has(one.id) !== false);
    if (hit.length === 0) return "no_such_user";
    if (room === "main" || isProtected(actor, this.#standingOf(user, name, room))) return "not_allowed";
    if (preview) return `224 ${name}`;
    for (const one of hit) {
      if (room === undefined) this.#end(one, "216 kicked");
      else {
        this.#tell(one, `put out of #${room}`);
        this.#putOut(one, this.rooms.get(room)!);
      }
    }
    return `224 ${name}`;
  }

  #sanction(
    user: ClusterUser,
    { action: kind, target, durationMs = Infinity }: {
      action: "ban" | "mute";
      target: string;
      durationMs?: number | undefined;
    },
    { room, actor, preview }: { room: string | undefined; actor: Standing; preview: boolean },
  ): string {
    const isKey = this.#start.keys.includes(target);
    const standing = isKey ? this.#standingOfKey(user, target, room) : this.#standingOf(user, target, room);
    if (isProtected(actor, standing)) return "not_allowed";
    const inside = room === undefined || room === "main" ? undefined : this.rooms.get(room)!.inside;
    const scope = this.users.filter(({ id }) => inside?.has(id) !== false);
    const here = scope.filter(({ name }) => !isKey && name === target);
    const wanted = {
      ...{ kind, target, room, until: this.now + durationMs, byOperator: actor.operator },
      keys: here.flatMap(({ identity }) => identity ?? []),
    };
    const made = this.sanctions.make(wanted, this.now);
    const hits = scope.filter((one) =>
      !this.#isOperator(one) && (actor.operator || !this.#moderates(one, room)) &&
      this.sanctions.holdsFor(made, this.names.personOf(this.#subjectOf(one)))
    );
    if (!preview) {
      const sanction = this.sanctions.add(wanted, this.now);
      if (kind === "mute") this.#tellMuted(scope, sanction);
    }
    return `224 ${[...new Set(hits.map(({ name }) => name))].sort().join(" ")}`.trimEnd();
  }

  /** Tells those whom a mute silences longest. */
  #tellMuted(scope: readonly ClusterUser[], mute: ReferenceSanction): void {
    for (const user of scope) {
      const hitting = this.#hitting("mute", user, mute.room);
      const [longest, second] = hitting;
      if (longest === undefined || !hitting.includes(mute) || longest.until > mute.until) continue;
      const line = mute.room === undefined ? "muted" : `muted in #${mute.room}`;
      if (second?.until === mute.until) this.#mayTell(user, line);
      else this.#tell(user, line);
    }
  }

  #standingOfKey(user: ClusterUser, key: string, room: string | undefined): Standing & { self: boolean } {
    const standings = this.users.filter(({ identity }) => identity === key)
      .map((one) => this.#standing(one, room));
    return {
      self: user.identity === key || user.owner?.keys.includes(key) === true,
      operator: this.operators.has(key),
      owner: standings.some(({ owner }) => owner),
      moderator: standings.some(({ moderator }) => moderator),
    };
  }

  /** What a client is told that it may moderate. */
  powersOf(user: ClusterUser): string {
    const id = user.owner?.id;
    const rooms = id === undefined
      ? []
      : [...this.rooms.values()].filter((room) =>
        room.owner === id || this.moderators.get(room.name)!.has(id) && !room.isHiddenFrom(id)
      );
    return [this.#isOperator(user) ? "operator" : [], ...rooms.map(({ name }) => name).sort()].flat().join(
      " ",
    );
  }
}

/** How a {@linkcode ReferenceCluster} starts. */
export interface ClusterStart {
  /** The time of day, in milliseconds since 1970. */
  readonly now: number;
  /** The keys that targets of bans and mutes can be. */
  readonly keys: readonly string[];
  /** The keys of the rooms. */
  readonly rooms: readonly string[];
  /** The keys that are always those of operators. */
  readonly operators: readonly string[];
}

/** Tells whether nobody like that may act against somebody. */
function isProtected(actor: Standing, target: Standing & { self: boolean }): boolean {
  if (target.self || target.operator) return true;
  return !actor.operator && !actor.owner && (target.owner || target.moderator);
}
