/**
 * Requests to moderate (124, 125), and what a change of the moderation means for those who are here.
 *
 * Rules:
 * - Everything is stored before it counts; then it acts on those who are here at once.
 * - A preview answers as the request would, and changes nothing.
 * - Only operators ban addresses, also in rooms: what a ban of an address would hit tells who comes from where.
 *
 * The file is long because it holds one method for each action.
 *
 * PURE.
 *
 * @module
 */
import {
  type AskBans,
  type BanInfo,
  checkText,
  Code,
  MAX_MODERATED_NAMES,
  MAX_NAME_CHARS,
  type Moderate,
  type ModerateAction,
  type ModerateTarget,
  nameKey,
  ProtocolError,
} from "../../protocol/mod.ts";
import { pagesOf } from "../fanout/mod.ts";
import { PAGE_BYTES } from "../limits.ts";
import {
  type KickElsewhere,
  type Moderation,
  type ModerationChange,
  ModerationError,
  type Sanction,
  type SanctionElsewhere,
  type SanctionRequest,
  shortTime,
  type TargetStanding,
  whyNot,
} from "../moderation/mod.ts";
import { type Hits, isIn, type Scope, Targets } from "../powers/mod.ts";
import { noSuchRoom, storeChange } from "../registry/mod.ts";
import { MAIN_ROOM, type MemberRoom, type Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

/** How old a kick at another hub may be that is carried out, in milliseconds: whoever comes later may stay. */
const KICK_MS = 60_000;

/** Keeps order on a hub. */
export class ModerationRequests {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #targets: Targets;

  /**
   * Handles the requests to moderate, and acts on each change of the moderation.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   */
  constructor(core: HubCore, presence: Presence) {
    this.#core = core;
    this.#presence = presence;
    this.#targets = new Targets(core);
    core.dependencies.moderation?.changed((change) => this.#changed(change));
  }

  /** Carries out a request to moderate. */
  moderate(session: Session, message: Moderate): void {
    const moderation = this.#moderation();
    const scope = this.#scopeOf(session, message.room, message.action);
    this.#presence.announce(session);
    switch (message.action) {
      case "kick":
        return this.#kick(session, message, scope);
      case "ban":
      case "mute":
        return this.#sanction(session, message, scope, moderation);
      case "unban":
      case "unmute":
        return this.#end(session, message, scope, moderation);
      case "mod":
      case "unmod":
        return this.#share(session, message, scope, moderation);
    }
    this.#check(message.action, scope);
    if (message.action === "announce") checkText(message.text);
    if (message.action === "lockdown" && scope.name !== undefined) {
      throw new ProtocolError(
        "bad_message",
        `Cannot lock down #${scope.name}: a lockdown is for the whole hub; a room is closed by making it private`,
      );
    }
    if (!message.preview) {
      const request = {
        room: scope.name,
        by: this.#core.powers.actorOf(session),
        now: this.#core.dependencies.clock.wall(),
      };
      this.#stored(() => {
        if (message.action === "slow") moderation.slow(message.every_ms, request);
        else if (message.action === "lockdown") moderation.lockDown(message.mode, request);
        else moderation.audit({ by: request.by, at: request.now, action: "announce", room: request.room });
      });
      if (message.action === "slow") this.#tellSlowMode(message.every_ms, scope.name);
      else if (message.action === "announce") {
        this.announce(message.text, scope.name);
        this.#core.dependencies.cluster?.announce(message.text, scope.name);
      }
      this.#log(session, message.action, scope.name);
    }
    this.#answer(session, message, scope, { names: new Set(), others: new Set() });
  }

  /** Lists what is in force. */
  list(session: Session, { room, ref }: AskBans): void {
    const moderation = this.#moderation();
    const scope = this.#scopeOf(session, room, "list");
    const now = this.#core.dependencies.clock.wall();
    const { operator, rooms } = this.#core.powers.of(session);
    let sanctions: Sanction[];
    if (scope.name !== undefined) {
      if (!this.#core.powers.moderates(session, scope.name)) throw notAllowed("list the bans", scope);
      sanctions = moderation.list(scope.name, now);
    } else if (operator) sanctions = moderation.listAll(now);
    else {
      if (rooms.length === 0) throw notAllowed("list the bans", scope);
      const keys = new Set(rooms.map(nameKey));
      sanctions = moderation.listAll(now).filter((one) =>
        one.room !== undefined && keys.has(nameKey(one.room))
      );
    }
    this.#presence.announce(session);
    const pages = pagesOf(sanctions, banInfo, PAGE_BYTES);
    this.#core.replyPages(session, pages, (page) => replies.bans(page, ref));
  }

  #moderation(): Moderation {
    const { moderation } = this.#core.dependencies;
    if (moderation === undefined) {
      throw new ProtocolError("unavailable", "Cannot do that: this hub has no moderation");
    }
    return moderation;
  }

  /** Finds the room that a request is about. For operators each room exists. */
  #scopeOf(session: Session, asked: string | undefined, action: ModerateAction | "list"): Scope {
    const { powers, rooms } = this.#core;
    if (asked === undefined) {
      return { name: undefined, room: undefined, actor: powers.standing(session, undefined) };
    }
    const name = powers.isOperator(session) ? rooms.nameOf(asked) : rooms.visibleName(asked, session);
    if (name === undefined) throw noSuchRoom(action === "list" ? "list the bans of" : `${action} anybody in`);
    return { name, room: rooms.find(name), actor: powers.standing(session, name) };
  }

  /** Checks that somebody may do something. */
  #check(action: ModerateAction, scope: Scope, target?: TargetStanding, shown?: string): void {
    const why = whyNot({ action, room: scope.name, actor: scope.actor, target });
    if (why !== undefined) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot ${action}${shown === undefined ? "" : ` ${shown}`}: ${why}`,
      );
    }
  }

  #kick(session: Session, message: ModerateTarget, scope: Scope): void {
    const { target, reason } = message;
    const name = target.replace(/^@/, "");
    // Otherwise the answer would tell whether somebody is there.
    this.#check("kick", scope);
    const hit = this.#core.names.find(name).filter((one) => isIn(one, scope));
    // The audit tells the other hubs of the kick.
    const first = hit[0]?.name ?? this.#targets.elsewhere(name, scope.name)[0]?.name;
    if (first === undefined) {
      const where = scope.name === undefined ? "on this hub" : `in #${scope.name}`;
      throw new ProtocolError(
        "no_such_user",
        `Cannot kick ${shortened(name)}: no user of that name is ${where}`,
      );
    }
    checkNotMain("kick", scope);
    this.#check("kick", scope, this.#targets.standingOf(session, name, scope), first);
    const hits = { names: new Set([first]), others: new Set<string>() };
    if (!message.preview) {
      const by = this.#core.powers.actorOf(session);
      const at = this.#core.dependencies.clock.wall();
      this.#stored(() =>
        this.#moderation().audit({ by, at, action: "kick", target: first, room: scope.name, reason })
      );
      for (const one of hit) this.#putOut(one, scope.room, session.name, reason);
      this.#log(session, "kick", scope.name, first);
    }
    this.#answer(session, message, scope, hits);
  }

  /** Carries out a kick of another hub. */
  #kickedElsewhere({ target, room: name, by, reason, at }: KickElsewhere): void {
    if (this.#core.dependencies.clock.wall() - at > KICK_MS) return;
    const room = name === undefined ? undefined : this.#core.rooms.find(name);
    if (name !== undefined && room === undefined) return;
    for (const one of this.#core.names.find(target)) {
      if (this.#core.powers.isOperator(one) || room?.members.has(one) === false) continue;
      this.#putOut(one, room, by, reason);
    }
  }

  #putOut(one: Session, room: MemberRoom | undefined, by: string, reason: string | undefined): void {
    const why = reason === undefined ? "" : `: ${reason}`;
    if (room === undefined) this.#presence.end(one, `${by} has put you out of this hub${why}`, "kicked");
    else this.#presence.expel(one, room, `${by} has put you out of #${room.name}${why}`);
  }

  #sanction(session: Session, message: ModerateTarget, scope: Scope, moderation: Moderation): void {
    const { target: text, reason, duration_ms: durationMs } = message;
    const action = message.action as "ban" | "mute";
    this.#check(action, scope);
    if (action === "ban") checkNotMain("ban", scope);
    const target = this.#read(() => moderation.targetOf(text), "no_such_user");
    if (target.kind === "network" && !scope.actor.operator) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot ${action} ${target.shown}: only operators of the hub may ${action} addresses; give a name or a key`,
      );
    }
    this.#check(action, scope, this.#targets.standingOfTarget(session, target, scope), target.shown);
    const request: SanctionRequest = {
      target: text,
      room: scope.name,
      durationMs,
      reason,
      by: this.#core.powers.actorOf(session),
      now: this.#core.dependencies.clock.wall(),
      ...this.#targets.reachOf(target, scope, message.address === true),
    };
    const hits = this.#read(() => this.#targets.hitsOf(request, scope), "no_such_user");
    const until = durationMs === undefined ? undefined : request.now + durationMs;
    if (!message.preview) {
      const sanction = this.#stored(() => moderation[action](request));
      if (action === "mute") this.#tellMuted(sanction, scope.name);
      this.#log(session, action, scope.name, target.shown);
    }
    this.#answer(session, message, scope, hits, until, target.shown);
  }

  #end(session: Session, message: ModerateTarget, scope: Scope, moderation: Moderation): void {
    const action = message.action as "unban" | "unmute";
    this.#check(action, scope);
    const { shown } = this.#read(() => moderation.targetOf(message.target), "no_such_user");
    const request = {
      room: scope.name,
      by: this.#core.powers.actorOf(session),
      now: this.#core.dependencies.clock.wall(),
    };
    const kind = action === "unban" ? "ban" : "mute";
    if (moderation.find(kind, message.target, scope.name, request.now) === undefined) {
      const where = scope.name === undefined ? "on this hub" : `in #${scope.name}`;
      throw new ProtocolError(
        "no_such_user",
        `Cannot ${action} ${shown}: there is no ${kind} of it ${where}; :bans lists all`,
      );
    }
    if (!message.preview) {
      this.#stored(() => moderation[action](message.target, request));
      this.#log(session, action, scope.name, shown);
    }
    this.#answer(session, message, scope, { names: new Set(), others: new Set() }, undefined, shown);
  }

  /** Makes somebody a moderator of a room, or ends that. */
  #share(session: Session, message: ModerateTarget, scope: Scope, moderation: Moderation): void {
    const action = message.action as "mod" | "unmod";
    const { name: room } = scope;
    if (room === undefined) {
      throw new ProtocolError(
        "bad_message",
        `Cannot ${action} anybody: name the room; operators of the hub are added on its machine with riftchat op`,
      );
    }
    const name = message.target.replace(/^@/, "");
    this.#check(action, scope, this.#targets.standingOf(session, name, scope), shortened(name));
    const owner = this.#targets.ownerOf(name);
    if (owner === undefined) {
      throw new ProtocolError(
        "no_such_user",
        `Cannot ${action} ${
          shortened(name)
        }: the name belongs to nobody; it belongs to its user once they have a ` +
          "key and have said something",
      );
    }
    const request = {
      room,
      owner,
      by: this.#core.powers.actorOf(session),
      now: this.#core.dependencies.clock.wall(),
    };
    if (action === "unmod" && !moderation.isModerator(room, owner)) {
      throw new ProtocolError(
        "no_such_user",
        `Cannot unmod ${owner.name}: they are no moderator of #${room}`,
      );
    }
    if (!message.preview) {
      this.#stored(() => moderation[action](request));
      this.#core.tellPowersOf(owner);
      this.#log(session, action, room, owner.name);
    }
    const here = this.#core.devicesOf(owner).length > 0 ? [owner.name] : [];
    this.#answer(session, message, scope, { names: new Set(here), others: new Set() }, undefined, owner.name);
  }

  /** Acts on a change of the moderation, whoever made it. */
  #changed(change: ModerationChange): void {
    switch (change.what) {
      case "sanctions":
        this.#presence.enforceBans(change.room);
        if (change.elsewhere !== undefined) this.#tellElsewhere(change.room, change.elsewhere);
        return;
      case "operators":
        for (const session of this.#core.sessions.values()) this.#core.tellPowers(session);
        // What kept nobody out who was an operator may do so now.
        return this.#presence.enforceBans();
      case "moderators":
        // Not all sessions: any owner of a room causes this. Who is one no longer is told by whoever ends it.
        for (const one of this.#moderation().moderatorsOf(change.room)) this.#core.tellPowersOf(one);
        if (change.elsewhere !== undefined) this.#tellPowersOfOwner(change.elsewhere);
        return;
      case "kick":
        this.#kickedElsewhere(change);
    }
  }

  /** Tells those who are here of a mute or slow mode that another hub has started or ended. */
  #tellElsewhere(room: string | undefined, { kind, before, after }: SanctionElsewhere): void {
    if (kind === "mute" && after !== undefined && after.at !== before?.at) this.#tellMuted(after, room);
    else if (kind === "slow" && after?.everyMs !== before?.everyMs) {
      this.#tellSlowMode(after?.everyMs ?? 0, room);
    }
  }

  #tellPowersOfOwner(id: number): void {
    for (const session of this.#core.sessions.values()) {
      if (session.owner?.id === id) this.#core.tellPowers(session);
    }
  }

  #tellMuted(mute: Sanction, room: string | undefined): void {
    const { powers, rooms } = this.#core;
    const sessions = room === undefined ? this.#core.sessions.values() : rooms.find(room)?.members ?? [];
    for (const session of sessions) {
      if (session.admitted && powers.muteOf(session, room)?.id === mute.id) {
        this.#core.notify(session, powers.textOf(mute));
      }
    }
  }

  #tellSlowMode(everyMs: number, room: string | undefined): void {
    const where = room === undefined ? "in each room" : `in #${room}`;
    this.announce(
      everyMs === 0
        ? `Slow mode is off ${where}`
        : `Slow mode is on ${where}: everybody may send one message in ${shortTime(everyMs)}`,
      room,
    );
    if (everyMs === 0) this.#core.powers.endSlowMode(room);
  }

  /** Shows a text to everyone on the hub or in a room; it is not stored. */
  announce(text: string, room: string | undefined): void {
    const line = replies.serverLine(text, this.#core.dependencies.clock.wall(), room);
    if (room !== undefined) {
      const found = this.#core.rooms.find(room);
      if (found !== undefined) this.#core.show(found, line);
      return;
    }
    this.#core.show(this.#core.rooms.main, line);
    for (const session of this.#core.sessions.values()) {
      if (session.admitted && !session.inMain) this.#core.showInMailbox(session, line);
    }
  }

  #answer(
    session: Session,
    message: Moderate,
    scope: Scope,
    { names, others }: Hits,
    until?: number,
    target = "target" in message ? message.target : undefined,
  ): void {
    const shown = [...names].slice(0, MAX_MODERATED_NAMES);
    this.#core.reply(session, {
      code: Code.Moderated,
      action: message.action,
      ...(target === undefined ? {} : { target }),
      ...(scope.name === undefined ? {} : { room: scope.name }),
      names: shown,
      others: others.size + names.size - shown.length,
      ...(until === undefined ? {} : { until }),
      done: message.preview !== true,
      ...(message.ref === undefined ? {} : { ref: message.ref }),
    });
  }

  #log(session: Session, action: ModerateAction, room: string | undefined, target?: string): void {
    this.#core.dependencies.moderated?.({ by: session, action, room, target });
  }

  /** Runs a change; what the moderation refuses, and what cannot be stored, is a `ProtocolError`. */
  #stored<T>(change: () => T): T {
    return storeChange(
      () => this.#read(change, "not_allowed"),
      (error) => this.#core.dependencies.moderationFailed?.(error),
    );
  }

  /** Runs something that the moderation may refuse. */
  #read<T>(run: () => T, word: "no_such_user" | "not_allowed"): T {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ModerationError)) throw error;
      throw new ProtocolError(word, error.message, { cause: error });
    }
  }
}

/** Describes what is in force. */
function banInfo({ kind, target, room, by, at, until, reason, everyMs, mode }: Sanction): BanInfo {
  return {
    kind,
    ...(target === "" ? {} : { target }),
    ...(room === undefined ? {} : { room }),
    by,
    at,
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(everyMs === undefined ? {} : { every_ms: everyMs }),
    ...(mode === undefined ? {} : { mode }),
  };
}

function checkNotMain(action: "kick" | "ban", { name }: Scope): void {
  if (name !== MAIN_ROOM) return;
  throw new ProtocolError(
    "not_allowed",
    `Cannot ${action} anybody from #${MAIN_ROOM}: every user is a member of it; ${action} them from the hub, ` +
      "or mute them",
  );
}

function notAllowed(what: string, { name }: Scope): ProtocolError {
  const where = name === undefined ? "" : ` of #${name}`;
  return new ProtocolError("not_allowed", `Cannot ${what}${where}: only those who moderate it may do that`);
}

function shortened(name: string): string {
  return [...name].slice(0, MAX_NAME_CHARS).join("");
}
