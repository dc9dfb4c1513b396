/**
 * One open link of a tether: lines and wishes for names go out over it in their order, a lost name is claimed, and a
 * hub that has gone without a word is found out.
 *
 * Rules: what is asked is handed to the link only when that sends it at once, so that of each line it is known whether
 * it was sent.
 *
 * @module
 */
import {
  Code,
  nameKey,
  type Refused,
  type Say,
  type SayIn,
  type SayTo,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { NameReclaim, type NameReclaimProgress } from "./name_reclaim.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { type Answer, type ControlRequest, type Request, throttledMs } from "./requests.ts";
import type { Link } from "./link.ts";
import { type Close, LinkError } from "../net/mod.ts";
import type { LostName, OwnName, RenameRequest } from "./own_name.ts";
import { hasFeature, type Session } from "./handshake.ts";
import type { OwnLine, PendingLines } from "./pending.ts";
import { isMain, MAIN, NO_ROOMS, refusalText } from "../model/mod.ts";
import { Heartbeat, HEARTBEAT_MS, PING_TIMEOUT_MS } from "./heartbeat.ts";

/** What a link is held with. */
export interface OpenLinkOptions {
  /** The lines that are to be sent. */
  pending: PendingLines;
  /** The wishes for names. */
  ownName: OwnName;
  /** The name that the link has to do without, if there is one. */
  lostName: LostName | undefined;
  /** What marks lines as those of this client, with their numbers. */
  idPrefix: string;
  /** The clock. */
  clock: TimedClock;
  /** Gives numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Is told when the claim to a name is another one. */
  reclaimChanged: () => void;
  /** Is told whenever something becomes of a line. */
  lineChanged: (line: OwnLine) => void;
}

/** A link that is held as long as it lasts. */
export class OpenLink {
  readonly #link: Link;
  readonly #options: OpenLinkOptions;
  readonly #heartbeat: Heartbeat | undefined;
  #cancelBeat: () => void = () => {};
  #claim: NameReclaim | undefined;

  /**
   * Begins with an open link. Nothing is sent before {@linkcode OpenLink.flush}.
   *
   * @param link the link
   * @param options see {@linkcode OpenLinkOptions}
   */
  constructor(link: Link, options: OpenLinkOptions) {
    this.#link = link;
    this.#options = options;
    const { clock } = options;
    if (link.session.extended) {
      this.#heartbeat = new Heartbeat({
        clock,
        ping: () => this.#ping(),
        dead: () => link.drop(`the hub gave no sign of life within ${PING_TIMEOUT_MS / 1000} s`),
      });
      this.#expectBeat();
    }
    const { lostName } = options;
    if (lostName !== undefined) {
      this.#claim = new NameReclaim({
        lostName,
        clock,
        random: options.random,
        ask: (username) => this.#request({ code: Code.Rename, username }),
        changed: options.reclaimChanged,
        reclaimed: () => this.#dropClaim(),
      });
    }
  }

  /** What is known of this connection since its opening. */
  get session(): Session {
    return this.#link.session;
  }

  /** The name under which the hub knows this client. */
  get name(): string {
    return this.#link.name;
  }

  /** How the claim to a lost name stands, where there is one. */
  get reclaim(): NameReclaimProgress | undefined {
    return this.#claim?.progress;
  }

  /** Whether the hub knows a line that it has by its mark. */
  get #marks(): boolean {
    return hasFeature(this.session, "rooms") && hasFeature(this.session, "history");
  }

  /** Takes note that a message has come, which somebody now deals with. */
  deliveryStarted(): void {
    this.#heartbeat?.deliveryStarted();
  }

  /**
   * Takes note that somebody has dealt with the message.
   *
   * @param message the message, where it could be read
   */
  deliveryEnded(message: ServerMessage | undefined): void {
    this.#heartbeat?.deliveryEnded(message === undefined ? 0 : throttledMs(message));
  }

  /** Finds out whether the hub is still there. A base hub cannot be asked. */
  check(): void {
    this.#heartbeat?.check();
  }

  /**
   * Gives the link up.
   *
   * @param why the reason, for people
   */
  drop(why: string): void {
    this.#link.drop(why);
  }

  /** Leaves in an orderly way: what the hub has said by then still comes. */
  leave(): void {
    this.#link.leave();
  }

  /** Waits for nothing any more: no sign of life, no name. */
  stopTimers(): void {
    this.#heartbeat?.stop();
    this.#cancelBeat();
    this.#claim?.pause();
  }

  /** Sends what is to be sent, as much as the hub takes now. What is left goes out with the answers. */
  flush(): void {
    const { pending, ownName, lineChanged } = this.#options;
    while (this.#link.ready) {
      const line = pending.next;
      const wish = ownName.take(line?.id);
      if (wish !== undefined) this.#rename(wish);
      else if (line !== undefined) {
        const sent = pending.sent(line, this.#marks ? nameKey(this.name) : undefined);
        this.#say(sent);
        lineChanged(sent);
      } else return;
    }
  }

  /**
   * Asks something else than to be heard or named.
   *
   * @param request what to ask, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} where the link ends before the answer comes
   * @throws {RangeError} where the hub has no extension: a fault of the caller
   */
  async ask(request: ControlRequest): Promise<Answer> {
    try {
      return await this.#link.request(request);
    } finally {
      this.flush();
    }
  }

  /**
   * Waits for the end of the link. What belongs to it alone is then freed, and what was sent is told to be lost.
   *
   * @returns how it ended
   * @throws what `received` throws
   */
  async ended(): Promise<Close> {
    const { pending, ownName, lineChanged } = this.#options;
    try {
      return await this.#link.closed;
    } finally {
      this.stopTimers();
      ownName.lost(this.#claim === undefined ? this.name : undefined);
      for (const line of pending.linkLost()) lineChanged(line);
    }
  }

  #ping(): void {
    this.#expectBeat();
    this.#request({ code: Code.Ping });
  }

  /** Keeps the promise to be heard, where nothing else has the hub hear a ping until then. */
  #expectBeat(): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#options.clock.after(HEARTBEAT_MS, () => this.#ping());
  }

  async #say(line: OwnLine): Promise<void> {
    const { pending, lineChanged, idPrefix } = this.#options;
    const { target } = line;
    // A hub does not answer what it does not know.
    const answer =
      target === undefined || hasFeature(this.session, target.kind === "room" ? "rooms" : "direct")
        ? await this.#request(
          requestFor(line, hasFeature(this.session, "rooms") ? `${idPrefix}-${line.id}` : undefined),
        )
        : await Promise.resolve(NOT_THERE);
    if (answer === undefined) return;
    const settled = answer.code === Code.Refused
      ? pending.refuse(line.id, refusalText(answer, target ?? MAIN))
      : pending.acknowledge(line.id, sequenceOf(answer));
    if (settled !== undefined) lineChanged(settled);
    this.flush();
  }

  async #rename(wish: RenameRequest): Promise<void> {
    // While it is not known which name this client has, the one that was lost is left alone.
    this.#claim?.pause();
    const answer = await this.#request({ code: Code.Rename, username: wish.name });
    if (answer === undefined) return this.#options.ownName.giveBack(wish);
    if (answer.code === Code.Refused) {
      wish.end({ kind: "refused", message: answer.message });
      this.#claim?.resume();
    } else {
      wish.end({ kind: "renamed", name: this.name });
      this.#dropClaim();
    }
    this.flush();
  }

  #dropClaim(): void {
    if (this.#claim === undefined) return;
    this.#claim.pause();
    this.#claim = undefined;
    this.#options.reclaimChanged();
  }

  /** Resolves with `undefined` where the link ends before the answer comes. */
  async #request(request: Request): Promise<Answer | undefined> {
    try {
      return await this.#link.request(request);
    } catch (error) {
      if (error instanceof LinkError) return undefined;
      throw error;
    }
  }
}

/** What becomes of a line for a place that a hub does not know of. */
const NOT_THERE: Refused = { code: Code.Refused, error: "unavailable", message: NO_ROOMS };

/** A line as it is asked of a hub; where that has rooms, with the mark by which it knows it again. */
function requestFor({ text: message, target = MAIN }: OwnLine, id: string | undefined): Say | SayIn | SayTo {
  const mark = id === undefined ? {} : { id };
  if (target.kind === "person") return { code: Code.SayTo, to: target.name, message, ...mark };
  if (id === undefined && isMain(target)) return { code: Code.Say, message };
  return { code: Code.SayIn, room: target.name, message, ...mark };
}

/** The number that a line got in its room, where its answer says one. */
function sequenceOf(answer: Answer): number | undefined {
  if (answer.code === Code.Done) return answer.sequence;
  return answer.code === Code.Said ? answer.message.sequence : undefined;
}
