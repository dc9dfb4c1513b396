/**
 * One open link of a reconnecting link: sends messages and renames in order, gets a taken name back, and sends the
 * heartbeat.
 *
 * Rules:
 * - A message is passed to the link only when the link sends it at once. So it is always known whether a message was
 *   sent.
 * - If the hub does not know the session of the client, and the link does not have the wanted name, the messages from
 *   before the link wait for the name, and later ones wait behind them. The hub may have some of them under that name,
 *   and would not know them again under another. A rename overtakes them. Those that were sent under a name that the
 *   client has not got back are given up.
 * - A message that is refused for now may be sent again when its time has come (`postponement.ts`).
 *
 * The file is long because half of it is documentation.
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
import { messageIdOf, type OwnLine, type PendingLines, type Sending, SESSION } from "./pending.ts";
import { isMain, MAIN, NO_ROOMS, refusalText } from "../model/mod.ts";
import type { Postponement } from "./postponement.ts";
import { Heartbeat, HEARTBEAT_MS, PING_TIMEOUT_MS } from "./heartbeat.ts";

/** What an open link needs. */
export interface OpenLinkOptions {
  /** The messages to send. */
  pending: PendingLines;
  /** The own name, with the renames to send. */
  ownName: OwnName;
  /** The wanted name, if the link does not have it. */
  lostName: LostName | undefined;
  /** The prefix of message ids; the number of the message follows. */
  idPrefix: string;
  /** The clock. */
  clock: TimedClock;
  /** Gives random numbers from 0 up to, but not including, 1. */
  random: () => number;
  /** Which refused messages are sent again. */
  postponement: Postponement;
  /** Called when the reclaim of a name changes. */
  reclaimChanged: () => void;
  /** Called when the state of a message changes. */
  lineChanged: (line: OwnLine) => void;
}

/** A link from its opening to its end. */
export class OpenLink {
  readonly #link: Link;
  readonly #options: OpenLinkOptions;
  readonly #heartbeat: Heartbeat | undefined;
  #cancelBeat: () => void = () => {};
  #reclaim: NameReclaim | undefined;
  /** Whether messages wait for the wanted name as long as it is reclaimed. */
  readonly #holds: boolean;

  /**
   * Takes over an open link. Sends nothing before {@linkcode OpenLink.flush}.
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
        dead: () => link.drop(`the hub did not respond within ${PING_TIMEOUT_MS / 1000} s`),
      });
      this.#scheduleBeat();
    }
    const { lostName } = options;
    this.#holds = options.pending.size > 0 && !hasFeature(link.session, "session");
    if (lostName !== undefined) {
      this.#reclaim = new NameReclaim({
        lostName,
        clock,
        random: options.random,
        ask: (username) => this.#request({ code: Code.Rename, username }),
        changed: () => this.#reclaimChanged(),
        reclaimed: () => this.#endReclaim(),
      });
    }
  }

  /** The facts of this connection. */
  get session(): Session {
    return this.#link.session;
  }

  /** The current name of this client. */
  get name(): string {
    return this.#link.name;
  }

  /** The progress of the reclaim of a name, if there is one. */
  get reclaim(): NameReclaimProgress | undefined {
    return this.#reclaim?.progress;
  }

  /** Whether messages wait for the wanted name. */
  get holdsMessages(): boolean {
    return this.#holds && this.#reclaim?.progress.gaveUp === false &&
      this.#options.pending.next !== undefined;
  }

  /** How messages are sent over this link. */
  get #sending(): Sending {
    const name = nameKey(this.name);
    const author = hasFeature(this.session, "session") ? SESSION : name;
    // By their ids; without a history the hub forgets those when it restarts.
    const deduplicates = hasFeature(this.session, "rooms") && hasFeature(this.session, "history");
    return { name, author, deduplicates };
  }

  /** Notes that a message came and is being handled. */
  deliveryStarted(): void {
    this.#heartbeat?.deliveryStarted();
  }

  /**
   * Notes that the message was handled.
   *
   * @param message the message, if it could be parsed
   */
  deliveryEnded(message: ServerMessage | undefined): void {
    this.#heartbeat?.deliveryEnded(message === undefined ? 0 : throttledMs(message));
  }

  /** Checks with a ping whether the hub is still there. A base hub has no ping. */
  check(): void {
    this.#heartbeat?.check();
  }

  /**
   * Closes the link as lost.
   *
   * @param why the reason for the user
   */
  drop(why: string): void {
    this.#link.drop(why);
  }

  /** Leaves in an orderly way: messages that are on their way still arrive. */
  leave(): void {
    this.#link.leave();
  }

  /** Stops all timers: of the heartbeat and of the reclaim. */
  stopTimers(): void {
    this.#heartbeat?.stop();
    this.#cancelBeat();
    this.#options.postponement.stop();
    this.#reclaim?.pause();
  }

  /** Sends as many messages and renames as the hub takes now. The rest is sent when answers come. */
  flush(): void {
    const { pending, ownName, postponement, lineChanged } = this.#options;
    while (this.#link.ready) {
      const line = this.holdsMessages || postponement.mustWait(pending.hasSent) ? undefined : pending.next;
      const rename = ownName.take(line?.id);
      if (rename !== undefined) this.#rename(rename);
      else if (line !== undefined) {
        const mayDouble = pending.isOfOtherName(line, this.#sending);
        const next = mayDouble ? pending.giveUpUnsure(line.id)! : pending.sent(line, this.#sending);
        if (!mayDouble) this.#say(next);
        lineChanged(next);
      } else return;
    }
  }

  /**
   * Sends another request than a message or a rename.
   *
   * @param request the request, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} if the link ends before the answer comes
   * @throws {RangeError} if the hub has no extension: an error of the caller
   */
  async ask(request: ControlRequest): Promise<Answer> {
    try {
      return await this.#link.request(request);
    } finally {
      this.flush();
    }
  }

  /**
   * Waits for the end of the link. Then stops its timers and reports the sent messages as lost.
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
      ownName.lost(this.#reclaim === undefined ? this.name : undefined);
      for (const line of pending.linkLost()) lineChanged(line);
    }
  }

  #ping(): void {
    this.#scheduleBeat();
    this.#request({ code: Code.Ping });
  }

  /** Schedules the next ping that was promised to the hub. A ping for another reason postpones it. */
  #scheduleBeat(): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#options.clock.after(HEARTBEAT_MS, () => this.#ping());
  }

  async #say(line: OwnLine): Promise<void> {
    const { pending, lineChanged, idPrefix, postponement, clock } = this.#options;
    const { target } = line;
    const sentAt = clock.elapsed();
    // A hub without that feature does not answer such a message.
    const answer =
      target === undefined || hasFeature(this.session, target.kind === "room" ? "rooms" : "direct")
        ? await this.#request(
          requestFor(line, {
            id: hasFeature(this.session, "rooms") ? messageIdOf(idPrefix, line.id) : undefined,
            mayReply: hasFeature(this.session, "changes"),
          }),
        )
        : await Promise.resolve(UNSUPPORTED);
    if (answer === undefined) return;
    const isPostponed = postponement.takes(answer, clock.elapsed() - sentAt, () => this.flush());
    const settled = isPostponed
      ? pending.postpone(line.id)
      : answer.code === Code.Refused
      ? pending.refuse(line.id, refusalText(answer, target ?? MAIN))
      : pending.acknowledge(line.id, sequenceOf(answer));
    if (settled !== undefined) lineChanged(settled);
    this.flush();
  }

  async #rename(rename: RenameRequest): Promise<void> {
    // The result of the rename decides whether the taken name is still wanted.
    this.#reclaim?.pause();
    const answer = await this.#request({ code: Code.Rename, username: rename.name });
    if (answer === undefined) return this.#options.ownName.giveBack(rename);
    if (answer.code === Code.Refused) {
      rename.end({ kind: "refused", message: answer.message });
      this.#reclaim?.resume();
    } else {
      rename.end({ kind: "renamed", name: this.name });
      this.#endReclaim();
    }
    this.flush();
  }

  #endReclaim(): void {
    if (this.#reclaim === undefined) return;
    this.#reclaim.pause();
    this.#reclaim = undefined;
    this.#reclaimChanged();
  }

  #reclaimChanged(): void {
    this.#options.reclaimChanged();
    this.flush();
  }

  /** Resolves with `undefined` if the link ends before the answer comes. */
  async #request(request: Request): Promise<Answer | undefined> {
    try {
      return await this.#link.request(request);
    } catch (error) {
      if (error instanceof LinkError) return undefined;
      throw error;
    }
  }
}

/** The answer to a message for a target that the hub does not support. */
const UNSUPPORTED: Refused = { code: Code.Refused, error: "unavailable", message: NO_ROOMS };

/** The request that sends a message: with the message id if the hub has rooms, and the answered message if it may. */
function requestFor(
  { text: message, target = MAIN, replyTo }: OwnLine,
  { id, mayReply }: { id: string | undefined; mayReply: boolean },
): Say | SayIn | SayTo {
  const withId = {
    ...(id === undefined ? {} : { id }),
    ...(replyTo === undefined || !mayReply ? {} : { reply_to: replyTo }),
  };
  if (target.kind === "person") return { code: Code.SayTo, to: target.name, message, ...withId };
  if (id === undefined && isMain(target)) return { code: Code.Say, message };
  return { code: Code.SayIn, room: target.name, message, ...withId };
}

/** The sequence number of a message in its room, if the answer has one. */
function sequenceOf(answer: Answer): number | undefined {
  if (answer.code === Code.Done) return answer.sequence;
  return answer.code === Code.Said ? answer.message.sequence : undefined;
}
