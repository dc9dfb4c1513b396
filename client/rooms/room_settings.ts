/**
 * Runs the commands that describe or change a room.
 *
 * Rules:
 * - A request that the hub does not know is not sent: one line says why.
 * - A room is deleted only if the user has typed its name.
 * - The hub tells everyone in a room what has changed, also the user who has changed it. So a command that has changed
 *   something shows nothing itself.
 *
 * @module
 */
import { Code, nameKey, type RoomDetails } from "../../protocol/mod.ts";
import type { RoomSettingAction } from "../commands/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { isMain, roomOf, type Target, targetLabel } from "../model/mod.ts";
import {
  formatDay,
  formatTimeOfDay,
  info,
  type OffsetMinutes,
  sanitize,
  sanitizeName,
  type StyledLine,
} from "../text/mod.ts";
import { roomDetailsLines } from "./room_lines.ts";

/** What a command has done. */
export type RoomSettingResult =
  /** It is done, and these lines say so. */
  | { readonly kind: "done"; readonly lines: readonly StyledLine[] }
  /** It was not done, for this reason. */
  | { readonly kind: "failed"; readonly message: string }
  /** It is done by this input only, after the user has read these lines. */
  | { readonly kind: "confirm"; readonly lines: readonly string[]; readonly input: string };

/** Options of {@linkcode RoomSettings}. */
export interface RoomSettingsOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the session of the open link; `undefined` without a link. */
  session: () => Session | undefined;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
}

/** Runs the commands about rooms that belong to somebody. */
export class RoomSettings {
  readonly #options: RoomSettingsOptions;

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode RoomSettingsOptions}
   */
  constructor(options: RoomSettingsOptions) {
    this.#options = options;
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @param target the room that is current for the user
   * @returns what was done
   * @throws {LinkError} if the link ends before the answer
   */
  async do(action: RoomSettingAction, target: Target): Promise<RoomSettingResult> {
    const label = targetLabel(target);
    const session = this.#options.session();
    try {
      if (action.kind === "link") return await this.#link(action, target, session);
      if (action.kind === "invites") return await this.#invites(session);
      if (action.kind === "revoke") return await this.#revoke(action.id, session);
      if (session !== undefined && !hasFeature(session, "private_rooms")) {
        throw new Refusal("on this hub no room belongs to anybody");
      }
      if (target.kind === "person") {
        throw new Refusal(
          `this is a conversation with ${sanitizeName(target.name)}; go to a room first, by :switch`,
        );
      }
      return await this.#do(action, target.name, label);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: "failed", message: `Cannot ${wanted(action, label)}: ${error.message}` };
    }
  }

  async #do(action: RoomSettingAction, room: string, label: string): Promise<RoomSettingResult> {
    switch (action.kind) {
      case "describe": {
        const details = await this.#details(room);
        return {
          kind: "done",
          lines: roomDetailsLines(details, this.#options.offsetMinutes, (name) => this.#isSelf(name)),
        };
      }
      case "topic": {
        const { topic } = action;
        if (topic !== undefined) return await this.#ask({ code: Code.SetRoom, room, topic });
        const { topic: current } = await this.#details(room);
        return done(
          current === undefined ? `${label} has no topic` : `the topic of ${label}: ${sanitize(current)}`,
        );
      }
      case "mode": {
        const { mode } = action;
        // The hub tells nobody of a change that changes nothing.
        if ((await this.#details(room)).mode === mode) return done(`${label} is ${mode} already`);
        return await this.#ask({ code: Code.SetRoom, room, mode });
      }
      case "history":
        return await this.#ask({ code: Code.SetRoom, room, history: action.history });
      case "owner":
        return await this.#ask({ code: Code.SetRoom, room, owner: action.name });
      case "delete":
        return action.room === undefined
          ? await this.#confirmDelete(room, label)
          : await this.#delete(room, label, action.room);
      case "invite": {
        const { members = [] } = await this.#details(room);
        const member = members.find((member) => nameKey(member) === nameKey(action.name));
        if (member !== undefined) {
          return done(
            this.#isSelf(member)
              ? `you are a member of ${label} already`
              : `${sanitizeName(member)} is a member of ${label} already, and can join it by :join ${label}`,
          );
        }
        return await this.#ask({ code: Code.Invite, room, username: action.name });
      }
      case "link":
      case "invites":
      case "revoke":
        throw new Error("a link needs no room");
      case "remove":
        return await this.#ask({ code: Code.RemoveMember, room, username: action.name });
    }
  }

  /** Makes a link for the current room; in `main` and in direct conversations for the hub. */
  async #link(
    { uses, expiresMs }: RoomSettingAction & { kind: "link" },
    target: Target,
    session: Session | undefined,
  ): Promise<RoomSettingResult> {
    if (session !== undefined && !hasFeature(session, "invites")) {
      throw new Refusal("this hub has no invites");
    }
    const room = target.kind === "room" && !isMain(target) ? target.name : undefined;
    const answer = await this.#options.ask({
      code: Code.MakeInvite,
      ...room === undefined ? {} : { room },
      ...uses === undefined ? {} : { uses },
      ...expiresMs === undefined ? {} : { expires_ms: expiresMs },
    });
    if (answer.code === Code.Refused) throw refusalOf(answer);
    if (answer.code !== Code.InviteLink) throw new Refusal("the hub has answered something else");
    const { link, id, expires, uses: count } = answer;
    const into = room === undefined ? "the hub" : targetLabel(target);
    const often = count === 1 ? "once" : `${count} times`;
    const lines = [
      `whoever has this link gets into ${into}, ${often}, until ${
        this.#timeOf(expires)
      }; it is shown only now (invite ${sanitize(id)}, which :invite revoke ${sanitize(id)} ends)`,
      sanitize(link),
    ];
    if (link.startsWith("rift://")) {
      lines.push("connections with it are not encrypted: others can read along");
    }
    return { kind: "done", lines: lines.map(info) };
  }

  async #invites(session: Session | undefined): Promise<RoomSettingResult> {
    if (session !== undefined && !hasFeature(session, "invites")) {
      throw new Refusal("this hub has no invites");
    }
    const answer = await this.#options.ask({ code: Code.AskInvites });
    if (answer.code === Code.Refused) throw refusalOf(answer);
    if (answer.code !== Code.Invites) throw new Refusal("the hub has answered something else");
    const { invites } = answer;
    if (invites.length === 0) return done("no invite can be used; :invite link makes one");
    return {
      kind: "done",
      lines: [
        info(
          `${invites.length === 1 ? "1 invite" : `${invites.length} invites`}; :invite revoke ID ends one`,
        ),
        ...invites.map(({ id, by, room, username, expires, uses, uses_left }): StyledLine => [{
          text: `  ${sanitize(id)}: into ${room === undefined ? "the hub" : targetLabel(roomOf(room))}${
            username === undefined ? "" : ` as ${sanitizeName(username)}`
          }, ${uses - uses_left} of ${uses} used, until ${this.#timeOf(expires)}, by ${
            by === undefined ? "the operator" : sanitizeName(by)
          }`,
          style: "cell",
        }]),
      ],
    };
  }

  /** Formats the day and the time of an event. */
  #timeOf(at: number): string {
    const { offsetMinutes } = this.#options;
    const day = formatDay(at, offsetMinutes);
    return `${day === undefined ? "" : `${day}, `}${formatTimeOfDay(at, offsetMinutes)}`;
  }

  async #revoke(id: string, session: Session | undefined): Promise<RoomSettingResult> {
    if (session !== undefined && !hasFeature(session, "invites")) {
      throw new Refusal("this hub has no invites");
    }
    const answer = await this.#options.ask({ code: Code.RevokeInvite, id });
    if (answer.code === Code.Refused) throw refusalOf(answer);
    return done(`the invite ${sanitize(id)} is revoked: it lets nobody in any more; who is here stays`);
  }

  async #confirmDelete(room: string, label: string): Promise<RoomSettingResult> {
    const { owner, members = [] } = await this.#details(room);
    if (owner === undefined) throw new Refusal("it belongs to nobody; it ends when everyone has left it");
    if (!this.#isSelf(owner)) throw new Refusal(`it belongs to ${sanitizeName(owner)}`);
    const count = members.length === 1 ? "1 member" : `${members.length} members`;
    return {
      kind: "confirm",
      lines: [
        `${label} and all of its messages are lost then, for everyone; it has ${count}`,
        `:room delete ${label} deletes it`,
      ],
      input: `:room delete #${room}`,
    };
  }

  async #delete(room: string, label: string, typed: string): Promise<RoomSettingResult> {
    if (nameKey(typed) !== nameKey(room)) {
      const other = `#${sanitizeName(typed)}`;
      throw new Refusal(`you have typed ${other}, and this is ${label}; go to ${other} first, by :join`);
    }
    return await this.#ask({ code: Code.DeleteRoom, room });
  }

  async #details(room: string): Promise<RoomDetails> {
    const answer = await this.#options.ask({ code: Code.AskRoom, room });
    if (answer.code === Code.Refused) throw refusalOf(answer);
    if (answer.code !== Code.RoomDetails) throw new Refusal("the hub has answered something else");
    return answer;
  }

  /** Sends a request that changes something. */
  async #ask(request: ControlRequest): Promise<RoomSettingResult> {
    const answer = await this.#options.ask(request);
    if (answer.code === Code.Refused) throw refusalOf(answer);
    return { kind: "done", lines: [] };
  }

  #isSelf(name: string): boolean {
    return nameKey(name) === nameKey(this.#options.session()?.name ?? "");
  }
}

/** What the user wants, for errors. */
function wanted(action: RoomSettingAction, label: string): string {
  switch (action.kind) {
    case "describe":
      return `describe ${label}`;
    case "topic":
      return `${action.topic === undefined ? "show" : "set"} the topic of ${label}`;
    case "mode":
      return `set ${label} to ${action.mode}`;
    case "history":
      return `set the history of ${label}`;
    case "owner":
      return `give ${label} to ${sanitizeName(action.name)}`;
    case "delete":
      return `delete ${label}`;
    case "invite":
      return `invite ${sanitizeName(action.name)} to ${label}`;
    case "link":
      return "make an invite";
    case "invites":
      return "list invites";
    case "revoke":
      return "revoke that invite";
    case "remove":
      return `remove ${sanitizeName(action.name)} from ${label}`;
  }
}

/** Why a command is not carried out, for the user. */
class Refusal extends Error {}

function refusalOf({ message }: { message: string }): Refusal {
  return new Refusal(message.replace(/^Cannot [^:]*: /, ""));
}

function done(text: string): RoomSettingResult {
  return { kind: "done", lines: [info(text)] };
}
