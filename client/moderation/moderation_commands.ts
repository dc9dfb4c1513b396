/**
 * Runs the commands of those who keep order, and knows what the user may moderate.
 *
 * Rules:
 * - A command holds for the room that is named in it. Without one, that of an operator holds for the whole hub, and
 *   that of anybody else for the current room. `:mod` and `:unmod` are always for a room.
 * - A ban or a mute that hits others than its target, and an announcement, is asked about first: the user confirms it
 *   with the same command and an exclamation mark.
 * - A request that the hub does not know, or that the user may not make, is not sent: one line says why.
 *
 * @module
 */
import { Code, type Moderated, nameKey, type Powers, type ServerMessage } from "../../protocol/mod.ts";
import type { ModerationAction, UserPowers } from "../commands/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { roomOf, type Target, targetLabel } from "../model/mod.ts";
import { info, type OffsetMinutes, sanitize, type StyledLine } from "../text/mod.ts";
import { inputOf, requestOf } from "./moderation_request.ts";
import {
  bansHeading,
  bansLines,
  type Calendar,
  doneText,
  isRange,
  lockdownText,
  questionLines,
  slowText,
  wantedText,
} from "./moderation_texts.ts";
import { powerTexts } from "./power_texts.ts";

/** What a command has done. */
export type ModerationResult =
  /** It is done, and these lines say so. */
  | { readonly kind: "done"; readonly lines: readonly StyledLine[] }
  /** These lines are a list, below a heading. */
  | { readonly kind: "list"; readonly heading: string; readonly lines: readonly StyledLine[] }
  /** It was not done, for this reason. */
  | { readonly kind: "failed"; readonly message: string }
  /** It is done by this input only, after the user has read these lines. */
  | { readonly kind: "confirm"; readonly lines: readonly string[]; readonly input: string };

/** Options of {@linkcode ModerationCommands}. */
export interface ModerationCommandsOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the session of the open link; `undefined` without a link. */
  session: () => Session | undefined;
  /** Returns the time, in milliseconds since 1970. */
  now: () => number;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
}

/** What a user may moderate of whom the hub says nothing. */
const NOTHING: UserPowers = { operator: false, rooms: [] };

/** Runs the commands of those who keep order. */
export class ModerationCommands {
  readonly #options: ModerationCommandsOptions;
  /** The last 230 of this connection. */
  #powers: UserPowers | undefined;
  /** What the user was told last, perhaps on an earlier connection. */
  #told: UserPowers | undefined;
  /** Whether the last message was the 210, which a 230 follows if the user may moderate anything then. */
  #isWelcomed = false;
  #targets: readonly string[] = [];

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode ModerationCommandsOptions}
   */
  constructor(options: ModerationCommandsOptions) {
    this.#options = options;
  }

  /** What the user may moderate; `undefined` for nothing. */
  get powers(): UserPowers | undefined {
    return this.#powers;
  }

  /**
   * Tells whether the user keeps order in a room, and so may delete the messages of others there.
   *
   * @param target the room; in a conversation with a person nobody does
   * @returns whether they do
   */
  moderates({ kind, name }: Target): boolean {
    const { operator, rooms } = this.#powers ?? NOTHING;
    return kind === "room" && (operator || rooms.some((room) => nameKey(room) === nameKey(name)));
  }

  /** The targets of the bans and mutes that were listed last, for completion. */
  get targets(): readonly string[] {
    return this.#targets;
  }

  /** Forgets what the user could moderate on the last connection. */
  connecting(): void {
    this.#powers = undefined;
  }

  /**
   * Notes what the user may moderate.
   *
   * @param message any message of the hub
   * @param isOwn returns whether the user makes a room just now, and so knows that it is theirs; none by default
   * @returns what to tell the user about it, a line each
   */
  receive(message: ServerMessage, isOwn: (room: string) => boolean = () => false): string[] {
    if (message.code !== Code.Powers) {
      if (this.#isWelcomed) this.#told ??= NOTHING;
      this.#isWelcomed = message.code === Code.Welcome;
      return [];
    }
    const { operator, rooms }: Powers = message;
    const powers = { operator, rooms };
    const texts = powerTexts(this.#told, powers, isOwn);
    this.#powers = this.#told = powers;
    return texts;
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @param target the room or person that is current for the user
   * @param sure whether to do it without asking
   * @returns what was done
   * @throws {LinkError} if the link ends before the answer
   */
  async do(action: ModerationAction, target: Target, sure = false): Promise<ModerationResult> {
    const session = this.#options.session();
    try {
      if (session !== undefined) {
        if (!hasFeature(session, "moderation")) throw new Refusal("this hub has no such commands");
        this.#checkMay(action);
      }
      return await this.#do(action, this.#roomFor(action, target), sure);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: "failed", message: `Cannot ${wantedText(action)}: ${error.message}` };
    }
  }

  async #do(action: ModerationAction, room: string | undefined, sure: boolean): Promise<ModerationResult> {
    switch (action.kind) {
      case "bans":
        return await this.#list(action.room);
      case "slow": {
        const { everyMs } = action;
        if (everyMs !== undefined) break;
        const slow = (await this.#bans(room)).find((ban) => ban.kind === "slow" && isSame(ban.room, room));
        return done(slowText(slow?.every_ms ?? 0, room));
      }
      case "lockdown": {
        if (action.mode !== undefined) break;
        const lockdown = (await this.#bans(undefined)).find(({ kind }) => kind === "lockdown");
        return done(lockdownText(lockdown?.mode ?? "off"));
      }
      case "announce": {
        if (sure) break;
        const lines = [`everyone on the hub reads then: ${sanitize(action.text.replaceAll("\n", " / "))}`];
        return { kind: "confirm", lines, input: inputOf(action) };
      }
      case "ban":
      case "mute": {
        if (sure) break;
        const preview = await this.#moderate(action, room, true);
        if (!hitsOthers(action, preview)) break;
        const lines = questionLines(action, room, preview, this.#calendar);
        return { kind: "confirm", lines, input: inputOf(action) };
      }
    }
    return done(doneText(action, room, await this.#moderate(action, room, false), this.#calendar));
  }

  /** @throws {Refusal} if the user may not do that anywhere */
  #checkMay(action: ModerationAction): void {
    const { operator, rooms } = this.#powers ?? NOTHING;
    if (operator) return;
    if (action.kind === "lockdown" || action.kind === "announce") {
      throw new Refusal("only operators of this hub may do that");
    }
    if (rooms.length > 0) return;
    const instead = action.kind === "mute" || action.kind === "ban" || action.kind === "kick"
      ? `; :ignore ${sanitize(action.target)} hides the messages from you`
      : "";
    throw new Refusal(
      `only operators of this hub, and the owners and moderators of rooms, may do that${instead}`,
    );
  }

  /**
   * Returns the room that a command is for; `undefined` for the whole hub.
   *
   * @throws {Refusal} if the user may do that in other rooms only
   */
  #roomFor(action: ModerationAction, target: Target): string | undefined {
    if (action.kind === "lockdown" || action.kind === "announce" || action.kind === "bans") return undefined;
    if (action.room !== undefined) return action.room;
    const { operator, rooms } = this.#powers ?? NOTHING;
    const isRoomAction = action.kind === "mod" || action.kind === "unmod";
    if (operator && !isRoomAction) return undefined;
    if (target.kind === "room") {
      const own = rooms.find((room) => nameKey(room) === nameKey(target.name));
      if (own !== undefined) return own;
      if (operator) return target.name;
    }
    const [first] = rooms;
    if (first === undefined) throw new Refusal(`name the room: ${inputOf(action, "#ROOM", false)}`);
    const labels = rooms.map((room) => targetLabel(roomOf(room)));
    throw new Refusal(
      `you keep order in ${labels.join(", ")}, and this is ${targetLabel(target)}; name the room: ${
        inputOf(action, labels[0], false)
      }`,
    );
  }

  async #list(room: string | undefined): Promise<ModerationResult> {
    const bans = await this.#bans(room);
    this.#targets = [...new Set(bans.flatMap(({ target }) => target ?? []))];
    return { kind: "list", heading: bansHeading(bans, room), lines: bansLines(bans, this.#calendar) };
  }

  async #bans(room: string | undefined) {
    const answer = await this.#ask({ code: Code.AskBans, ...(room !== undefined && { room }) });
    if (answer.code !== Code.Bans) throw new Refusal("the hub has answered something else");
    return answer.bans;
  }

  async #moderate(
    action: Exclude<ModerationAction, { kind: "bans" }>,
    room: string | undefined,
    preview: boolean,
  ): Promise<Moderated> {
    const answer = await this.#ask(requestOf(action, room, preview));
    if (answer.code !== Code.Moderated) throw new Refusal("the hub has answered something else");
    return answer;
  }

  /** Sends a request; throws a {@linkcode Refusal} if the hub refuses it. */
  async #ask(request: ControlRequest): Promise<Exclude<Answer, { code: typeof Code.Refused }>> {
    const answer = await this.#options.ask(request);
    if (answer.code === Code.Refused) throw new Refusal(answer.message.replace(/^Cannot [^:]*: /, ""));
    return answer;
  }

  get #calendar(): Calendar {
    const { now, offsetMinutes } = this.#options;
    return { now: now(), offsetMinutes };
  }
}

/** Why a command is not carried out, for the user. */
class Refusal extends Error {}

/** Whether a ban or mute hits somebody else than the one whose name was given. A range always may. */
function hitsOthers(
  { target }: { target: string },
  { names, others, target: spelled = target }: Moderated,
): boolean {
  const name = nameKey(spelled.replace(/^@/, ""));
  return isRange(target) || others > 0 || names.some((hit) => nameKey(hit) !== name);
}

function isSame(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && nameKey(a) === nameKey(b));
}

function done(text: string): ModerationResult {
  return { kind: "done", lines: [info(text)] };
}
