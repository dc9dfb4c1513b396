/**
 * The log of a cluster on JetStream, as the hub writes to it and reads it.
 *
 * Rules: a batch is sent until it comes back, since what is sent while the connection breaks is lost without an error,
 * and a request that breaks with it may have been stored. So nothing here needs the answers of the engine: a copy that
 * is stored twice is not valid the second time. What was acknowledged may be gone too, with the server that did so; it
 * is sent again without its id. Lines are held while the log is away, and refused after some time.
 *
 * The file is long because all that hubs tell each other goes through it.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import type { ClusteredBackplane, LogOrder, SentBatch, SharedLog, Shown } from "../backplane/mod.ts";
import type { Guess } from "../admission/mod.ts";
import type { Hub } from "../hub/mod.ts";
import type { PeopleEvent } from "../sessions/mod.ts";
import type { Logger, Timers } from "../../runtime/mod.ts";
import {
  Availability,
  type NatsConnection,
  NatsError,
  type NatsErrorKind,
  Publisher,
  type StreamMessage,
  type StreamNames,
  toKey,
} from "../nats/mod.ts";
import { CLUSTER_HOLD_MS, CLUSTER_RETRY_MS } from "../limits.ts";

/** How long to wait before a batch that was refused is sent again, in milliseconds. */
const RESEND_MS = 250;

/** How long what was acknowledged may be missing before it is sent again, in milliseconds. */
const RESEND_STORED_MS = 2000;

/** The errors of a message that NATS takes at no time, until an operator changes something. */
const LASTING: ReadonlySet<NatsErrorKind> = new Set<NatsErrorKind>(["full", "too_large", "refused"]);

/** What users read when messages begin to be refused, and when they are taken again. */
const UNREACHED = "This hub does not reach the other hubs now: messages are refused until it does";
const REACHED = "This hub reaches the other hubs again";

/** What hubs tell each other besides messages. */
interface HubEvent {
  /** The hub that says it. */
  hub: string;
  /** The start of that hub. */
  epoch: string;
  /** Its number, if it is to be recognized when it comes back. */
  id?: number;
  /** An order to keep messages from everybody. */
  order?: LogOrder;
  /** Who is where. */
  shown?: Shown;
  /** What happens to a session. */
  people?: PeopleEvent;
  /** A text for everyone, or for everyone in a room. */
  announcement?: { text: string; room?: string | undefined };
  /** Asks all hubs for their sessions. */
  ask?: true;
  /** A guess of the password. */
  guess?: Guess;
}

/** What is sent until it comes back. */
interface Sent {
  subject: string;
  bytes: Uint8Array | string;
  id: string | undefined;
  /** Whether the log has acknowledged it. */
  isStored?: boolean;
}

/** The hub, as its part in a cluster uses it. */
export type ClusteredHub = Pick<
  Hub,
  | "announce"
  | "clustered"
  | "hubs"
  | "sendKeepAlives"
  | "refuseTakings"
  | "sessionCount"
  | "settle"
  | "tellAll"
  | "tellPeople"
>;

/** Dependencies of a log. */
export interface ClusterLogDependencies {
  /** The connection to NATS. */
  connection: NatsConnection;
  /** The names of streams and subjects. */
  names: StreamNames;
  /** The id of this hub. */
  hub: string;
  /** The random id of this start of it. */
  epoch: string;
  /** Runs things later. */
  timers: Timers;
  /** Where changes are logged. */
  log: Logger;
}

/** The log of a cluster. */
export class ClusterLog implements SharedLog {
  /** As {@linkcode SharedLog.hub}. */
  readonly hub: string;
  /** As {@linkcode SharedLog.epoch}. */
  readonly epoch: string;
  /** As {@linkcode SharedLog.refusal}. */
  refusal: ProtocolError | undefined;
  readonly #dependencies: ClusterLogDependencies;
  readonly #publisher: Publisher;
  /** Called with each guess of the password at another hub. */
  guessed: ((guess: Guess) => void) | undefined;
  /** Called when NATS is away, and when it is available again. */
  awayChanged: ((isAway: boolean) => void) | undefined;
  readonly #availability: Availability;
  #notStored: string | undefined;
  /** What has not come back yet: batches by their numbers, orders by negative ones. */
  readonly #sent = new Map<number, Sent>();
  #orders = 0;
  /** What members at other hubs are shown with the next event of this task. */
  #shown: Shown | undefined;
  #clustered: ClusteredBackplane | undefined;
  #hub: ClusteredHub | undefined;
  #answered: ((hub: string) => void) | undefined;
  #mustTellAll = false;
  #isSettling = false;
  #isCaughtUp = false;
  #cancelHold: (() => void) | undefined;
  #cancelResend: (() => void) | undefined;
  #cancelTell: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  /**
   * Creates a log; `start` begins to use it.
   *
   * @param dependencies see {@linkcode ClusterLogDependencies}
   */
  constructor(dependencies: ClusterLogDependencies) {
    this.#dependencies = dependencies;
    this.hub = dependencies.hub;
    this.epoch = dependencies.epoch;
    const { connection } = dependencies;
    this.#publisher = new Publisher(connection);
    this.#availability = new Availability(connection.clock, (isAway) => this.#changed(isAway));
  }

  /** Writes to the streams of the cluster. */
  get publisher(): Publisher {
    return this.#publisher;
  }

  /** Whether NATS is away: something that this hub sent does not come back. */
  get isAway(): boolean {
    return this.#availability.isAway;
  }

  /** Why NATS stores nothing, as on a full disk; `undefined` if it does, or does not answer. */
  get notStored(): string | undefined {
    return this.#notStored;
  }

  /** How many batches and orders of this hub have not come back yet. */
  get inFlight(): number {
    return this.#sent.size;
  }

  /**
   * Begins to pass on what is read.
   *
   * @param hub takes it
   */
  start(hub: ClusteredHub): void {
    this.#clustered = hub.clustered!;
    this.#hub = hub;
    const { connection } = this.#dependencies;
    this.#stopListening = connection.onChange((change) => {
      if (change === "disconnected") {
        this.#availability.expect("connection");
        this.#mustTellAll = true;
      }
      if (change !== "connected") return;
      this.#availability.met("connection");
      // What was in flight may be lost: all of it at once, in its order.
      for (const key of [...this.#sent.keys()]) this.#publish(key);
      this.#tellAll();
    });
  }

  /**
   * From now on, events of other hubs are news.
   *
   * @param answered called with each hub that has told of all its sessions
   */
  caughtUp(answered: (hub: string) => void): void {
    this.#isCaughtUp = true;
    this.#answered = answered;
  }

  /** Ends the log. */
  close(): void {
    this.#stopListening?.();
    this.#cancelHold?.();
    this.#cancelResend?.();
    this.#cancelTell?.();
    this.#availability.close();
    this.#publisher.close();
  }

  /** As {@linkcode SharedLog.soon}. */
  soon(run: () => void): void {
    queueMicrotask(run);
  }

  /** As {@linkcode SharedLog.send}. */
  send({ batch, place, first, bytes }: SentBatch): void {
    this.#sayShown();
    const { rooms, direct } = this.#dependencies.names.subjects;
    const isDirect = place.startsWith("@");
    // A key in base64url is never one character long.
    const subject = (isDirect ? direct : rooms) + (place === "" ? "-" : toKey(place));
    this.#sent.set(batch, { subject, bytes, id: `${place}:${first}` });
    this.#availability.expect(batch);
    this.#publish(batch);
  }

  /** As {@linkcode SharedLog.end}. */
  end(batch: number): void {
    this.#sent.delete(batch);
    this.#availability.met(batch);
  }

  /** As {@linkcode SharedLog.order}. */
  order(order: LogOrder): void {
    this.#sayShown();
    const id = --this.#orders;
    this.#sent.set(id, { subject: this.#events, bytes: this.#encode({ id, order }), id: undefined });
    this.#availability.expect(id);
    this.#publish(id);
  }

  /**
   * Tells all hubs what happens to a session.
   *
   * @param event what happens
   * @returns `false` if NATS is away
   */
  tell(event: PeopleEvent): boolean {
    const shown = this.#shown;
    this.#shown = undefined;
    return this.#say(shown === undefined ? { people: event } : { shown, people: event });
  }

  /**
   * Has the other hubs show a text to everyone. Lost if NATS is away.
   *
   * @param text the text
   * @param room only in this room, if it is given
   */
  announce(text: string, room: string | undefined): void {
    this.#say({ announcement: { text, room } });
  }

  /**
   * Tells the other hubs of a guess of the password. Lost if NATS is away.
   *
   * @param guess the guess
   */
  tellGuess(guess: Guess): void {
    this.#say({ guess });
  }

  /** Asks all other hubs for their sessions. */
  ask(): void {
    this.#say({ ask: true });
  }

  #say(event: Omit<HubEvent, "hub" | "epoch">): boolean {
    this.#sayShown();
    if (!this.#dependencies.connection.isConnected) return false;
    this.#publisher.publish(this.#events, this.#encode(event)).then(() => {
      this.#notStored = undefined;
      this.#availability.met("told");
    }, (error) => {
      ignoreLoss(error);
      if (error.kind === "closed") return;
      this.#noteRefusal(error);
      // Until something is taken again, as all is told again: a name that is being taken waits for that, too.
      this.#availability.expect("told");
      this.#mustTellAll = true;
      // All of it at once would be refused at once while the log has no leader.
      this.#cancelTell ??= this.#dependencies.timers.after(RESEND_MS, () => {
        this.#cancelTell = undefined;
        if (this.#dependencies.connection.isConnected) this.#tellAll();
      });
    });
    return true;
  }

  /** Tells of all sessions, after something that was told may be lost. */
  #tellAll(): void {
    if (!this.#mustTellAll) return;
    this.#mustTellAll = false;
    this.#hub?.tellAll();
  }

  /**
   * As {@linkcode SharedLog.show}. What follows from it is told in the same event, if it is told in this task: a client
   * at another hub that reads who has gone does not find that one there any more.
   */
  show(shown: Shown): void {
    this.#sayShown();
    this.#shown = shown;
    this.soon(() => this.#sayShown());
  }

  #sayShown(): void {
    const shown = this.#shown;
    if (shown === undefined) return;
    this.#shown = undefined;
    this.#say({ shown });
  }

  get #events(): string {
    return this.#dependencies.names.subjects.events + toKey(this.hub);
  }

  #encode(event: Omit<HubEvent, "hub" | "epoch">): string {
    return JSON.stringify({ hub: this.hub, epoch: this.epoch, ...event });
  }

  /** Sends again, while the log is away, what it has acknowledged and does not have. */
  #resendStored(): void {
    for (const [key, sent] of this.#sent) {
      if (!sent.isStored) continue;
      // Its id would have it refused as a duplicate.
      sent.id = undefined;
      sent.isStored = false;
      this.#publish(key);
    }
    this.#cancelResend = this.#dependencies.timers.after(RESEND_STORED_MS, () => this.#resendStored());
  }

  #publish(key: number): void {
    const sent = this.#sent.get(key);
    if (sent === undefined || !this.#dependencies.connection.isConnected) return;
    const { subject, bytes, id } = sent;
    this.#publisher.publish(subject, bytes, { id }).then(() => {
      sent.isStored = true;
      this.#notStored = undefined;
    }, (error) => {
      if (!(error instanceof NatsError)) throw error;
      if (error.kind === "closed" || error.kind === "disconnected") return;
      this.#noteRefusal(error);
      this.#dependencies.timers.after(RESEND_MS, () => {
        if (this.#sent.get(key) === sent) this.#publish(key);
      });
    });
  }

  /** Logs once why NATS stores nothing, as the operator must change something. */
  #noteRefusal({ kind, message }: NatsError): void {
    if (!LASTING.has(kind)) return;
    if (this.#notStored === undefined) {
      this.#dependencies.log.error(
        "NATS stores nothing: {reason}: look at the disk and the limits of its servers",
        { reason: message },
      );
    }
    this.#notStored = message;
  }

  /**
   * Passes on a message of the log.
   *
   * @param message the message
   * @param identity the identity of the log
   */
  deliver({ subject, sequence, data }: StreamMessage, identity: string): void {
    const { events } = this.#dependencies.names.subjects;
    const progress = `${sequence} ${identity}`;
    if (subject.startsWith(events)) {
      this.#receive(readEvent(data), sequence, progress);
    } else this.#clustered!.deliver(data, sequence, progress);
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#dependencies.timers.soon(() => {
      this.#isSettling = false;
      this.#hub?.settle();
    });
  }

  #receive(
    { hub, epoch, id, order, shown, people, announcement, ask, guess }: HubEvent,
    sequence: number,
    progress: string,
  ): void {
    const isOwn = hub === this.hub && epoch === this.epoch;
    if (order !== undefined) {
      this.#clustered!.obey(order, sequence, progress);
      if (isOwn && id !== undefined) this.end(id);
    }
    if (!this.#isCaughtUp) return;
    if (shown !== undefined && !isOwn) this.#clustered!.shown(shown);
    if (people !== undefined) {
      this.#hub!.tellPeople(people, { hub, epoch });
      if (people.kind === "all" && people.end) this.#answered?.(hub);
    }
    if (announcement !== undefined && !isOwn) this.#hub!.announce(announcement.text, announcement.room);
    if (ask && !isOwn) this.#hub!.tellAll();
    if (guess !== undefined && !isOwn) this.guessed?.(guess);
  }

  /** Holds what clients send while the log is away, and refuses it after some time. */
  #changed(isAway: boolean): void {
    this.awayChanged?.(isAway);
    const { log, timers } = this.#dependencies;
    this.#cancelHold?.();
    this.#cancelResend?.();
    this.#cancelHold = this.#cancelResend = undefined;
    if (!isAway) {
      if (this.refusal !== undefined) this.#hub?.announce(REACHED, undefined);
      this.refusal = undefined;
      log.info("NATS is available again: messages are accepted");
      return;
    }
    log.warn("NATS is away: messages are held for some seconds, and then refused");
    this.#resendStored();
    this.#cancelHold = timers.after(CLUSTER_HOLD_MS, () => {
      this.refusal = new ProtocolError(
        "unavailable",
        "Cannot send your message now: this hub does not reach the other hubs; try again later",
        { retryAfterMs: CLUSTER_RETRY_MS },
      );
      this.#clustered?.refuseWaiting(this.refusal);
      this.#hub?.refuseTakings();
      this.#hub?.announce(UNREACHED, undefined);
    });
  }
}

/** Reads what a hub tells; what another program has written there is nothing, as such batches are. */
function readEvent(data: Uint8Array): HubEvent {
  try {
    const event = JSON.parse(new TextDecoder().decode(data));
    if (typeof event?.hub === "string" && typeof event.epoch === "string") return event;
  } catch {
    // It is no JSON.
  }
  return { hub: "", epoch: "" };
}

/** Who is where is known again from the next event, or from the list. */
function ignoreLoss(error: unknown): void {
  if (!(error instanceof NatsError)) throw error;
}
