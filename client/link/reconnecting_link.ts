/**
 * A link that reconnects: it opens a link, and another one when that is lost, keeps the name of the client, and loses
 * no message silently.
 *
 * Rules:
 * - Several hubs that form one chat are tried in the order of `HubList`. When the link is lost or a hub does not take
 *   the client, the next one is tried at once; the link waits only when all were tried. The hubs that a hub names in
 *   its welcome are among them.
 * - If the first link cannot be opened, that is the end, unless `retryFirst` is set. After any later loss it connects
 *   again, with back-off, until the client leaves or is banned (`retry_policy.ts`).
 * - Messages are sent in order over all links. After a loss, messages without an acknowledgement are sent first
 *   (`pending.ts`).
 * - A name that is taken after a loss is taken back (`own_name.ts`, `name_reclaim.ts`). All links have the same
 *   session, a secret by which the hub knows the client again.
 * - Every change is reported as a value (`link_state.ts`, `pending.ts`).
 * - At the end no timer and no connection is left.
 *
 * The file is long because connecting, sending and leaving change one state, and half of it is documentation.
 *
 * @module
 */
import type { Signer } from "../../identity/mod.ts";
import type { Credentials } from "../trust/mod.ts";
import {
  type Address,
  type Connect,
  connectTcp,
  formatAddress,
  HubList,
  LinkError,
  namedHubs,
  type NamedHubsOptions,
  type Receive,
  type Received,
} from "../net/mod.ts";
import { BackOff } from "./back_off.ts";
import { systemClock, type TimedClock } from "../../runtime/mod.ts";
import type { Answer, ControlRequest } from "./requests.ts";
import { OpenLink } from "./open_link.ts";
import { Link } from "./link.ts";
import { NAME_TRIES, type NameTry, OwnName, type RenameResult } from "./own_name.ts";
import { hasFeature } from "./handshake.ts";
import { messageIdOf, type OwnLine, PendingLines } from "./pending.ts";
import type { Target } from "../model/mod.ts";
import { HEARTBEAT_MS } from "./heartbeat.ts";
import { watchWake } from "./wake_watch.ts";
import type { KnownMessages } from "./handshake.ts";
import { keyOf } from "./hello_proof.ts";
import { Postponement } from "./postponement.ts";
import type { Ended, LinkState, Loss, Open } from "./link_state.ts";
import { combined, type End, nextStep } from "./retry_policy.ts";

/**
 * How long a link must be open before the back-off starts anew, in milliseconds. So a hub that accepts and drops the
 * client at once does not get an attempt every second.
 */
export const STABLE_MS = 30_000;

/** How long a link must be open for its hub to count as good, so that all others are worth another attempt. */
export const GOOD_MS = 5000;

/**
 * How long `leave` waits for the next acknowledgement of a pending message, in milliseconds. Each acknowledgement
 * starts the time anew, as a hub may take the messages one by one.
 */
export const LEAVE_LIMIT_MS = 5000;

/** Options of a {@linkcode ReconnectingLink}. */
export interface ReconnectingLinkOptions {
  /** The wanted name, in NFC; without one the hub chooses, and its choice is then the wanted name. */
  name?: string | undefined;
  /**
   * Whether the first link may get the name with a suffix (`ci-2`) if the name is taken; that is then the wanted name.
   * The default is `false`.
   */
  suffixName?: boolean | undefined;
  /** The same for a name that belongs to somebody. The default is that of `suffixName`. */
  suffixOwned?: boolean | undefined;
  /** Whether the first link is retried as a later one is, if the reason may pass. The default is `false`. */
  retryFirst?: boolean | undefined;
  /**
   * Gives the rooms that the next link joins in its handshake, without `#` and without `main`; none by default. If the
   * hub refuses because of them, the link connects without; its welcome says which rooms the client is in.
   */
  rooms?: () => readonly string[];
  /**
   * Whether the joins and leaves of this client are hidden from others. With `rooms` it is then not in `main`. A hub
   * without this feature ignores it. The default is `false`.
   */
  quiet?: boolean | undefined;
  /** Gives which messages are known, for the handshake of the next link; none by default. */
  known?: (() => KnownMessages | undefined) | undefined;
  /**
   * Whether a message that the slow mode of a room refuses waits and is sent again. The default is `false`: it is
   * refused.
   */
  waitsItsTurn?: boolean;
  /**
   * For how many milliseconds a message waits and is sent again while a hub refuses all messages as `unavailable` and
   * says when to try again. The default is 0: it is refused.
   */
  waitsForHubMs?: number;
  /** Whether a refusal because of those rooms is final. */
  roomsNeeded?: boolean;
  /** The schemes of the addresses that count of those that a hub names; `rift` and `rifts` by default. */
  namedSchemes?: NamedHubsOptions["schemes"];
  /** Handles every message of every link; the next is read when it is done. */
  received: Receive;
  /** Receives every state, beginning with the first `connecting`. */
  changed: (state: LinkState) => void;
  /** Receives why a hub may be the wrong one, once, if the link goes on with others. */
  distrusted?: (why: string) => void;
  /** Receives every state of every own message, beginning with its first. */
  lineChanged: (line: OwnLine) => void;
  /** The hub's password, if it is known. */
  credentials?: Credentials | undefined;
  /** Signs with the key of the client; without one the client is a guest. */
  identity?: Signer | undefined;
  /** Opens connections; by default over TCP. */
  connect?: Connect;
  /** Looks up the IP addresses of a host; without it hosts are connected to by name. */
  resolve?: ((hostname: string) => Promise<readonly string[]>) | undefined;
  /** The secret by which the hub knows this client again; by default it is random. */
  session?: string;
  /** The clock; by default that of the system. */
  clock?: TimedClock;
  /** Gives random numbers from 0 up to, but not including, 1; by default `Math.random`. */
  random?: (() => number) | undefined;
}

/** A link that reconnects. */
export class ReconnectingLink {
  readonly #hubs: HubList;
  readonly #options: ReconnectingLinkOptions;
  readonly #connect: Connect;
  readonly #clock: TimedClock;
  readonly #postponement: Postponement;
  readonly #random: () => number;
  readonly #backOff: BackOff;
  readonly #ownName: OwnName;
  readonly #idPrefix: string;
  readonly #session: string;
  /** Whether the hub of the last link knew the session. */
  #hubKnowsSession = false;
  readonly #pending = new PendingLines();
  readonly #abort = new AbortController();
  readonly #aborted = Promise.withResolvers<undefined>();
  #state: LinkState | undefined;
  #openLink: OpenLink | undefined;
  #wasOpen = false;
  /** The address of the last link that was open. */
  #lastOpen: Address | undefined;
  /** Why hubs may be the wrong ones, since that was told last, and all that was told. */
  readonly #distrusted: string[] = [];
  readonly #distrustTold = new Set<string>();
  #attempts = 0;
  #skipWait: () => void = () => {};
  /** Whether to skip the next wait. */
  #skipNextWait = false;
  #isLeaving = false;
  #isDraining = false;
  #cancelLeave: () => void = () => {};

  /**
   * Does not connect yet: {@linkcode ReconnectingLink.run} does. Messages and renames may be added before.
   *
   * @param hubs where the hub is, or the hubs that form one chat are
   * @param options see {@linkcode ReconnectingLinkOptions}
   */
  constructor(hubs: Address | readonly Address[], options: ReconnectingLinkOptions) {
    this.#options = options;
    this.#connect = options.connect ?? connectTcp;
    this.#clock = options.clock ?? systemClock;
    const { waitsItsTurn = false, waitsForHubMs = 0 } = options;
    this.#postponement = new Postponement({ waitsItsTurn, waitsForHubMs }, this.#clock);
    this.#random = options.random ?? Math.random;
    this.#hubs = new HubList([hubs].flat(), { random: this.#random, resolve: options.resolve });
    this.#abort.signal.addEventListener("abort", () => this.#aborted.resolve(undefined));
    this.#backOff = new BackOff(this.#random);
    this.#ownName = new OwnName(options.name);
    this.#session = options.session ?? crypto.randomUUID();
    this.#idPrefix = Array.from({ length: 16 }, () => Math.floor(this.#random() * 36).toString(36)).join("");
  }

  /** The current state; `undefined` before {@linkcode ReconnectingLink.run}. */
  get state(): LinkState | undefined {
    return this.#state;
  }

  /** Where the hub of the link is; without a link the one that was tried last. */
  get address(): Address {
    return this.#hubs.address;
  }

  /** The current name; without a link the name that the next one asks for, if there is one. */
  get name(): string | undefined {
    return this.#openLink?.name ?? this.#nextName.name;
  }

  get #nextName(): NameTry {
    return this.#ownName.next(this.#pending.hasUnsure);
  }

  /** The public key that this client proves to hubs where names belong to keys; `undefined` if it is a guest. */
  get publicKey(): string | undefined {
    return this.#options.identity && keyOf(this.#options.identity);
  }

  /** Whether the link has ended for good. */
  get isClosed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The messages without a final state, oldest first. */
  get pending(): readonly OwnLine[] {
    return this.#pending.lines;
  }

  /**
   * Connects, and connects again whenever the link is lost. May be called once only.
   *
   * @returns resolves at the end with how it ended, after `changed` has received that
   * @throws what `received` throws; everything is closed by then
   */
  async run(): Promise<Ended> {
    const stopWatching = watchWake(this.#clock, () => this.#woke());
    this.#abort.signal.addEventListener("abort", stopWatching);
    let end: End = { how: "lost", why: "internal error" };
    let ended: Ended;
    try {
      end = await this.#untilEnd();
    } finally {
      stopWatching();
      this.#cancelLeave();
      this.#abort.abort();
      this.#ownName.end();
      const unsettled = this.#pending.giveUp();
      for (const line of unsettled) this.#options.lineChanged(line);
      this.#report(ended = { kind: "ended", ...end, unsettled });
    }
    return ended;
  }

  /**
   * Sends a message: now, or when there is a link and it is its turn.
   *
   * @param text the text, as `checkText` allows it
   * @param target the room or person it is for; `main` if not given
   * @param replyTo the number of the message of that target that it answers, if it answers one
   * @returns the message in its current state; `lineChanged` receives that and every later state
   */
  say(text: string, target?: Target, replyTo?: number): OwnLine {
    let line = this.#pending.say(text, target, replyTo);
    if (this.isClosed || this.#isLeaving) {
      line = this.#pending.refuse(line.id, "Cannot send this message: the chat is closed") ?? line;
    }
    this.#options.lineChanged(line);
    this.#openLink?.flush();
    return this.#pending.find(line.id) ?? line;
  }

  /**
   * Returns the message id of an own message, by which a hub with the extension knows it.
   *
   * @param line the message
   * @returns its id
   */
  messageIdOf({ id }: OwnLine): string {
    return messageIdOf(this.#idPrefix, id);
  }

  /**
   * Asks for another name, after the messages before. Without a link it is the name that the next one asks for.
   *
   * @param name the wanted name, in NFC
   * @returns resolves when the hub has answered, which without a link is after the next handshake, or when it never
   * will
   */
  rename(name: string): Promise<RenameResult> {
    const end = this.#ownName.ask(name, this.#pending.lastId);
    this.#openLink?.flush();
    return end;
  }

  /**
   * Sends another request than a message or a rename.
   *
   * @param request the request, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} if there is no link, or it ends before the answer comes
   * @throws {RangeError} if the hub has no extension: an error of the caller
   */
  ask(request: ControlRequest): Promise<Answer> {
    if (this.#openLink !== undefined) return this.#openLink.ask(request);
    return Promise.reject(new LinkError("lost", `not connected to ${formatAddress(this.address)}`));
  }

  /** Connects now: ends the wait, or replaces an open link by one to the same hub. Does nothing while connecting. */
  reconnectNow(): void {
    this.#skipWait();
    if (this.#openLink === undefined) return;
    this.#skipNextWait = true;
    this.#openLink.drop("closed to connect again");
  }

  /**
   * Leaves when no message is pending. Leaves at once without a link, or when the hub has acknowledged none for
   * {@linkcode LEAVE_LIMIT_MS}. New messages are refused. A second call leaves at once.
   */
  leave(): void {
    if (this.isClosed) return;
    if (this.#isLeaving) return this.close();
    this.#isLeaving = true;
    this.#leaveIfNothingPending();
  }

  /**
   * Leaves when no message is pending, however long that takes, and in an orderly way: messages that are on their way
   * still arrive. Without a link it leaves at once. New messages are refused.
   */
  drain(): void {
    this.#isDraining = true;
    if (this.#isLeaving || this.isClosed) return;
    this.#isLeaving = true;
    this.#leaveIfNothingPending();
  }

  /** Leaves at once. May be called at any time. */
  close(): void {
    this.#abort.abort();
    this.#skipWait();
  }

  async #untilEnd(): Promise<End> {
    let withoutRooms = false;
    /** The hub to try, if it is the one of the last attempt. */
    let again: Address | undefined;
    /** Why the hubs of this round could not be joined. */
    let losses: Loss[] = [];
    for (;;) {
      if (this.isClosed) return { how: "left", why: `left ${formatAddress(this.address)}` };
      const tried = this.#nextName;
      const rooms: readonly string[] = withoutRooms ? [] : this.#options.rooms?.() ?? [];
      const { loss, address, openMs } = await this.#linkOnce(tried, { rooms, again });
      if (this.isClosed) continue;
      again = undefined;
      if (openMs === undefined) losses.push(loss);
      else losses = [{ ...loss, why: `connection to ${formatAddress(address)} lost: ${loss.why}` }];
      if (loss.how === "untrusted") this.#distrusted.push(loss.why);
      if (openMs !== undefined && openMs >= GOOD_MS) this.#hubs.currentIsGood();
      const situation = {
        wasOpen: this.#wasOpen,
        retryFirst: this.#options.retryFirst,
        isLeaving: this.#isLeaving,
        canOmitRooms: !this.#options.roomsNeeded && rooms.length > 0,
      };
      const canMove = this.#hubs.hasNext && !this.#skipNextWait;
      let step = nextStep(loss, { ...situation, canMove });
      if (step.kind === "move") {
        if (openMs !== undefined) this.#reportMoving(loss);
        continue;
      }
      const canRetry = this.#wasOpen || this.#options.retryFirst === true;
      const whole = losses.length > 1 ? combined(losses, canRetry) : loss;
      if (whole !== loss) step = nextStep(whole, { ...situation, canMove: false });
      if (step.kind === "end") return step.end;
      withoutRooms = step.kind === "omit_rooms";
      if (withoutRooms) {
        losses.pop();
        again = address;
        continue;
      }
      const { how, why, word, hubMessage = why } = loss;
      const tries = this.#hubKnowsSession ? 1 : NAME_TRIES;
      if (how === "refused" && this.#ownName.openRefused(tried, word, hubMessage, tries)) {
        losses.pop();
        again = address;
        continue;
      }
      losses = [];
      if (this.#skipNextWait) {
        this.#skipNextWait = false;
        again = address;
        continue;
      }
      this.#tellDistrusted();
      await this.#wait(whole);
      this.#hubs.startRound();
    }
  }

  /** Opens a link and waits until it ends. Returns why, where the hub is, and how long the link was open, if it was. */
  async #linkOnce(
    tried: NameTry,
    { rooms, again }: { rooms: readonly string[]; again?: Address | undefined },
  ): Promise<{ loss: Loss; address: Address; openMs?: number }> {
    this.#report({ kind: "connecting", since: this.#clock.elapsed(), attempt: ++this.#attempts });
    const address = again ?? await Promise.race([this.#hubs.next(), this.#aborted.promise]) ?? this.address;
    let link: Link;
    try {
      link = await Link.open(address, {
        name: tried.name,
        suffixName: this.#options.suffixName && !this.#wasOpen,
        suffixOwned: (this.#options.suffixOwned ?? this.#options.suffixName) && !this.#wasOpen,
        rooms,
        quiet: this.#options.quiet,
        session: this.#session,
        known: this.#options.known?.(),
        received: (received) => this.#receive(received),
        signal: this.#abort.signal,
        pingMs: HEARTBEAT_MS,
        credentials: this.#options.credentials,
        identity: this.#options.identity,
        connect: this.#connect,
        clock: this.#clock,
      });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const { kind: how, message: why, word, hubMessage, free, retryAfterMs, isPermanent, advice } = error;
      return { loss: { how, why, word, hubMessage, free, retryAfterMs, isPermanent, advice }, address };
    }
    const since = this.#clock.elapsed();
    const openLink: OpenLink = new OpenLink(link, {
      pending: this.#pending,
      idPrefix: this.#idPrefix,
      ownName: this.#ownName,
      lostName: this.#ownName.opened(tried, link.name),
      postponement: this.#postponement,
      clock: this.#clock,
      random: this.#random,
      reclaimChanged: () => this.#reportOpen(openLink, opened),
      lineChanged: (line) => {
        this.#options.lineChanged(line);
        this.#leaveIfNothingPending();
      },
    });
    const hasMoved = this.#lastOpen !== undefined && !isSame(this.#lastOpen, address);
    const opened = { since, address: this.address, hasMoved };
    this.#lastOpen = address;
    this.#hubs.setNamed(namedHubs(link.session.welcome?.hubs ?? [], {
      schemes: this.#options.namedSchemes,
      encrypted: link.security.encrypted,
      identity: link.session.identity,
      invite: address.invite,
    }));
    this.#wasOpen = true;
    this.#hubKnowsSession = hasFeature(link.session, "session");
    this.#attempts = 0;
    this.#openLink = openLink;
    const cancelStable = this.#clock.after(STABLE_MS, () => this.#backOff.reset());
    const stopTimers = () => {
      cancelStable();
      openLink.stopTimers();
    };
    // A `received` that never resolves keeps the link from ending. No timer may wait for that.
    this.#abort.signal.addEventListener("abort", stopTimers);
    const ended = openLink.ended();
    try {
      this.#tellDistrusted();
      this.#reportOpen(openLink, opened);
      openLink.flush();
      const loss = await ended;
      return { loss, address, openMs: this.#clock.elapsed() - since };
    } finally {
      this.#abort.signal.removeEventListener("abort", stopTimers);
      stopTimers();
      this.#openLink = undefined;
    }
  }

  async #receive(received: Received): Promise<void> {
    const openLink = this.#openLink;
    openLink?.deliveryStarted();
    await this.#options.received(received);
    openLink?.deliveryEnded(received.message);
  }

  async #wait({ how, why, retryAfterMs }: Loss): Promise<void> {
    const since = this.#clock.elapsed();
    const waitMs = this.#backOff.next(retryAfterMs);
    const { promise: over, resolve: skip } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(waitMs, skip);
    this.#skipWait = skip;
    this.#report({ kind: "waiting", since, until: since + waitMs, attempt: this.#attempts, how, why });
    await over;
    cancel();
  }

  #woke(): void {
    this.#skipWait();
    this.#openLink?.check();
  }

  #leaveIfNothingPending(): void {
    if (!this.#isLeaving || this.isClosed) return;
    this.#cancelLeave();
    if (this.#openLink === undefined) return this.close();
    if (this.#pending.size > 0) {
      if (!this.#isDraining) this.#cancelLeave = this.#clock.after(LEAVE_LIMIT_MS, () => this.close());
    } else if (this.#isDraining) this.#openLink.leave();
    else this.close();
  }

  /** Tells once why hubs may be the wrong ones. At an end without any link that is told as the reason. */
  #tellDistrusted(): void {
    for (const why of this.#distrusted) if (!this.#distrustTold.has(why)) this.#options.distrusted?.(why);
    for (const why of this.#distrusted.splice(0)) this.#distrustTold.add(why);
  }

  /** Reports that the link was lost, and that another hub is tried at once. */
  #reportMoving({ how, why }: Loss): void {
    const since = this.#clock.elapsed();
    this.#report({ kind: "waiting", since, until: since, isMoving: true, attempt: 0, how, why });
  }

  #reportOpen(openLink: OpenLink, opened: Pick<Open, "since" | "address" | "hasMoved">): void {
    const { holdsMessages, reclaim, session } = openLink;
    this.#report({
      kind: "open",
      ...opened,
      session,
      ...(reclaim === undefined ? {} : { reclaim, holdsMessages }),
    });
  }

  #report(state: LinkState): void {
    this.#state = state;
    this.#options.changed(state);
  }
}

function isSame(one: Address, other: Address): boolean {
  return formatAddress(one) === formatAddress(other);
}
