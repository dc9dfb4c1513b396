/**
 * The chat line by line: lines of stdin are sent to the hub, and the messages of the hub are printed as lines.
 *
 * Rules:
 * - No more is read than the hub takes. At the end of the input, and after `:quit`, every line is acknowledged before
 *   the client leaves. A line that is refused costs no other line.
 * - Piped lines are text, unless `commands` is set: data is never a command. Piped lines that arrive together become
 *   one message (`line_batcher.ts`); typed lines are sent one by one.
 * - A lost connection is retried for `retryMs`, and what was not acknowledged is sent again
 *   (`../link/reconnecting_link.ts`).
 * - After a reconnect the messages that were missed are printed, if the hub stores them (`room_feed.ts`).
 * - If nobody reads stdout any more, a pipe still sends. If the chat fails, the rest of a piped input is read and
 *   counted, so that its writer does not fail.
 * - With `json` each message of the hub is printed as one line of JSON, and nothing else. Notices for the user go to
 *   `report`.
 *
 * This file is long because it handles each line from the input to its acknowledgement, and that is one state.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage } from "../../protocol/mod.ts";
import { cutText, info, loadWidths, type OffsetMinutes, type StyledLine } from "../text/mod.ts";
import { PlainLines } from "./plain_lines.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { type LineBatch, LineBatcher } from "./line_batcher.ts";
import { quoteOf } from "../changes/mod.ts";
import {
  helpLines,
  type Input,
  type MessageAction,
  type ModerationAction,
  type NameAction,
  NUMBERS_SHOWN_BY,
  parseInput,
  parseTerminalInput,
} from "../commands/mod.ts";
import { type InputLine, InputReader } from "./input_reader.ts";
import { type LineRange, UnsentLines } from "./unsent_lines.ts";
import { formatAddress, LinkError, type Received } from "../net/mod.ts";
import type { Output } from "../machine/mod.ts";
import {
  type Ended,
  hasFeature,
  type KnownMessages,
  type LinkState,
  type Open,
  type OwnLine,
  type ReconnectingLink,
  type Session,
  throttledMs,
  type Waiting,
} from "../link/mod.ts";
import { MAIN, roomOf, type Target, targetLabel } from "../model/mod.ts";
import { MessageCommands } from "../messages/mod.ts";
import { ModerationCommands } from "../moderation/mod.ts";
import { keyInFile, NameCommands } from "../names/mod.ts";
import { PrintedLines } from "./printed_lines.ts";
import { RoomFeed } from "./room_feed.ts";
import { parseJsonInput } from "./json_input.ts";
import { Transcript, transcriptGutter, userList } from "../render/mod.ts";

/**
 * How many messages may wait for their acknowledgement: enough to use a fast connection. Lines that are read meanwhile
 * become one message.
 */
export const MAX_IN_FLIGHT = 8;

/** How many characters of a command that is to be completed are shown: those of a line or two. */
const MAX_OFFERED_CHARACTERS = 200;

/** Options of a {@linkcode Pipe}. */
export interface PipeOptions {
  /** Opens stdin; called at most once, when the first line is to be read. */
  stdin: () => ReadableStream<Uint8Array>;
  /** Where the chat is printed. */
  out: Output;
  /** Reports something to the user, in one line; resolves when more may be reported. */
  report: (message: string) => Promise<void>;
  /** The clock. */
  clock: TimedClock;
  /** Whether messages are printed as JSON. */
  json: boolean;
  /** Whether colours may be printed. */
  colour: boolean;
  /** Whether stdout is a terminal. */
  isTerminal: boolean;
  /** Returns the current width of that terminal, in columns. */
  columns: () => number;
  /** The environment variable that limits the terminal to ASCII; `undefined` if none does, or stdout is no terminal. */
  locale: string | undefined;
  /** Whether the client joins with an invite, which may be for a name. */
  hasInvite?: boolean;
  /** Whether a user types: then each line is one message or command, sent as it is or refused. */
  typed: boolean;
  /** Whether a piped line that begins with a colon is a command. A typed one always is. */
  commands: boolean;
  /** Whether each line is a message as JSON, see {@linkcode parseJsonInput}. The default is `false`. */
  jsonInput?: boolean;
  /** How long a connection is retried, in milliseconds; may be infinite. */
  retryMs: number;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
  /** The wanted name, if there is one. */
  name?: string | undefined;
  /** The room to which lines are sent, without `#`; `main` if not given. */
  room?: string | undefined;
  /** The rooms that are printed, without `#`; the client need not be in all of them. */
  rooms: readonly string[];
}

/** Why retrying ended. */
export interface GivenUp {
  /** What happened at the last attempt. */
  how: Waiting["how"];
  /** The reason for the user. */
  why: string;
  /** Whether the connection was ever open. */
  wasOpen: boolean;
}

/** How a chat ended. */
export interface PipeEnd {
  /** How the link ended. */
  ended: Ended;
  /** Why the connection is no longer retried; only if it was. */
  gaveUp?: GivenUp;
  /** The room to which lines were to be sent; only if the hub has no rooms. */
  noRoom?: string;
  /** How many lines were refused, by the hub or by the client. */
  refused: number;
  /** How many lines were sent and not acknowledged. */
  unanswered: number;
}

/** What follows after a line: the next line, the end of the program, or the end of sending. */
type Next = "next" | "quit" | "stop";

/** One chat. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #lines: PlainLines;
  readonly #batcher: LineBatcher;
  readonly #feed: RoomFeed;
  /** The lines of each message that is not acknowledged, by the number of the message. */
  readonly #sent = new Map<number, LineBatch>();
  readonly #reports = new Set<Promise<void>>();
  readonly #unsent = new UnsentLines();
  readonly #nameCommands: NameCommands;
  readonly #moderation: ModerationCommands;
  readonly #messageCommands: MessageCommands;
  readonly #printed: PrintedLines;
  /** Resolves when the link is open, or has ended. */
  #opened = Promise.withResolvers<void>();
  #transcript: Transcript;
  #link: ReconnectingLink | undefined;
  #state: LinkState | undefined;
  #openSession: Session | undefined;
  /** Resolves when the missed messages of the link are printed, or cannot be. */
  #caughtUp: Promise<void> = Promise.resolve();
  #wasOpen = false;
  /** The target of the message that is sent next; without one it goes to `room`. */
  #target: Target | undefined;
  /** The number of the message that it answers. */
  #replyTo: number | undefined;
  /** The answer that the last `:reply-to` sends. */
  #answer: { text: string; replyTo: number } | undefined;
  #loss: Waiting | undefined;
  /** The session for which it was reported why its name is not the wanted one. */
  #reclaimReported: Session | undefined;
  #cancelGiveUp: () => void = () => {};
  #gaveUp: GivenUp | undefined;
  #noRoom: string | undefined;
  #wasThrottled = false;
  /** The errors of which it was reported that they delay messages. */
  readonly #delays = new Set<string>();
  #input: InputReader | undefined;
  /** The read that was pending when reading was stopped. */
  #nextLines: Promise<InputLine[] | undefined> | undefined;
  #stopReading: () => void = () => {};
  /** Whether nothing more is sent. */
  #isStopped = false;
  /** Whether the rest of the input does not matter: after `:quit`, or if nobody reads what is printed. */
  #isInputOver = false;
  #settled: () => void = () => {};
  #refused = 0;
  #unanswered = 0;

  /**
   * Starts without a link.
   *
   * @param options see {@linkcode PipeOptions}
   */
  constructor(options: PipeOptions) {
    this.#options = options;
    const { locale, colour, isTerminal, columns } = options;
    const report = (message: string) => this.#report(message);
    this.#lines = new PlainLines({ locale, colour, isTerminal, columns, gutter: transcriptGutter(), report });
    this.#transcript = new Transcript(options.offsetMinutes);
    this.#nameCommands = new NameCommands({
      keyInFile,
      ask: (request) => this.#link!.ask(request),
      session: () => this.#session,
      ownKey: () => this.#link?.publicKey,
      now: () => options.clock.wall(),
      offsetMinutes: options.offsetMinutes,
    });
    this.#moderation = new ModerationCommands({
      ask: (request) => this.#link!.ask(request),
      session: () => this.#session,
      now: () => options.clock.wall(),
      offsetMinutes: options.offsetMinutes,
    });
    const isSelf = (name: string) => nameKey(name) === nameKey(this.#session?.name ?? "");
    this.#printed = new PrintedLines(() => this.#session?.name ?? "", isSelf);
    this.#messageCommands = new MessageCommands({
      ask: (request) => this.#link!.ask(request),
      session: () => this.#session,
      shownIn: (target) => this.#printed.in(target),
      moderates: (target) => this.#moderation.moderates(target),
      say: (text, _, replyTo) => this.#answer = { text, replyTo },
      carriedOut: (request) => this.#printed.carriedOut(request),
      numbersShownBy: NUMBERS_SHOWN_BY.pipe,
      offsetMinutes: options.offsetMinutes,
    });
    this.#feed = new RoomFeed({
      rooms: options.rooms,
      lines: 0,
      print: (message, body) => this.#print(message, body),
      report,
    });
    this.#batcher = new LineBatcher({
      clock: options.clock,
      ready: () => this.#link?.isClosed === false && this.#sent.size < MAX_IN_FLIGHT,
      send: (batch) => this.#send(batch),
    });
  }

  /** The lines that were not sent. After {@linkcode Pipe.finishInput} these are all. */
  get unsent(): { readonly first: number | undefined; readonly count: number } {
    return this.#unsent;
  }

  /** Whether the input was read to its end. */
  get isInputRead(): boolean {
    return this.#input?.isAtEnd ?? false;
  }

  /** Why the input could not be read to its end; `undefined` if it could. */
  get inputError(): unknown {
    return this.#input?.error;
  }

  /**
   * Prints a message of the hub.
   *
   * @param received the message
   * @returns resolves when the next may come
   */
  async received({ body, message, error }: Received): Promise<void> {
    if (error !== undefined) await this.#options.report(error.message);
    if (message !== undefined) this.#notePowers(message);
    if (message !== undefined) this.#noteDelay(message);
    const isThrottled = message !== undefined && throttledMs(message) > 0;
    if (isThrottled) this.#reportThrottled();
    if (message !== undefined && await this.#feed.receive(message, body)) return;
    if (this.#options.json || (message !== undefined && !isThrottled)) await this.#print(message, body);
  }

  /**
   * Returns which messages are known, for the hello of the next link.
   *
   * @returns the numbers of the last messages; `undefined` without rooms
   */
  known(): KnownMessages | undefined {
    return this.#feed.known();
  }

  /**
   * Handles a new state of the link.
   *
   * @param state the state
   */
  changed(state: LinkState): void {
    this.#state = state;
    switch (state.kind) {
      case "connecting":
        this.#transcript = new Transcript(this.#options.offsetMinutes);
        this.#openSession = undefined;
        this.#moderation.connecting();
        this.#feed.connecting();
        return;
      case "waiting":
        return this.#lost(state);
      case "open":
        this.#linkOpened(state);
        this.#catchUp(state);
        break;
      case "ended":
        break;
    }
    this.#cancelGiveUp();
    this.#opened.resolve();
  }

  /**
   * Handles a new state of a sent message.
   *
   * @param line the message
   */
  lineChanged(line: OwnLine): void {
    const { id, state } = line;
    const batch = this.#sent.get(id);
    if (batch === undefined || ["waiting", "sent", "unsure"].includes(state.kind)) return;
    this.#sent.delete(id);
    if (state.kind === "acknowledged" && state.sequence !== undefined) {
      this.#noteOwn(line, state.sequence, batch.text);
    }
    if (state.kind === "refused") this.#report(this.#refusal(batch, state.message));
    else if (state.kind === "unknown") this.#unanswered += batch.lines;
    else if (state.kind === "unsent") this.#unsent.add(batch);
    this.#batcher.pump();
    if (this.#sent.size === 0) this.#settled();
  }

  /**
   * Chats until the input ends, or the link ends for good. Call {@linkcode Pipe.finishInput} afterwards.
   *
   * @param link the link, not yet run; it calls {@linkcode Pipe.received}, {@linkcode Pipe.changed} and
   * {@linkcode Pipe.lineChanged}
   * @param signal leaves at once when aborted
   * @returns how it ended
   * @throws what {@linkcode Pipe.received} throws
   */
  async run(link: ReconnectingLink, signal: AbortSignal): Promise<PipeEnd> {
    this.#link = link;
    this.#feed.attach(link);
    const leave = () => link.close();
    signal.addEventListener("abort", leave);
    if (signal.aborted) leave();
    const ending = link.run().finally(() => signal.removeEventListener("abort", leave));
    const stop = () => this.#stop();
    ending.then(stop, stop);
    this.#options.out.failed.then(() => this.#outputFailed());
    await this.#opened.promise;
    if (!link.isClosed) {
      await this.#sendInput();
      await this.#batcher.flush();
      this.#stop();
      await this.#untilSettled();
      await this.#caughtUp;
      await Promise.all(this.#reports);
      link.drain();
    }
    const end: PipeEnd = { ended: await ending, refused: this.#refused, unanswered: this.#unanswered };
    if (this.#gaveUp !== undefined) end.gaveUp = this.#gaveUp;
    if (this.#noRoom !== undefined) end.noRoom = this.#noRoom;
    return end;
  }

  /**
   * Reads a piped input to its end and counts its lines as not sent, so that a program that writes it does not fail. A
   * typed input, and one after `:quit`, is closed instead.
   *
   * @param signal closes the input when aborted
   * @returns resolves when the input is at its end or closed
   */
  async finishInput(signal: AbortSignal): Promise<void> {
    this.#stop();
    if (this.#options.typed || this.#isInputOver || signal.aborted) return this.#input?.cancel();
    const input = this.#openInput();
    const cancel = () => input.cancel();
    signal.addEventListener("abort", cancel);
    const next = () => {
      const lines = this.#nextLines ?? input.next();
      this.#nextLines = undefined;
      return lines;
    };
    for (let lines = await next(); lines !== undefined; lines = await next()) this.#countUnsent(lines);
    signal.removeEventListener("abort", cancel);
  }

  /** Sends nothing more. */
  #stop(): void {
    this.#isStopped = true;
    this.#stopReading();
    const unsent = this.#batcher.stop();
    if (unsent !== undefined) this.#unsent.add(unsent);
  }

  /** A user who types and sees nothing any more has left. A pipe continues. */
  #outputFailed(): void {
    if (!this.#options.typed) return;
    this.#isInputOver = true;
    this.#stopReading();
  }

  async #untilSettled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settled = resolve;
    if (this.#sent.size === 0) resolve();
    await promise;
  }

  #catchUp({ session }: Open): void {
    if (session === this.#openSession) return;
    this.#openSession = session;
    this.#caughtUp = this.#feed.opened(session)
      .catch((error) => void this.#report(`internal error: ${error}`));
  }

  #linkOpened({ session, address, hasMoved, reclaim, holdsMessages }: Open): void {
    const { name, room } = this.#options;
    if (room !== undefined && !hasFeature(session, "rooms")) {
      // A message for another room is never sent to `main`.
      this.#noRoom = room;
      this.#link?.close();
      return;
    }
    if (this.#loss !== undefined) {
      const to = hasMoved ? `, to ${formatAddress(address)}` : "";
      this.#report(this.#wasOpen ? `connected again${to}` : "connected");
    }
    if (!this.#wasOpen && name !== undefined && nameKey(session.name) !== nameKey(name)) {
      this.#report(
        this.#options.hasInvite
          ? `your name is ${session.name}, and not ${name}: your invite is for it, or ${name} is taken`
          : `the name ${name} is taken: your name is ${session.name}`,
      );
    }
    if (!this.#wasOpen && this.#options.hasInvite) this.#tellInvitedRooms(session);
    this.#loss = undefined;
    this.#wasOpen = true;
    if (reclaim === undefined || this.#reclaimReported === session) return;
    this.#reclaimReported = session;
    const waiting = holdsMessages ? "; messages wait until it is free" : "";
    this.#report(`cannot get the name ${reclaim.name} back yet: ${reclaim.why}${waiting}`);
  }

  /** Says where lines go if the invite leads into another room. */
  #tellInvitedRooms({ welcome }: Session): void {
    const wanted = new Set([MAIN.name, ...this.#options.rooms].map(nameKey));
    for (const room of welcome?.rooms ?? []) {
      if (wanted.has(nameKey(room))) continue;
      const [label, current] = [roomOf(room), this.#room].map(targetLabel);
      this.#report(
        `your invite leads into ${label}, and lines go to ${current}: -r ${room} sends them to ${label}`,
      );
    }
  }

  #lost(loss: Waiting): void {
    const { clock, retryMs } = this.#options;
    const isFirst = this.#loss === undefined;
    this.#loss = loss;
    if (retryMs === 0 && !loss.isMoving) return this.#giveUp();
    if (!isFirst) return;
    if (this.#wasOpen) this.#opened = Promise.withResolvers();
    const until = retryMs === Infinity ? "" : ` for up to ${Math.ceil(retryMs / 1000)} s`;
    this.#report(
      this.#wasOpen ? `connection lost: ${loss.why}; connecting again` : `${loss.why}; trying again${until}`,
    );
    if (retryMs !== Infinity && retryMs > 0) this.#cancelGiveUp = clock.after(retryMs, () => this.#giveUp());
  }

  #giveUp(): void {
    const { how, why } = this.#loss!;
    this.#gaveUp = { how, why, wasOpen: this.#wasOpen };
    this.#link?.close();
  }

  #openInput(): InputReader {
    const { stdin, typed, jsonInput = false } = this.#options;
    const isTyped = typed || jsonInput;
    return this.#input ??= new InputReader(stdin(), {
      isTyped,
      notify: (notice) => {
        if (!this.#isStopped) this.#report(notice);
      },
    });
  }

  async #sendInput(): Promise<void> {
    if (this.#isStopped || this.#isInputOver) return;
    const input = this.#openInput();
    for (let lines = await this.#read(input); lines !== undefined; lines = await this.#read(input)) {
      for (const [i, line] of lines.entries()) {
        if (this.#isStopped) return this.#countUnsent(lines.slice(i));
        const next = await this.#handle(line);
        if (next === "quit") this.#isInputOver = true;
        if (next === "stop") this.#countUnsent(lines.slice(i + 1));
        if (next !== "next") return;
      }
    }
  }

  /** Reads the next lines; resolves with `undefined` at the end of the input, or when reading is stopped. */
  async #read(input: InputReader): Promise<InputLine[] | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<InputLine[] | undefined>();
    this.#stopReading = () => resolve(undefined);
    if (this.#isStopped || this.#isInputOver) return undefined;
    this.#nextLines = input.next();
    this.#nextLines.then(resolve, reject);
    const lines = await promise;
    if (lines !== undefined || input.isAtEnd) this.#nextLines = undefined;
    return lines;
  }

  #countUnsent(lines: readonly InputLine[]): void {
    for (const { number, text, problem } of lines) {
      if (problem === undefined && text.trim() === "") continue;
      this.#unsent.add({ first: number, last: number, lines: 1 });
    }
  }

  async #handle(line: InputLine): Promise<Next> {
    const { commands, jsonInput = false, typed } = this.#options;
    const { number, text, isPart, problem } = line;
    if (problem !== undefined) {
      await this.#refuse(line, problem);
      return "next";
    }
    if (jsonInput) return await this.#handleJson(line);
    const isCommand = commands && !isPart && /^:(?!:)/.test(text);
    if (typed || isCommand) return await this.#handleInput(line, parseInput(text));
    const parts = cutText(commands && !isPart && text.startsWith("::") ? text.slice(1) : text);
    const isAlone = isPart || parts.length > 1;
    for (const part of parts) {
      if (isAlone) await this.#batcher.flush();
      if (!await this.#batcher.add(number, part)) {
        this.#countUnsent([line]);
        break;
      }
    }
    return "next";
  }

  async #handleJson(line: InputLine): Promise<Next> {
    if (line.text.trim() === "") return "next";
    const input = parseJsonInput(line.text);
    if (input.kind === "error") await this.#refuse(line, input.message);
    else {
      // Only one message is in the batcher at a time, so this is its target.
      this.#target = input.target;
      this.#replyTo = input.replyTo;
      if (!await this.#batcher.add(line.number, input.text)) this.#countUnsent([line]);
      await this.#batcher.flush();
    }
    return "next";
  }

  async #handleInput(line: InputLine, input: Input): Promise<Next> {
    if (input.kind === "empty") return "next";
    await this.#batcher.flush();
    switch (input.kind) {
      case "quit":
        return "quit";
      case "help":
        await this.#help();
        return "next";
      case "name":
        await this.#changeName(line, input.action);
        return "next";
      case "moderation":
        await this.#moderate(line, input.action, input.sure ?? false);
        return "next";
      case "message":
        await this.#changeMessages(line, input.action, input.sure ?? false);
        return "next";
      case "error":
        if (this.#options.typed || !changesTarget(line.text)) {
          await this.#refuse(line, input.message);
          return "next";
        }
        // The next lines are for another room or person: they must not be sent to this room.
        await this.#refuse(
          line,
          `${/^\S+/.exec(line.text)} works on a terminal only; --room names the room to send to`,
        );
        return "stop";
      case "request":
        if (input.request.code === Code.Say) {
          if (!await this.#batcher.add(line.number, input.request.message)) this.#countUnsent([line]);
          await this.#batcher.flush();
        } else if (input.request.code === Code.Rename) await this.#rename(line, input.request.username);
        else await this.#who(line);
        return "next";
    }
  }

  /** The room to which lines are sent. */
  get #room(): Target {
    const { room } = this.#options;
    return room === undefined ? MAIN : roomOf(room);
  }

  #send(batch: LineBatch): void {
    const line = this.#link!.say(batch.text, this.#target ?? this.#room, this.#replyTo);
    this.#sent.set(line.id, batch);
    this.lineChanged(line);
  }

  async #rename(line: InputLine, username: string): Promise<void> {
    const end = await this.#link!.rename(username);
    if (end.kind === "refused") await this.#refuse(line, end.message);
    else if (end.kind === "dropped") this.#countUnsent([line]);
  }

  async #changeName(line: InputLine, action: NameAction): Promise<void> {
    await this.#untilSettled();
    await this.#opened.promise;
    try {
      const result = await this.#nameCommands.do(action);
      switch (result.kind) {
        case "failed":
          return await this.#refuse(line, result.message);
        case "confirm":
          return await this.#refuse(line, result.lines.join("; "));
        case "done":
          if (!this.#options.json) await this.#show(result.lines.map(asEvent));
          if (result.takeName !== undefined) await this.#rename(line, result.takeName);
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
    }
  }

  async #moderate(line: InputLine, action: ModerationAction, sure: boolean): Promise<void> {
    const { json } = this.#options;
    await this.#untilSettled();
    await this.#opened.promise;
    try {
      const result = await this.#moderation.do(action, this.#room, sure);
      switch (result.kind) {
        case "failed":
          return await this.#refuse(line, result.message);
        case "confirm":
          return await this.#refuse(line, [...result.lines, `${result.input} does it`].join("; "));
        case "list":
          if (!json) await this.#show([info(result.heading), ...result.lines].map(asEvent));
          return;
        case "done":
          if (!json) await this.#show(result.lines.map(asEvent));
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
    }
  }

  async #changeMessages(line: InputLine, action: MessageAction, sure: boolean): Promise<void> {
    await this.#untilSettled();
    await this.#opened.promise;
    try {
      const result = await this.#messageCommands.do(action, this.#room, sure);
      switch (result.kind) {
        case "failed":
          return await this.#refuse(line, result.message);
        case "confirm":
          return await this.#refuse(line, [...result.lines, `${result.input} does it`].join("; "));
        case "line":
          return await this.#refuse(
            line,
            `the command needs the text, too: ${quoteOf(result.input, MAX_OFFERED_CHARACTERS)}`,
          );
        case "done":
          if (!this.#options.json) await this.#show(result.lines.map(asEvent));
      }
    } catch (error) {
      // A RangeError: the hub has no extension.
      if (error instanceof RangeError) return await this.#refuse(line, error.message);
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
      return;
    }
    const answer = this.#answer;
    if (answer === undefined) return;
    this.#answer = undefined;
    this.#replyTo = answer.replyTo;
    if (!await this.#batcher.add(line.number, answer.text)) this.#countUnsent([line]);
    await this.#batcher.flush();
    this.#replyTo = undefined;
  }

  /** Notes an own message that the hub has acknowledged: a command may be about it before the hub sends it back. */
  #noteOwn(line: OwnLine, sequence: number, text: string): void {
    const { target = MAIN } = line;
    this.#messageCommands.noteId(target, sequence, this.#link!.messageIdOf(line));
    const session = this.#session;
    if (target.kind !== "room" || session === undefined) return;
    this.#printed.add({
      timestamp: this.#options.clock.wall(),
      username: session.name,
      message: text,
      sequence,
      room: target.name,
    });
  }

  /** Tells a user who types what they may moderate. */
  #notePowers(message: ServerMessage): void {
    for (const text of this.#moderation.receive(message)) if (this.#options.typed) this.#report(text);
  }

  async #who(line: InputLine): Promise<void> {
    await this.#untilSettled();
    await this.#opened.promise;
    if (this.#state?.kind === "open" && !this.#state.session.extended) {
      await this.#refuse(line, "cannot list the users: this hub has only the base protocol");
      return;
    }
    try {
      const answer = await this.#link!.ask({ code: Code.Who });
      if (answer.code === Code.Refused) await this.#refuse(line, answer.message);
      if (answer.code !== Code.Users || this.#options.json) return;
      await loadWidths();
      const marks = this.#session !== undefined && hasFeature(this.#session, "keys");
      await this.#show(userList(answer.users, { marks }));
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#unanswered++;
    }
  }

  #refuse({ number }: InputLine, why: string): Promise<void> {
    return this.#report(this.#refusal({ first: number, last: number, lines: 1 }, why));
  }

  /** Counts lines as refused; returns the text for the user. */
  #refusal({ first, last, lines }: LineRange, why: string): string {
    this.#refused += lines;
    if (this.#options.typed) return why;
    return first === last ? `line ${first}: ${why}` : `lines ${first} to ${last}: ${why}`;
  }

  #reportThrottled(): void {
    // Before the link is open only requests for a name can wait. The hub says it at most once for each burst, which
    // helps a user who types; a pipe is fast all the time.
    if ((this.#wasThrottled && !this.#options.typed) || !this.#wasOpen) return;
    this.#wasThrottled = true;
    this.#report("you send faster than the hub's rate limit allows: messages wait their turn, none is lost");
  }

  /** Reports once for each reason why messages are delayed. A user who types has each such message refused. */
  #noteDelay(message: ServerMessage): void {
    if (message.code !== Code.Refused || message.ref === undefined || message.retry_after_ms === undefined) {
      return;
    }
    const { error } = message;
    if (this.#options.typed || !this.#wasOpen || this.#delays.has(error)) return;
    if (error === "too_fast") {
      this.#report(`slow mode: messages wait their turn, none is lost (${message.message})`);
    } else if (error === "unavailable" && this.#options.retryMs > 0) {
      this.#report(
        `the hub takes no messages now: they wait for as long as --retry says (${message.message})`,
      );
    } else return;
    this.#delays.add(error);
  }

  #report(message: string): Promise<void> {
    const reported = this.#options.report(message).finally(() => this.#reports.delete(reported));
    this.#reports.add(reported);
    return reported;
  }

  /** The session of the open link; `undefined` without a link. */
  get #session(): Session | undefined {
    return this.#state?.kind === "open" ? this.#state.session : undefined;
  }

  async #help(): Promise<void> {
    const { json, report } = this.#options;
    const lines = helpLines(this.#session?.welcome?.features, this.#moderation.powers);
    if (json) { for (const line of lines) await report(line); }
    else await this.#show(lines.map((text): StyledLine => [{ text, style: "plain" }]));
  }

  async #print(message: ServerMessage | undefined, body: object): Promise<void> {
    if (message?.code === Code.Said) this.#printed.add(message.message);
    else if (message?.code === Code.LineChanged) this.#printed.change(message);
    if (this.#options.json) await this.#options.out.write(jsonLine(body));
    else if (message !== undefined) await this.#show(this.#transcript.receive(message));
  }

  async #show(lines: StyledLine[]): Promise<void> {
    await this.#options.out.write(await this.#lines.format(lines));
  }
}

/** Gives a line of the client the sign that it has in a pipe. */
function asEvent([first, ...rest]: StyledLine): StyledLine {
  return first === undefined ? [] : [{ ...first, text: first.text.replace(/^-- /, "* ") }, ...rest];
}

/** Whether a line is a command that changes on a terminal to whom the next lines are sent. */
function changesTarget(text: string): boolean {
  // With an operand, as without one every such command is an error.
  const input = parseTerminalInput(`${/^\S+/.exec(text)} x`);
  return input.kind === "target" && ["join", "switch", "query", "leave"].includes(input.action.kind);
}

/** Characters that JSON allows in a string, but that a terminal would obey or hide. */
const HIDDEN = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Formats a message of the hub as one line of JSON that is harmless on a terminal too.
 *
 * @param body the message, with all its fields, or a record of it
 * @returns compact JSON and a newline
 */
export function jsonLine(body: object): string {
  return JSON.stringify(body).replace(HIDDEN, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => "\\u" + unit.toString(16).padStart(4, "0")).join("");
  }) + "\n";
}
