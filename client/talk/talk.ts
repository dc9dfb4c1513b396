/**
 * The conversation of a user on a terminal. Runs what the user types, passes the messages of the hub to the parts that
 * need them, and reports the state of the link and of own messages.
 *
 * The parts do not know each other: the editor, the scrollback, the link, the painter (`painter.ts`), the stored state
 * (`saved_state.ts`) and the commands. This file is long because it connects all of them.
 *
 * @module
 */
import { ExitStatus, exitStatusOf, type Machine, Terminal } from "../machine/mod.ts";
import { Code, nameKey, type PastLine, type ServerMessage } from "../../protocol/mod.ts";
import type { Signer } from "../../identity/mod.ts";
import type { Credentials } from "../trust/mod.ts";
import { type Address, formatAddress, LinkError, type Received } from "../net/mod.ts";
import { CommandContext } from "./command_context.ts";
import { CopyCommand } from "./copy_command.ts";
import { HistoryCommands } from "./history_commands.ts";
import {
  type Capabilities,
  capabilitiesOf,
  escapesNote,
  failure,
  formatDuration,
  info,
  loadWidths,
  localeWithoutUtf8,
  needsEscapes,
  needsWidths,
  sanitizeName,
  type StyledLine,
} from "../text/mod.ts";
import { CatchUp, MissedChanges } from "../catch_up/mod.ts";
import {
  Buffers,
  type ChatBuffer,
  type EarlierMessages,
  MAIN,
  missingText,
  People,
  RESTORED_TEXT,
  roomOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import {
  type ControlRequest,
  hasFeature,
  type LinkState,
  type NameReclaimProgress,
  type Open,
  type OwnLine,
  ReconnectingLink,
  type RefusedName,
  type Session,
} from "../link/mod.ts";
import {
  applySetting,
  findCandidates,
  keysHelp,
  NUMBERS_SHOWN_BY,
  parseTerminalInput,
  saveIgnoredKeys,
  type Setting,
  type TargetAction,
  terminalHelp,
} from "../commands/mod.ts";
import type { Preferences } from "../config/mod.ts";
import { isRecalled, KEY_HELP, newEditor, type Outcome, step } from "../editor/mod.ts";
import type { Key } from "../keyboard/mod.ts";
import { IgnoredKeys } from "./ignored_keys.ts";
import {
  editInput,
  MessageCommands,
  type MessageResult,
  pickHint,
  pickMessage,
  type PickOptions,
  recallHint,
  repeatedMessage,
} from "../messages/mod.ts";
import { ModerationCommands, type ModerationResult } from "../moderation/mod.ts";
import { keyInFile, NameCommands, type NameResult } from "../names/mod.ts";
import { type RoomSettingResult, RoomSettings } from "../rooms/mod.ts";
import { OwnLines } from "./own_lines.ts";
import { Pager } from "./pager.ts";
import { Painter } from "./painter.ts";
import { RoomInputs } from "./room_inputs.ts";
import { formatMembers, RoomCommands } from "./room_commands.ts";
import { loadState, SavedState, type StoredState } from "./saved_state.ts";
import { inRoom, SubmittedInputs } from "./submitted_inputs.ts";
import { UserCommands } from "./user_commands.ts";
import { Scrollback } from "../render/mod.ts";

/**
 * How long it can take until a stop signal stops the program, and until a continued program receives the event, in
 * milliseconds.
 */
const STOP_LIMIT_MS = 50;

/** How many missed messages of a conversation that is not open are shown in the current one. */
const MAX_MISSED_IN_VIEW = 20;

/** How many buffers may be open for the client to open one more by itself: more than a user reads. */
const MAX_OPEN_BUFFERS = 100;

/** The retention that a hub announces if it stores messages forever, in milliseconds. */
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

/** More of a text than is needed to see whether it is a command, in UTF-16 units. */
const MAX_COMMAND_LENGTH = 1000;

/** Options of a conversation. */
export interface TalkOptions {
  /** The addresses of the hubs of the chat. What is stored of it is stored under the first. */
  addresses: readonly [Address, ...Address[]];
  /**
   * The wanted name, in NFC. Without one it is the name that the user had on this hub the last time, else the hub
   * chooses.
   */
  name: string | undefined;
  /** The name without a wanted and without a remembered one; without it the hub chooses. */
  defaultName?: string | undefined;
  /**
   * The rooms to join besides `main`, without `#`. The first of them is the current room. Without any they are the
   * rooms in which the user was the last time, and `main` is the current room.
   */
  rooms: readonly string[];
  /** Ends the conversation when aborted. */
  signal: AbortSignal;
  /** Whether to use the config folder, for preferences, input history and read markers. */
  config: boolean;
  /** The hub's password, if it is known. */
  credentials?: Credentials | undefined;
  /** Signs with the key of the user; without one the user is a guest. */
  signer?: Signer | undefined;
  /** Whether the user's own key was made just now. The default is `false`. */
  hasNewKey?: boolean | undefined;
  /** Whether the user is asked for another name if the name belongs to somebody; else it gets a suffix. */
  asksForName?: boolean | undefined;
  /** Describes the security of the link to the user; `undefined` if there is nothing to say. */
  security: () => string | undefined;
}

/** One conversation on a terminal. */
export class Talk {
  readonly #security: () => string | undefined;
  /** Whether the user's own key was made just now and the user was not told. */
  #hasNewKey: boolean;
  readonly #clock: TimedClock;
  readonly #capabilities: Capabilities;
  /** The environment variable that limits the terminal to ASCII; `undefined` once that was explained to the user. */
  #localeWithoutUtf8: string | undefined;
  readonly #terminal: Terminal;
  readonly #painter: Painter;
  readonly #link: ReconnectingLink;
  readonly #scrollback: Scrollback;
  readonly #savedState: SavedState;
  readonly #ownLines: OwnLines;
  readonly #people = new People();
  readonly #buffers = new Buffers();
  readonly #roomCommands: RoomCommands;
  readonly #userCommands: UserCommands;
  readonly #historyCommands: HistoryCommands;
  readonly #ignoredKeys: IgnoredKeys;
  readonly #copyCommand: CopyCommand;
  readonly #nameCommands: NameCommands;
  readonly #roomSettings: RoomSettings;
  readonly #moderation: ModerationCommands;
  readonly #pager: Pager;
  readonly #messageCommands: MessageCommands;
  readonly #missedChanges: MissedChanges;
  /** What picking a message by Up and Down needs to know. */
  readonly #picking: PickOptions;
  readonly #catchUp: CatchUp;
  /** Whether it is said on this link that the hub has an earlier state of its messages. */
  #isRestoredNoted = false;
  /** The name and the rooms that the user has asked for at the start. */
  readonly #wanted: Pick<TalkOptions, "name" | "rooms">;
  /** The user's name of the last time on this hub. */
  readonly #lastName: string | undefined;
  #preferences: Preferences;
  readonly #inputs: RoomInputs;
  readonly #submitted: SubmittedInputs;
  /** Whether the notice about the hub's history was shown. */
  #hasNotedRetention = false;
  #wasOpen = false;
  /** Whether the users online were fetched. */
  #hasFetchedUsers = false;
  /** Whether the user joins with an invite, which may lead into a room. */
  readonly #isInvited: boolean;
  /** The session for which it was noted why its name is not the wanted one, and whether the name was given up. */
  #reclaimNoted: { session: Session; gaveUp: boolean } | undefined;
  /** How many missed messages were fetched over this link, or are known to be there. */
  #missedCount = 0;
  /** The security of the link that the user was told last. */
  #notedSecurity: string | undefined;
  /** The refusals of the hub that were noted since the link was lost. */
  readonly #refusalsNoted = new Set<string>();
  /** The session whose opening the commands have handled. */
  #openedSession: Session | undefined;
  /** The exit status if the user leaves. */
  #leaveStatus: number = ExitStatus.Ok;

  private constructor(
    {
      addresses,
      name,
      defaultName,
      rooms,
      credentials,
      signer,
      hasNewKey = false,
      asksForName = false,
      security,
      signal,
    }: TalkOptions,
    stored: StoredState,
    machine: Machine,
  ) {
    const { remembered } = stored;
    for (const room of rooms.length > 0 ? rooms : remembered.rooms) this.#buffers.open(roomOf(room));
    if (rooms[0] !== undefined) this.#buffers.switchTo(this.#buffers.open(roomOf(rooms[0])));
    this.#wanted = { name, rooms };
    this.#isInvited = addresses[0].invite !== undefined;
    this.#lastName = stored.remembered.name;
    this.#security = security;
    this.#hasNewKey = hasNewKey;
    this.#clock = machine.clock;
    this.#localeWithoutUtf8 = localeWithoutUtf8(machine.environment);
    const capabilities = this.#capabilities = capabilitiesOf(machine.environment);
    this.#preferences = stored.preferences;
    this.#inputs = new RoomInputs(newEditor({ history: stored.history }), this.#buffers.current);
    this.#submitted = new SubmittedInputs({
      current: () => this.#buffers.current,
      run: (text) => this.#run(text),
      say: (text, room) => this.#link.say(text, room),
    });
    this.#link = new ReconnectingLink(addresses, {
      name: name ?? remembered.name ?? defaultName,
      // Another client of the user may have the name, or another user.
      suffixName: name === undefined,
      suffixOwned: name === undefined && !asksForName,
      rooms: () => this.#buffers.rooms,
      known: () => this.#catchUp.known(),
      received: (received) => this.#received(received),
      changed: (state) => this.#linkChanged(state),
      distrusted: (why) => this.#note(why),
      lineChanged: (line) => this.#ownLineChanged(line),
      credentials,
      identity: signer,
      connect: machine.connect,
      resolve: machine.resolve,
      random: machine.random,
      clock: machine.clock,
    });
    this.#terminal = new Terminal({
      keys: (keys) => this.#typed(keys),
      resized: () => this.#painter.fit(),
      continued: () => this.#painter.resume(),
      gone: () => {
        this.#leaveStatus = ExitStatus.HungUp;
        this.#link.close();
      },
    }, machine.clock);
    const { size } = this.#terminal;
    this.#scrollback = new Scrollback({
      columns: size.columns,
      capabilities,
      preferences: stored.preferences,
      offsetMinutes: machine.offsetMinutes,
      now: machine.clock.wall(),
      buffers: this.#buffers,
      isIn: (name, room) => this.#people.isIn(name, room),
    });
    this.#painter = new Painter({
      terminal: this.#terminal,
      size,
      capabilities,
      environment: machine.environment,
      scrollback: this.#scrollback,
      buffers: this.#buffers,
      countIn: (room) => this.#people.countIn(room),
      hub: () => this.#hub,
      clock: machine.clock,
      linkState: () => this.#link.state,
      editor: () => this.#inputs.editor,
      hint: () => this.#ownLines.hint ?? this.#messageHint,
    });
    this.#savedState = new SavedState(stored, {
      hub: formatAddress(addresses[0]),
      clock: machine.clock,
      buffers: () => this.#buffers.all,
      current: () => this.#buffers.current,
      note: (text) => this.#note(text),
      error: (message) => this.#error(message),
    });
    this.#ownLines = new OwnLines({
      clock: machine.clock,
      buffers: this.#buffers,
      isOnline: () => this.#link.state?.kind === "open",
      isQueued: (target) => this.#catchUp.isWaiting(target),
      note: (text) => this.#note(text),
      error: (message) => this.#error(message),
      giveBack: (room, input) => {
        this.#inputs.giveBack(room, input);
        this.#painter.draw();
      },
      hintChanged: () => this.#painter.draw(),
    });
    const ask = (request: ControlRequest) => this.#link.ask(request);
    this.#catchUp = new CatchUp({
      ask,
      elapsed: () => this.#clock.elapsed(),
      buffers: () => this.#buffers.all,
      current: () => this.#buffers.current,
      readMarkerOf: (target) => this.#savedState.readMarkerOf(target),
      showEarlier: (target, earlier) => this.#showEarlier(target, earlier),
      deliver: (message) => this.#show(message),
      caughtUp: (target) => this.#ownLines.caughtUp(target),
      renamed: () => this.#buffers.restartConversations(),
      restored: (target, sequence) => this.#restored(target, sequence),
      missing: (target, count) => this.#note(missingText(count, targetLabel(target))),
    });
    const context = new CommandContext({
      ask,
      session: () => this.#session,
      print: (lines) => this.#print(lines),
    });
    this.#nameCommands = new NameCommands({
      keyInFile,
      ask,
      session: () => this.#session,
      ownKey: () => this.#link.publicKey,
      now: () => this.#clock.wall(),
      offsetMinutes: machine.offsetMinutes,
    });
    this.#roomSettings = new RoomSettings({
      ask,
      session: () => this.#session,
      offsetMinutes: machine.offsetMinutes,
    });
    this.#moderation = new ModerationCommands({
      ask,
      session: () => this.#session,
      now: () => this.#clock.wall(),
      offsetMinutes: machine.offsetMinutes,
    });
    this.#messageCommands = new MessageCommands({
      ask,
      session: () => this.#session,
      shownIn: (target) => this.#scrollback.lines.shownIn(target),
      moderates: (target) => this.#moderation.moderates(target),
      say: (text, target, replyTo) => this.#link.say(text, target, replyTo),
      numbersShownBy: NUMBERS_SHOWN_BY.terminal,
      offsetMinutes: machine.offsetMinutes,
    });
    this.#missedChanges = new MissedChanges({
      ask,
      restarted: () => this.#scrollback.lines.restart(),
      missed: (changes) => this.#painter.print(this.#scrollback.showChanges(changes, this.#clock.wall())),
    });
    this.#picking = {
      shown: () => this.#scrollback.lines.shownIn(this.#buffers.current),
      isSelf: (name) => nameKey(name) === nameKey(this.#scrollback.name),
      moderates: () => this.#moderation.moderates(this.#buffers.current),
      offsetMinutes: machine.offsetMinutes,
    };
    const listed = {
      context,
      now: () => this.#clock.wall(),
      separator: (text: string) => this.#scrollback.separator(text),
      show: (rows: readonly string[]) => this.#painter.print([...this.#scrollback.flush(), ...rows]),
      shown: (line: PastLine) => this.#scrollback.lines.noteShown(line),
    };
    const rowsOf = (line: PastLine) => this.#scrollback.earlierRows(line, this.#clock.wall(), true);
    const countRows = (line: PastLine) => this.#scrollback.countRows(line, this.#clock.wall());
    const pager = this.#pager = new Pager({
      ...listed,
      terminalRows: () => this.#painter.rows,
      rowsOf: (entry) => "message" in entry ? rowsOf(entry) : this.#scrollback.rowsOf(entry),
      countRows: (entry) => "message" in entry ? countRows(entry) : this.#scrollback.rowsOf(entry).length,
      foldedAt: () => this.#scrollback.foldedAt,
      unfold: () => this.#scrollback.unfold(),
    });
    this.#historyCommands = new HistoryCommands({
      ...listed,
      pager,
      target: () => this.#submitted.room,
      isHidden: (name) => this.#scrollback.isHidden(name),
      rowsOf,
      countRows,
    });
    this.#copyCommand = new CopyCommand({
      context,
      shown: this.#scrollback.shown,
      clipboard: capabilities.clipboard,
      offsetMinutes: machine.offsetMinutes,
      write: (sequence) => this.#painter.send(sequence),
    });
    this.#ignoredKeys = new IgnoredKeys({
      context,
      clock: machine.clock,
      ignored: this.#scrollback.ignored,
      found: (name, keys) => this.#ignoreKeys(name, keys),
    });
    this.#roomCommands = new RoomCommands({
      context,
      pager,
      buffers: this.#buffers,
      catchUp: this.#catchUp,
      people: this.#people,
      joined: (room) => this.#savedState.remember({ joined: room }),
      closing: (buffer, by) => this.#closing(buffer, by),
      switched: () => this.#showBuffer(),
    });
    this.#userCommands = new UserCommands({
      context,
      pager,
      columns: () => this.#painter.columns,
      buffers: this.#buffers,
      people: this.#people,
      catchUp: this.#catchUp,
      isHidden: (name) => this.#scrollback.isHidden(name),
      say: (text, target) => this.#link.say(text, target),
      switchTo: (buffer) => this.#roomCommands.switchTo(buffer),
    });
    for (const problem of stored.problems) this.#error(problem);
    signal.addEventListener("abort", () => this.#link.close());
    if (signal.aborted) this.#link.close();
  }

  /**
   * Reads the stored state and takes the terminal over.
   *
   * @param options see {@linkcode TalkOptions}
   * @param machine the machine
   * @returns the conversation, before it connects
   */
  static async prepare(options: TalkOptions, machine: Machine): Promise<Talk> {
    const { addresses, config, name = "", rooms } = options;
    const stored = await loadState(formatAddress(addresses[0]), config);
    const texts = [
      ...addresses.map(({ hostname }) => hostname),
      name,
      ...rooms,
      stored.folder.pathOf(""),
      ...stored.preferences.ignore,
      ...stored.problems,
      ...stored.history,
      stored.remembered.name ?? "",
      ...stored.remembered.rooms,
    ];
    if (texts.some(needsWidths)) await loadWidths();
    return new Talk(options, stored, machine);
  }

  /**
   * Runs the conversation until it ends.
   *
   * @returns the exit status; the reason for the user, if there is one; and the name that the hub refused, if that is
   * the reason; the terminal is restored by then
   */
  async run(): Promise<{ status: number; why?: string; refusedName?: RefusedName | undefined }> {
    try {
      this.#painter.begin();
      const { how, why, refusedName } = await this.#link.run();
      this.#savedState.saveReadMarkers();
      await this.#savedState.settled();
      if (how === "left") return { status: this.#leaveStatus };
      return { status: exitStatusOf(how), why, refusedName };
    } finally {
      this.#savedState.cancelSave();
      this.#ownLines.end();
      this.#ignoredKeys.end();
      this.#painter.end();
    }
  }

  #typed(keys: Key[]): void {
    if (this.#painter.isSuspended) return this.#painter.resume();
    for (const key of keys) {
      if (key.kind === "focus" && !key.focused) this.#scrollback.unread.focusLost();
      else this.#scrollback.unread.focusGained();
      const { state, outcome } = step(this.#inputs.editor, key, {
        complete: (text, cursor) => findCandidates(text, cursor, this.#knownWords),
        bufferCount: this.#buffers.all.length,
        mayCut: isPlainText,
        moveByRow: (move) => this.#painter.moveByRow(move),
        pick: (text, step) => this.#canChange ? pickMessage(text, step, this.#picking) : undefined,
      });
      this.#inputs.update(state, outcome?.kind === "submit");
      if (outcome === undefined) continue;
      // First the input is drawn without the submitted text: otherwise the next output would draw that text again.
      this.#painter.draw();
      this.#act(outcome);
    }
    this.#inputs.settle();
    this.#explainEscapes(this.#inputs.editor.buffer.text);
    this.#painter.draw();
    this.#painter.drawTitle();
  }

  get #knownWords() {
    const names = this.#people.others(this.#scrollback.name);
    return {
      names,
      here: names.filter((name) => this.#people.isIn(name, nameKey(this.#buffers.current.name))),
      rooms: this.#roomCommands.rooms,
      buffers: this.#buffers.all.map(targetLabel),
      ignored: this.#scrollback.ignored.list().map(({ name }) => name),
      self: this.#scrollback.name,
      keys: this.#nameCommands.fingerprints,
      features: this.#session && (this.#session.welcome?.features ?? []),
      powers: this.#moderation.powers,
      bans: this.#moderation.targets,
    };
  }

  /** The address of the hub, as the user sees it. */
  get #hub(): string {
    return formatAddress(this.#link.address);
  }

  /** The session of the open link; `undefined` without a link. */
  get #session(): Session | undefined {
    return this.#link.state?.kind === "open" ? this.#link.state.session : undefined;
  }

  #act(outcome: Outcome): void {
    switch (outcome.kind) {
      case "submit":
        this.#historyCommands.forgetPages();
        if (outcome.messages === undefined) return this.#submitted.submit(outcome.text);
        this.#savedState.appendHistory(outcome.text);
        return this.#submitted.submitParts(outcome.messages);
      case "interrupt":
        this.#leaveStatus = ExitStatus.Interrupted;
        return this.#link.leave();
      case "end":
        return this.#link.leave();
      case "suspend":
        return this.#suspend();
      case "clearScreen":
        return this.#painter.clear();
      case "goTo":
        return this.#goTo(this.#buffers.all[outcome.number - 1]);
      case "nextUnread":
        return this.#goTo(this.#buffers.nextUnread);
      case "back":
        return this.#goTo(this.#buffers.previous);
      case "pageUp":
        this.#historyCommands.showOlder(this.#buffers.current);
        return;
      case "pageDown":
        this.#historyCommands.showNewest();
        return;
      case "editMessage":
        return this.#editMessage();
      case "refused":
        return this.#painter.ring();
      case "askPaste":
        return;
    }
  }

  /** Goes to a buffer by a key; rings if there is none. */
  #goTo(buffer: ChatBuffer | undefined): void {
    if (buffer === undefined) return this.#painter.ring();
    this.#submitted.moved();
    this.#inputs.stay();
    this.#roomCommands.switchTo(buffer);
  }

  /** Runs an input. Returns a promise if the next input has to wait for it. */
  #run(text: string): Promise<void> | void {
    const input = parseTerminalInput(text);
    if (input.kind !== "empty") this.#savedState.appendHistory(text);
    switch (input.kind) {
      case "empty":
        return;
      case "quit":
        return this.#link.leave();
      case "help":
        return this.#print(
          terminalHelp(
            this.#painter.columns,
            input.command,
            this.#session?.welcome?.features,
            this.#moderation.powers,
          ),
        );
      case "keys":
        return this.#print(keysHelp(this.#painter.columns, KEY_HELP));
      case "clear":
        return this.#painter.clear();
      case "reconnect":
        return this.#link.reconnectNow();
      case "copy":
        return this.#copyCommand.copy(input.choice);
      case "redraw":
        return this.#redraw();
      case "message":
        this.#finish(this.#messageCommands.do(input.action, this.#submitted.room, input.sure));
        return;
      case "setting":
        return this.#set(input.setting);
      case "history":
        this.#historyCommands.do(input.action);
        return;
      case "target":
        return this.#runTargetAction(input.action);
      case "name":
        this.#finish(this.#nameCommands.do(input.action));
        return;
      case "moderation":
        this.#finish(this.#moderation.do(input.action, this.#submitted.room, input.sure));
        return;
      case "room":
        this.#finish(this.#roomSettings.do(input.action, this.#submitted.room));
        return;
      case "error":
        this.#error(input.message);
        this.#inputs.giveBack(this.#submitted.room, input.instead ?? text);
        this.#painter.draw();
        return;
      case "request":
        if (input.request.code === Code.Say) this.#link.say(input.request.message, this.#submitted.room);
        else if (input.request.code === Code.Rename) this.#rename(input.request.username);
    }
  }

  /** Runs an action on rooms or users. Returns a promise if the action can change the current buffer later. */
  #runTargetAction(action: TargetAction): Promise<void> | void {
    switch (action.kind) {
      case "join":
      case "leave":
        return this.#roomCommands.do(inRoom(action, this.#submitted.room));
      case "switch":
      case "list":
        this.#roomCommands.do(action);
        return;
      default:
        this.#userCommands.do(inRoom(action, this.#submitted.room));
    }
  }

  /** Shows what a command has done, or asks the user to confirm it. */
  async #finish(
    command: Promise<NameResult | RoomSettingResult | ModerationResult | MessageResult>,
  ): Promise<void> {
    const room = this.#submitted.room;
    try {
      const result = await command;
      if (result.kind === "failed") {
        this.#error(result.message);
        if ("input" in result && result.input !== undefined) this.#giveBack(room, result.input);
        return;
      }
      if (result.kind === "line") {
        this.#inputs.put(room, result.input);
        return this.#painter.draw();
      }
      if (result.kind === "list") return this.#pager.list(result.heading, result.lines);
      if (result.kind === "done") {
        this.#print(result.lines);
        if ("takeName" in result && result.takeName !== undefined) await this.#rename(result.takeName);
        return;
      }
      for (const line of result.lines) this.#note(line);
      this.#note("Enter does it, Esc does not");
      this.#giveBack(room, result.input);
    } catch (error) {
      // A RangeError: the hub has no extension.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      this.#error(error.message);
    }
  }

  #giveBack(room: ChatBuffer, input: string): void {
    this.#inputs.giveBack(room, input);
    this.#painter.draw();
  }

  #ownLineChanged(line: OwnLine): void {
    const { state, target = MAIN } = line;
    if (state.kind === "acknowledged" && state.sequence !== undefined) {
      this.#messageCommands.noteId(target, state.sequence, this.#link.messageIdOf(line));
    }
    this.#ownLines.changed(line);
  }

  /** What the line does with a message that was sent, as one line for the user. */
  get #messageHint(): string | undefined {
    if (!this.#canChange) return undefined;
    const { editor } = this.#inputs;
    const { text } = editor.buffer;
    return isRecalled(editor) ? recallHint(text, this.#picking) : pickHint(text, this.#picking);
  }

  /** Whether messages can be changed on this hub. */
  get #canChange(): boolean {
    return this.#session !== undefined && hasFeature(this.#session, "changes");
  }

  /** Offers to change the message that the user has recalled, or the last one. */
  #editMessage(): void {
    const line = this.#canChange
      ? repeatedMessage(this.#inputs.editor.buffer.text, this.#picking)
      : undefined;
    if (line === undefined) this.#painter.ring();
    else this.#inputs.replace(editInput(line));
  }

  /** Shows the last messages of the current room again, in place of all that is on the screen. */
  #redraw(): void {
    this.#painter.rebuild((rows) => this.#scrollback.redraw(rows, this.#clock.wall()));
  }

  #set(setting: Setting): void {
    const { preferences, changes, lines } = applySetting(this.#preferences, setting, {
      name: this.#scrollback.name,
      ignored: this.#scrollback.ignored,
    });
    this.#preferences = preferences;
    this.#scrollback.setPreferences(preferences);
    this.#print(lines);
    if (changes.bell === "notify" && this.#capabilities.notifications === undefined) {
      this.#note("this terminal is not known to show notifications, so the bell rings instead");
    }
    if (Object.keys(changes).length > 0) this.#savedState.savePreferences(changes);
    if (setting.kind === "ignore" && changes.ignore !== undefined) this.#ignoredKeys.add(setting.name);
  }

  /** Hides the messages of an ignored user whose keys are known, and saves the keys. */
  #ignoreKeys(name: string, keys: readonly string[]): void {
    const changes = saveIgnoredKeys(this.#preferences, name, keys);
    if (changes === undefined) return this.#scrollback.hideIgnored();
    this.#preferences = { ...this.#preferences, ...changes };
    this.#scrollback.setPreferences(this.#preferences);
    this.#savedState.savePreferences(changes);
  }

  async #rename(name: string): Promise<void> {
    const end = await this.#link.rename(name);
    if (end.kind === "refused") this.#error(end.message);
    else if (end.kind === "renamed") this.#savedState.remember({ name: end.name });
  }

  /** Remembers the name and the rooms that the user has asked for at the start, if the hub has granted them. */
  #rememberOptions({ name, welcome }: Session): void {
    const { name: wanted, rooms } = this.#wanted;
    if (wanted !== undefined && nameKey(wanted) === nameKey(name)) {
      this.#savedState.remember({ name: wanted });
    }
    const last = wanted === undefined ? this.#lastName : undefined;
    if (last !== undefined && nameKey(last) !== nameKey(name)) {
      this.#note(`the name ${last} is taken: your name is ${name}; :username ${last} asks for it again`);
    }
    const joined = new Set(welcome?.rooms.map(nameKey));
    for (const room of rooms) if (joined.has(nameKey(room))) this.#savedState.remember({ joined: room });
    const again = rooms.length > 0 ? [] : this.#buffers.rooms.map((room) => targetLabel(roomOf(room)));
    if (again.length > 0) this.#note(`your rooms of the last time: ${again.join(", ")}`);
  }

  /** Opens the room into which the user's invite leads: the hub has put the user into it. */
  #openInvitedRooms({ welcome }: Session): void {
    for (const name of welcome?.rooms ?? []) {
      const room = roomOf(name);
      if (this.#buffers.find(room) === undefined) this.#roomCommands.do({ kind: "join", room });
    }
  }

  /** Handles whether the hub stores a history, and says once for how long. */
  #noteRetention({ welcome }: Session): void {
    this.#savedState.setHubHasHistory(welcome?.features.includes("history") ?? false, welcome?.epoch);
    const ms = welcome?.retention_ms ?? 0;
    if (ms <= 0 || this.#hasNotedRetention) return;
    this.#hasNotedRetention = true;
    this.#note(`the hub stores messages ${ms >= FOREVER_MS ? "forever" : `for ${formatDuration(ms)}`}`);
  }

  /** Fetches the users online and the rooms, for completion. Over a slow link the lists would delay everything else. */
  #fetchLists(session: Session): void {
    if (session !== this.#openedSession || this.#link.state?.kind !== "open" || this.#catchUp.isSlow) return;
    this.#fetchUsers(session);
    this.#roomCommands.fetchKnown(session);
  }

  /** Fetches the users online. The first answer is shown. */
  async #fetchUsers(session: Session): Promise<void> {
    if (!session.welcome?.features.includes("who")) return;
    // The list of a big room would be one of thousands to each of thousands; :who lists them.
    if (this.#people.countIn(MAIN.name) !== undefined) return;
    const isFirst = !this.#hasFetchedUsers;
    this.#hasFetchedUsers = true;
    try {
      const answer = await this.#link.ask({ code: Code.Who });
      if (!isFirst || answer.code !== Code.Users || this.#buffers.current !== this.#buffers.find(MAIN)) {
        return;
      }
      const names = answer.users.map(({ username }) => username);
      this.#note(formatMembers(targetLabel(MAIN), names, nameKey(session.name)));
    } catch (error) {
      // Without a link there is no user online to complete.
      if (!(error instanceof LinkError)) throw error;
    }
  }

  /** Stops the program and gives the terminal to the shell. All notices about it have to be shown before. */
  #suspend(): void {
    const { whyCannotStop } = this.#terminal;
    if (whyCannotStop !== undefined) return this.#error(`Cannot stop: ${whyCannotStop}`);
    this.#note("stopping; type fg to continue; if no shell appears, press Ctrl-Z again");
    this.#painter.suspend();
    if (!this.#terminal.stop()) return;
    // If the program was stopped, the first wait ends after it continues, and the event arrives during the second.
    this.#clock.after(
      STOP_LIMIT_MS,
      () => this.#clock.after(STOP_LIMIT_MS, () => this.#continueIfNotStopped()),
    );
  }

  #continueIfNotStopped(): void {
    if (!this.#painter.isSuspended) return;
    this.#error("Cannot stop: there is no shell to return to");
    this.#painter.resume();
  }

  /** Loads the character widths if the message needs them to be shown. */
  #received(received: Received): void | Promise<void> {
    const { message, error } = received;
    const text = JSON.stringify(message) + error?.message;
    const handle = () => {
      this.#handle(received);
      this.#explainEscapes(text);
    };
    if (!needsWidths(text)) return handle();
    return loadWidths().then(handle);
  }

  /** Says once why letters are shown as escapes. */
  #explainEscapes(text: string): void {
    if (this.#localeWithoutUtf8 === undefined || !needsEscapes(text)) return;
    this.#note(escapesNote(this.#localeWithoutUtf8));
    this.#localeWithoutUtf8 = undefined;
  }

  #handle({ message, error }: Received): void {
    if (error !== undefined) this.#error(error.message);
    if (message === undefined) return;
    this.#roomCommands.receive(message, this.#scrollback.name);
    const isOwn = (room: string) => this.#roomCommands.isJoining(room);
    for (const text of this.#moderation.receive(message, isOwn)) this.#note(text);
    if (message.code === Code.History) this.#scrollback.observe(message);
    if (this.#catchUp.receive(message)) this.#show(message);
  }

  /** Shows a message, or stores it in its buffer if that is not current. */
  #show(message: ServerMessage): void {
    this.#ignoredKeys.receive(message);
    this.#userCommands.receive(message, this.#scrollback.name);
    const { rows, bell, notification } = this.#scrollback.receive(message, this.#clock.wall());
    this.#people.receive(message);
    this.#printUpdate(rows, bell);
    if (notification !== undefined) this.#painter.notify(notification);
    this.#painter.flushWhenDue();
    this.#savedState.saveReadMarkersSoon();
  }

  /** Shows earlier messages of a target, or stores them in its buffer if that is not current. */
  /** Handles that the hub has other messages of a target after some number. Says so once for all targets of a link. */
  #restored(target: Target, sequence: number): void {
    this.#buffers.find(target)?.forgetAfter(sequence);
    this.#savedState.forgetAfter(target, sequence);
    this.#scrollback.lines.forgetAfter(target, sequence);
    if (!this.#isRestoredNoted) this.#note(RESTORED_TEXT);
    this.#isRestoredNoted = true;
  }

  #showEarlier(target: Target, earlier: EarlierMessages): void {
    this.#missedCount += (earlier.newCount ?? 0) + earlier.skipped;
    const buffer = this.#buffers.find(target) ?? this.#openMissed(target, earlier);
    if (buffer === undefined) return;
    const { rows, bell } = this.#scrollback.showEarlier(buffer, earlier, this.#clock.wall());
    this.#printUpdate(rows, bell);
    if (buffer === this.#buffers.current) this.#offerMissed();
    this.#savedState.saveReadMarkersSoon();
  }

  /** Opens a conversation with many missed messages. Shows a few as if they came now, without opening it. */
  #openMissed(person: Target, { lines, newCount = 0, skipped }: EarlierMessages): ChatBuffer | undefined {
    const count = newCount + skipped;
    if (person.kind === "room" || count === 0 || this.#scrollback.isHidden(person.name)) return undefined;
    if (count > MAX_MISSED_IN_VIEW && this.#buffers.all.length < MAX_OPEN_BUFFERS) {
      return this.#buffers.open(person);
    }
    const shown = Math.min(newCount, MAX_MISSED_IN_VIEW);
    if (count > shown) {
      const name = sanitizeName(person.name);
      this.#note(
        `${count - shown} earlier direct messages of ${name} are not shown; :query ${name} shows them`,
      );
    }
    for (const { room: _, ...line } of lines.slice(lines.length - shown)) {
      const { to = this.#scrollback.name, verified = false } = line;
      this.#show({ code: Code.SaidTo, message: { ...line, to, verified } });
    }
    return undefined;
  }

  /** Says how to see the messages of the current buffer that are not shown. */
  #offerMissed(): void {
    const { current } = this.#buffers;
    const missed = current.takeMissed();
    if (missed !== undefined) this.#historyCommands.offerMissed(current, missed);
  }

  #printUpdate(rows: readonly string[], bell: boolean): void {
    this.#painter.print(rows);
    if (bell) this.#painter.ring();
    this.#painter.drawTitle();
    this.#painter.drawPromptSoon();
  }

  /** Shows the current buffer after a switch. */
  #showBuffer(): void {
    this.#inputs.switchTo(this.#buffers.current);
    this.#historyCommands.forgetPages();
    this.#painter.print(this.#scrollback.showBuffer(this.#clock.wall()));
    this.#offerMissed();
    this.#catchUp.viewed(this.#buffers.current);
    this.#painter.draw();
    this.#painter.drawTitle();
  }

  #linkChanged(state: LinkState): void {
    if (state.kind === "connecting") {
      this.#scrollback.startConnection();
      this.#people.clear();
      this.#isRestoredNoted = false;
      this.#ignoredKeys.reset();
      this.#moderation.connecting();
      this.#catchUp.connecting();
      this.#missedCount = 0;
    }
    if (state.kind === "open") {
      if (!this.#wasOpen) {
        this.#notedSecurity = this.#security();
        const how = [`connected to ${this.#hub}`, this.#notedSecurity].filter(Boolean).join(", ");
        this.#note(`${how}; :help lists the commands`);
        this.#rememberOptions(state.session);
      }
      this.#wasOpen = true;
      const { reclaim, session } = state;
      if (session !== this.#openedSession) {
        const isFirst = this.#openedSession === undefined;
        this.#openedSession = session;
        this.#ownLines.linkOpened();
        // First the messages of the current target: the hub answers in order.
        const caughtUp = this.#catchUp.opened();
        const joined = this.#roomCommands.opened(session);
        if (!isFirst) caughtUp.then(() => this.#noteReconnected(session));
        this.#missedChanges.opened(session);
        this.#noteRetention(session);
        this.#noteKey(session);
        if (isFirst && this.#isInvited) this.#openInvitedRooms(session);
        if (isFirst) this.#fetchLists(session);
        else Promise.all([caughtUp, joined]).then(() => this.#fetchLists(session));
      }
      this.#refusalsNoted.clear();
      if (reclaim !== undefined) this.#noteReclaim(state, reclaim);
    }
    if (state.kind === "waiting" && this.#wasOpen && state.attempt === 0) {
      this.#note(`connection lost: ${state.why}; connecting again`);
    } else if (state.kind === "waiting" && state.how === "refused" && !this.#refusalsNoted.has(state.why)) {
      this.#refusalsNoted.add(state.why);
      this.#note(`${state.why}; trying again`);
    }
    this.#painter.draw();
  }

  /** Says that the link is open again, how it is protected if that has changed, and how much was missed. */
  #noteReconnected(session: Session): void {
    if (session !== this.#session) return;
    const security = this.#security();
    const changed = security === this.#notedSecurity ? [] : [security ?? "on this machine"];
    this.#notedSecurity = security;
    const missed = hasFeature(session, "history") ? [`${this.#missedCount} missed`] : [];
    this.#note([`reconnected to ${this.#hub}`, ...changed, ...missed].join(", "));
  }

  /** Says that the user has a new key, on the first hub where it has a meaning. */
  #noteKey(session: Session): void {
    if (!this.#hasNewKey || !hasFeature(session, "keys")) return;
    this.#hasNewKey = false;
    this.#note("a name under which you talk here is yours, by your new key; riftchat identity shows it");
  }

  /** Says once why the name is not the wanted one and what the user can do, and once if it is given up. */
  #noteReclaim({ session, holdsMessages }: Open, { name, why, gaveUp }: NameReclaimProgress): void {
    const noted = this.#reclaimNoted;
    if (noted?.session === session && noted.gaveUp === gaveUp) return;
    this.#reclaimNoted = { session, gaveUp };
    if (gaveUp) {
      return this.#note(`cannot get the name ${name} back: ${why}; :username ${name} asks for it again`);
    }
    this.#note(`cannot get the name ${name} back yet: ${why}`);
    if (holdsMessages) this.#note("your messages wait for that name; :username takes another one at once");
  }

  #closing(buffer: ChatBuffer, by: "user" | "hub"): void {
    // What was typed for a room that the hub closes must not be sent to the next one.
    if (by === "hub" && buffer === this.#buffers.current) this.#inputs.stay();
    this.#savedState.noteRead([buffer]);
    if (buffer.kind === "room") {
      this.#savedState.remember({ left: buffer.name });
      this.#people.leftRoom(buffer.name);
      this.#scrollback.leftRoom(buffer.name);
    }
    if (this.#inputs.close(buffer)) {
      this.#note(`the draft of ${targetLabel(buffer)} is cut; Ctrl-Y pastes it`);
    }
  }

  #note(text: string): void {
    this.#print([info(text)]);
  }

  #error(message: string): void {
    this.#print([failure(message)]);
  }

  #print(lines: readonly StyledLine[]): void {
    this.#painter.print(this.#scrollback.print(lines));
  }
}

/** Whether a text is a message and no command. */
function isPlainText(text: string): boolean {
  const input = parseTerminalInput(text.slice(0, MAX_COMMAND_LENGTH));
  return input.kind === "request" && input.request.code === Code.Say;
}
