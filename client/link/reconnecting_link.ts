/**
 * Holds a client to its hub: link after link, each opened when the one before is lost, under one name and with no line
 * lost in silence.
 *
 * Rules: the first link that cannot be opened ends it, as does a hub that bans; anything later is tried again, with
 * back-off, until somebody leaves. Lines go out in the order in which they were said, whatever links they take: those
 * without an acknowledgement go first on the next link, once more and no oftener unless the hub knows them by a mark. A
 * name that is lost is taken back.
 * Whatever happens is told as a value (`tether_state.ts`, `pending.ts`) to who holds the tether. At the end no timer and
 * no connection is left.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";
import type { Credentials } from "../trust/mod.ts";
import {
  type Address,
  type Connect,
  connectTcp,
  formatAddress,
  LinkError,
  type Receive,
  type Received,
} from "../net/mod.ts";
import { BackOff } from "./back_off.ts";
import { systemClock, type TimedClock } from "../../runtime/mod.ts";
import type { Answer, ControlRequest } from "./requests.ts";
import { OpenLink } from "./open_link.ts";
import { Link } from "./link.ts";
import { type NameTry, OwnName, type RenameResult } from "./own_name.ts";
import { type OwnLine, PendingLines } from "./pending.ts";
import type { Target } from "../model/mod.ts";
import { HEARTBEAT_MS } from "./heartbeat.ts";
import { watchWake } from "./wake_watch.ts";
import type { Ended, LinkState, Loss } from "./link_state.ts";

/**
 * How long a link has to be open before the next loss counts as the first, in milliseconds, so that a hub that accepts
 * and drops is not hammered.
 */
export const STABLE_MS = 30_000;

/** How long each of the last lines may take when somebody leaves, in milliseconds: a hub may take them one by one. */
export const LEAVE_LIMIT_MS = 5000;

/** Refusals that trying again will not change. */
const FINAL: ReadonlySet<string | undefined> = new Set<ErrorWord>(["banned", "bad_password"]);

/** Refusals that may be those of a room that was to be joined from the beginning. */
const OF_ROOM: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  "bad_name",
  "name_reserved",
  "no_such_room",
  "not_allowed",
  "unavailable",
]);

/** What a tether is made with. */
export interface ReconnectingLinkOptions {
  /** The name wanted, in NFC; without one the hub chooses, and that choice is then the name to be taken back. */
  name?: string | undefined;
  /**
   * Gives the rooms that the next link is to be in from its beginning, without `#` and without `main`; none if not given.
   * A hub that will not have them is asked without: which of them it has is in its welcome.
   */
  rooms?: () => readonly string[];
  /** Whether a hub that will not have those rooms has refused. */
  roomsNeeded?: boolean;
  /** Takes every message of every link; the next is read when it is done. */
  received: Receive;
  /** Is told each state, beginning with the first connecting. */
  changed: (state: LinkState) => void;
  /** Is told whenever something becomes of a line, beginning with its having been said. */
  lineChanged: (line: OwnLine) => void;
  /** The hub's password, where it wants one; without it none is known. */
  credentials?: Credentials | undefined;
  /** Opens connections; by default over TCP. */
  connect?: Connect;
  /** The clock; by default the machine's. */
  clock?: TimedClock;
  /** Gives numbers from 0 up to, but not including, 1; by default the machine's. */
  random?: () => number;
}

/** How it all ended. */
type End = Pick<Ended, "how" | "why">;

/** A link that comes back. */
export class ReconnectingLink {
  readonly #address: Address;
  readonly #options: ReconnectingLinkOptions;
  readonly #connect: Connect;
  readonly #clock: TimedClock;
  readonly #random: () => number;
  readonly #backOff: BackOff;
  readonly #names: OwnName;
  readonly #mark: string;
  readonly #pending = new PendingLines();
  readonly #abort = new AbortController();
  #state: LinkState | undefined;
  #hold: OpenLink | undefined;
  #wasOpen = false;
  #attempts = 0;
  #skipWait: () => void = () => {};
  /** Whether the next link is wanted at once. */
  #hurried = false;
  #leaving = false;
  #orderly = false;
  #cancelLeave: () => void = () => {};

  /**
   * Begins with nothing. {@linkcode ReconnectingLink.run} connects; lines may be said and names asked for before.
   *
   * @param address where the hub is
   * @param options see {@linkcode ReconnectingLinkOptions}
   */
  constructor(address: Address, options: ReconnectingLinkOptions) {
    this.#address = address;
    this.#options = options;
    this.#connect = options.connect ?? connectTcp;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#backOff = new BackOff(this.#random);
    this.#names = new OwnName(options.name);
    this.#mark = Array.from({ length: 16 }, () => Math.floor(this.#random() * 36).toString(36)).join("");
  }

  /** What was told last; `undefined` before {@linkcode ReconnectingLink.run}. */
  get state(): LinkState | undefined {
    return this.#state;
  }

  /** The name under which the hub knows this client; without a link the one to come back under, where there is one. */
  get name(): string | undefined {
    return this.#hold?.name ?? this.#names.next.name;
  }

  /** Whether nothing more can be said. */
  get isClosed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The lines that are not yet settled, oldest first. */
  get pending(): readonly OwnLine[] {
    return this.#pending.lines;
  }

  /**
   * Connects, and again whenever the link is lost. To be called once.
   *
   * @returns resolves at the end with how, which `changed` was told before
   * @throws what `received` throws; everything is freed by then
   */
  async run(): Promise<Ended> {
    const stopWatching = watchWake(this.#clock, () => this.#woke());
    this.#abort.signal.addEventListener("abort", stopWatching);
    let end: End = { how: "lost", why: "a fault of this program" };
    let ended: Ended;
    try {
      end = await this.#untilEnd();
    } finally {
      stopWatching();
      this.#cancelLeave();
      this.#abort.abort();
      this.#names.end();
      const unsettled = this.#pending.giveUp();
      for (const line of unsettled) this.#options.lineChanged(line);
      this.#tell(ended = { kind: "ended", ...end, unsettled });
    }
    return ended;
  }

  /**
   * Says a line: now, or as soon as there is a link and it is its turn.
   *
   * @param text what to say, as `checkText` allows it
   * @param place where; in `main` if not given
   * @returns the line as it stands; what becomes of it is told to `lineChanged`, this too
   */
  say(text: string, target?: Target): OwnLine {
    let line = this.#pending.say(text, target);
    if (this.isClosed || this.#leaving) {
      line = this.#pending.refuse(line.id, "Cannot say this line: the chat is over") ?? line;
    }
    this.#options.lineChanged(line);
    this.#hold?.flush();
    return this.#pending.find(line.id) ?? line;
  }

  /**
   * Asks for another name, after the lines that were said before; without a link it is the name to come back under.
   *
   * @param name the name wanted, in NFC
   * @returns resolves when the hub has answered, which without a link is when the next one opens, or when it never will
   */
  rename(name: string): Promise<RenameResult> {
    const end = this.#names.ask(name, this.#pending.lastId);
    this.#hold?.flush();
    return end;
  }

  /**
   * Asks something else than to be heard or named.
   *
   * @param request what to ask, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} where there is no link, or it ends before the answer comes
   * @throws {RangeError} where the hub has no extension: a fault of the caller
   */
  ask(request: ControlRequest): Promise<Answer> {
    if (this.#hold !== undefined) return this.#hold.ask(request);
    return Promise.reject(new LinkError("lost", `not connected to ${formatAddress(this.#address)}`));
  }

  /** Connects now: does not wait any longer, and gives up a link that is open. Does nothing while connecting. */
  reconnectNow(): void {
    this.#skipWait();
    if (this.#hold === undefined) return;
    this.#hurried = true;
    this.#hold.drop("left to connect again");
  }

  /**
   * Leaves when all that was said is settled: at once without a link, else when nothing of it was for
   * {@linkcode LEAVE_LIMIT_MS}. Lines that are said from now on are refused. Where it is asked again, it leaves at once.
   */
  leave(): void {
    if (this.isClosed) return;
    if (this.#leaving) return this.close();
    this.#leaving = true;
    this.#leaveIfSettled();
  }

  /**
   * Leaves when all that was said is settled, however long that takes, and in an orderly way: what the hub has said by
   * then still comes. Without a link it leaves at once. Lines that are said from now on are refused.
   */
  drain(): void {
    this.#orderly = true;
    if (this.#leaving || this.isClosed) return;
    this.#leaving = true;
    this.#leaveIfSettled();
  }

  /** Leaves at once, whatever it is doing. Harmless at any time. */
  close(): void {
    this.#abort.abort();
    this.#skipWait();
  }

  async #untilEnd(): Promise<End> {
    let withoutRooms = false;
    for (;;) {
      if (this.isClosed) return { how: "left", why: `left ${formatAddress(this.#address)}` };
      const tried = this.#names.next;
      const rooms: readonly string[] = withoutRooms ? [] : this.#options.rooms?.() ?? [];
      const loss = await this.#linkOnce(tried, rooms);
      if (this.isClosed) continue;
      const { how, why, word, hubMessage = why } = loss;
      // Somebody has to say whether that is the hub; trying again does not.
      if (how === "untrusted" || how === "left") return { how, why };
      withoutRooms = !this.#options.roomsNeeded && how === "refused" && rooms.length > 0 && OF_ROOM.has(word);
      if (withoutRooms) continue;
      if (!this.#wasOpen) return { how: how === "unreachable" || how === "refused" ? how : "lost", why };
      if (this.#leaving) return { how: "lost", why };
      if (FINAL.has(word)) return { how: "refused", why };
      if (how === "refused" && this.#names.openRefused(tried, word, hubMessage)) continue;
      if (this.#hurried) this.#hurried = false;
      else await this.#wait(loss);
    }
  }

  /** Opens a link and holds it as long as it lasts. */
  async #linkOnce(tried: NameTry, rooms: readonly string[]): Promise<Loss> {
    this.#tell({ kind: "connecting", since: this.#clock.elapsed(), attempt: ++this.#attempts });
    let link: Link;
    try {
      link = await Link.open(this.#address, {
        name: tried.name,
        rooms,
        received: (received) => this.#receive(received),
        signal: this.#abort.signal,
        pingMs: HEARTBEAT_MS,
        credentials: this.#options.credentials,
        connect: this.#connect,
        clock: this.#clock,
      });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const { kind, message, word, hubMessage, retryAfterMs } = error;
      return { how: kind, why: message, word, hubMessage, retryAfterMs };
    }
    const since = this.#clock.elapsed();
    const hold: OpenLink = new OpenLink(link, {
      pending: this.#pending,
      idPrefix: this.#mark,
      ownName: this.#names,
      lostName: this.#names.opened(tried, link.name),
      clock: this.#clock,
      random: this.#random,
      reclaimChanged: () => this.#tellOpen(hold, since),
      lineChanged: (line) => {
        this.#options.lineChanged(line);
        this.#leaveIfSettled();
      },
    });
    this.#wasOpen = true;
    this.#attempts = 0;
    this.#hold = hold;
    const cancelStable = this.#clock.after(STABLE_MS, () => this.#backOff.reset());
    const rest = () => {
      cancelStable();
      hold.stopTimers();
    };
    // Who is stuck with a message keeps the link from ending; no timer waits for that.
    this.#abort.signal.addEventListener("abort", rest);
    const ended = hold.ended();
    try {
      this.#tellOpen(hold, since);
      hold.flush();
      return await ended;
    } finally {
      this.#abort.signal.removeEventListener("abort", rest);
      rest();
      this.#hold = undefined;
    }
  }

  async #receive(received: Received): Promise<void> {
    const hold = this.#hold;
    hold?.deliveryStarted();
    await this.#options.received(received);
    hold?.deliveryEnded(received.message);
  }

  async #wait({ how, why, retryAfterMs }: Loss): Promise<void> {
    const since = this.#clock.elapsed();
    const waitMs = this.#backOff.next(retryAfterMs);
    const { promise: over, resolve: skip } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(waitMs, skip);
    this.#skipWait = skip;
    this.#tell({ kind: "waiting", since, untilMs: since + waitMs, attempt: this.#attempts, how, why });
    await over;
    cancel();
  }

  #woke(): void {
    this.#skipWait();
    this.#hold?.check();
  }

  #leaveIfSettled(): void {
    if (!this.#leaving || this.isClosed) return;
    this.#cancelLeave();
    if (this.#hold === undefined) return this.close();
    if (this.#pending.size > 0) {
      if (!this.#orderly) this.#cancelLeave = this.#clock.after(LEAVE_LIMIT_MS, () => this.close());
    } else if (this.#orderly) this.#hold.leave();
    else this.close();
  }

  #tellOpen(hold: OpenLink, since: number): void {
    const { session, reclaim } = hold;
    this.#tell({ kind: "open", since, session, ...(reclaim === undefined ? {} : { reclaim }) });
  }

  #tell(state: LinkState): void {
    this.#state = state;
    this.#options.changed(state);
  }
}
