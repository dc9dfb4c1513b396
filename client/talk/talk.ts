/**
 * The conversation of a person on a terminal: what is typed is edited in the last rows, what the hub says scrolls
 * above.
 *
 * Puts the editor, the screen, the transcript and the tether together; each of them knows nothing of the others.
 * Nothing
 * here is written to the terminal but through the screen, so that arriving lines never disturb what is being typed.
 * Longer than most files, as all of them meet here.
 *
 * It is long because drawing and saved state still stand with the conversation.
 *
 * @module
 */
import { ExitStatus, exitStatusOf, type Machine, Terminal } from "../machine/mod.ts";
import { Code, type ServerMessage } from "../../protocol/mod.ts";
import type { Credentials } from "../trust/mod.ts";
import { type Address, formatAddress, LinkError, type Received } from "../net/mod.ts";
import { HistoryCommands } from "./history_commands.ts";
import {
  type Capabilities,
  capabilitiesOf,
  failure,
  formatDuration,
  info,
  loadWidths,
  needsWidths,
  type StyledLine,
} from "../text/mod.ts";
import { CatchUp } from "./catch_up.ts";
import {
  addReadMarkers,
  Buffers,
  type ChatBuffer,
  type EarlierMessages,
  MAIN,
  parseReadMarkers,
  People,
  READ_MARKERS_FILE,
  type ReadMarker,
  readMarkerKey,
  type ReadMarkers,
  roomOf,
  type Target,
  targetKey,
  targetLabel,
} from "../model/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import {
  type ControlRequest,
  type LinkState,
  type OwnLine,
  ReconnectingLink,
  type Session,
} from "../link/mod.ts";
import {
  applySetting,
  findCandidates,
  parseTerminalInput,
  type Setting,
  type TargetAction,
  terminalHelp,
} from "../commands/mod.ts";
import {
  ConfigError,
  type ConfigFolder,
  findConfigFolder,
  HISTORY_FILE,
  loadPreferencesFile,
  NO_CONFIG_FOLDER,
  type Preferences,
  type PreferencesFile,
} from "../config/mod.ts";
import {
  compactHistory,
  type EditorState,
  newEditor,
  type Outcome,
  parseHistory,
  serializeEntry,
  step,
  viewOf,
  withDraft,
} from "../editor/mod.ts";
import type { Key } from "../keyboard/mod.ts";
import { RoomCommands } from "./room_commands.ts";
import { reflowOf, Screen } from "../screen/mod.ts";
import { BELL, promptOf, RESTORE_TITLE, SAVE_TITLE, Scrollback, setTitle, titleText } from "../render/mod.ts";

/** How often what takes time is shown anew, in milliseconds. */
const TICK_MS = 1000;

/** How long it may take until the program is stopped, or until it hears that it goes on, in milliseconds. */
const STOP_LIMIT_MS = 50;

/** How long what was seen waits until it is kept for the next time, in milliseconds: what a kill may cost. */
const SAVE_MS = 5000;

/** What a hub says that keeps lines without an end, in milliseconds. */
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

/** How long arriving lines are gathered before they are shown together, in milliseconds: less than anybody sees. */
const GATHER_MS = 8;

/** Whom to talk with. */
export interface TalkOptions {
  /** Where the hub is. */
  address: Address;
  /** The name wanted, in NFC; without one the hub chooses. */
  name: string | undefined;
  /** The rooms to be in beside `main`, without `#`; one begins in the first of them. */
  rooms: readonly string[];
  /** Ends it when aborted. */
  signal: AbortSignal;
  /** Whether preferences and the lines typed before are kept, in the config folder. */
  config: boolean;
  /** The hub's password, where it wants one. */
  credentials?: Credentials | undefined;
  /** Says how safe the link is, for people, where that is worth a word. */
  security: () => string | undefined;
}

/** What was kept from the time before. */
interface Kept {
  folder: ConfigFolder;
  file: PreferencesFile;
  preferences: Preferences;
  history: readonly string[];
  /** What was seen of the rooms of this hub. */
  seen: ReadMarkers;
  /** What could not be read, in lines for people. */
  problems: string[];
}

/** One conversation on a terminal. */
export class Talk {
  readonly #where: string;
  readonly #security: () => string | undefined;
  readonly #clock: TimedClock;
  readonly #capabilities: Capabilities;
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #link: ReconnectingLink;
  readonly #scrollback: Scrollback;
  readonly #people = new People();
  readonly #buffers = new Buffers();
  readonly #roomCommands: RoomCommands;
  readonly #catchUp: CatchUp;
  readonly #historyCommands: HistoryCommands;
  /** What was seen of rooms, as far as it is not in the places. */
  readonly #seen: Map<string, ReadMarker>;
  #cancelSave: (() => void) | undefined;
  #toldRetention = false;
  /** Whether numbers of lines mean the same when the hub is started again. */
  #numbersLast = false;
  readonly #folder: ConfigFolder;
  readonly #file: PreferencesFile;
  #preferences: Preferences;
  #columns: number;
  #rows: number;
  #editor: EditorState;
  /** What was submitted and is not done, the first of it being done now. */
  #submitted: string[] = [];
  #title = "";
  /** The prompt as it was drawn last. */
  #shownPrompt: string | undefined;
  #remembers = true;
  /** What is being kept for the next time: one after the other, so that it stands in its order. */
  #keeping: Promise<void> = Promise.resolve();
  #wasOpen = false;
  /** The link on which it was asked who is here. */
  #met: Session | undefined;
  /** The link on which rooms were joined that the hub had not joined by itself. */
  #joined: Session | undefined;
  /** The status of somebody who leaves. */
  #leaveStatus: number = ExitStatus.Ok;
  #suspended = false;
  /** Lines that are to be shown with the next write. */
  #gathered: string[] = [];
  #cancelShow: (() => void) | undefined;
  #cancelTick: () => void = () => {};
  #cancelFlush: (() => void) | undefined;

  private constructor(
    { address, name, rooms, credentials, security, signal }: TalkOptions,
    kept: Kept,
    machine: Machine,
  ) {
    for (const room of rooms) this.#buffers.open(roomOf(room));
    if (rooms[0] !== undefined) this.#buffers.switchTo(this.#buffers.open(roomOf(rooms[0])));
    this.#where = formatAddress(address);
    this.#security = security;
    this.#clock = machine.clock;
    this.#capabilities = capabilitiesOf(machine.environment);
    this.#folder = kept.folder;
    this.#file = kept.file;
    this.#preferences = kept.preferences;
    this.#editor = newEditor({ history: kept.history });
    this.#link = new ReconnectingLink(address, {
      name,
      rooms: () => this.#buffers.rooms,
      received: (received) => this.#received(received),
      changed: (state) => this.#changed(state),
      lineChanged: (line) => this.#lineChanged(line),
      credentials,
      connect: machine.connect,
      clock: machine.clock,
    });
    this.#terminal = new Terminal({
      keys: (keys) => this.#typed(keys),
      resized: () => this.#fit(),
      continued: () => this.#continued(),
      gone: () => {
        this.#leaveStatus = ExitStatus.HungUp;
        this.#link.close();
      },
    }, machine.clock);
    const { columns, rows } = this.#terminal.size;
    this.#columns = columns;
    this.#rows = rows;
    this.#scrollback = new Scrollback({
      columns,
      capabilities: this.#capabilities,
      preferences: kept.preferences,
      offsetMinutes: machine.offsetMinutes,
      now: machine.clock.wall(),
      buffers: this.#buffers,
      isIn: (name, room) => this.#people.isIn(name, room),
    });
    this.#seen = new Map(kept.seen);
    const ask = (request: ControlRequest) => this.#link.ask(request);
    const session = () => this.#link.state?.kind === "open" ? this.#link.state.session : undefined;
    this.#catchUp = new CatchUp({
      ask,
      name: () => this.#scrollback.name,
      buffers: () => this.#buffers.all,
      seen: (target) => this.#seen.get(readMarkerKey(target) ?? ""),
      past: (target, past) => this.#past(target, past),
      deliver: (message) => this.#deal(message),
    });
    this.#historyCommands = new HistoryCommands({
      ask,
      session,
      target: () => this.#buffers.current,
      now: () => this.#clock.wall(),
      rows: () => this.#rows,
      rowsOf: (line) => this.#scrollback.earlierRows(line, this.#clock.wall()),
      separation: (text) => this.#scrollback.separator(text),
      show: (rows) => this.#gather([...this.#scrollback.flush(), ...rows]),
      tell: (lines) => this.#print(lines),
    });
    this.#roomCommands = new RoomCommands({
      buffers: this.#buffers,
      people: this.#people,
      ask,
      say: (text, target) => this.#link.say(text, target),
      session,
      catchUp: this.#catchUp,
      left: (target) => this.#noteSeen([target]),
      tell: (lines) => this.#print(lines),
      entered: () => this.#entered(),
    });
    this.#screen = new Screen({
      columns,
      rows,
      reflow: reflowOf(machine.environment),
      ascii: this.#capabilities.ascii,
    });
    for (const problem of kept.problems) this.#error(problem);
    signal.addEventListener("abort", () => this.#link.close());
    if (signal.aborted) this.#link.close();
  }

  /**
   * Reads what was kept from the time before, and takes the terminal over.
   *
   * @param options whom to talk with
   * @param ports the machine
   * @returns the conversation, not yet begun
   */
  static async prepare(options: TalkOptions, machine: Machine): Promise<Talk> {
    const problems: string[] = [];
    const trying = async <T>(what: Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await what;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        problems.push(error.message);
        return otherwise;
      }
    };
    const folder = options.config ? await trying(findConfigFolder(), NO_CONFIG_FOLDER) : NO_CONFIG_FOLDER;
    const { PreferencesFile } = await loadPreferencesFile();
    const file = new PreferencesFile(folder);
    const [{ preferences, problem }, lines, seen] = await Promise.all([
      file.load(),
      trying(folder.read(HISTORY_FILE), undefined),
      trying(folder.read(READ_MARKERS_FILE), undefined),
    ]);
    if (problem !== undefined) problems.push(problem);
    if (lines !== undefined && compactHistory(lines) !== undefined) {
      await trying(folder.rewrite(HISTORY_FILE, compactHistory), undefined);
    }
    const history = parseHistory(lines ?? "");
    const { address, name = "", rooms } = options;
    const texts = [
      address.hostname,
      name,
      ...rooms,
      folder.pathOf(""),
      ...preferences.ignore,
      ...problems,
      ...history,
    ];
    if (texts.some(needsWidths)) await loadWidths();
    const kept = {
      folder,
      file,
      preferences,
      history,
      seen: parseReadMarkers(seen ?? "", formatAddress(address)),
    };
    return new Talk(options, { ...kept, problems }, machine);
  }

  /**
   * Talks until somebody ends it.
   *
   * @returns the exit status, and what is to be said about it, if anything, once the terminal is free again
   */
  async run(): Promise<{ status: number; why?: string }> {
    try {
      this.#terminal.write((this.#capabilities.title ? SAVE_TITLE : "") + this.#screen.toBottom());
      this.#showTitle();
      const { how, why } = await this.#link.run();
      this.#saveSeen();
      await this.#keeping;
      if (how === "left") return { status: this.#leaveStatus };
      return { status: exitStatusOf(how), why };
    } finally {
      this.#cancelTick();
      this.#cancelFlush?.();
      this.#cancelSave?.();
      this.#gather(this.#scrollback.flush());
      this.#showGathered();
      this.#terminal.write(
        this.#screen.hide() + (this.#capabilities.title && !this.#suspended ? RESTORE_TITLE : ""),
      );
      this.#terminal.close();
    }
  }

  #typed(keys: Key[]): void {
    if (this.#suspended) return this.#continued();
    for (const key of keys) {
      if (key.kind === "focus" && !key.focused) this.#scrollback.unread.focusLost();
      else this.#scrollback.unread.focusGained();
      const { state, outcome } = step(this.#editor, key, {
        complete: (text, cursor) => findCandidates(text, cursor, this.#known),
        bufferCount: this.#buffers.all.length,
      });
      this.#editor = state;
      if (outcome === undefined) continue;
      // First without what was submitted, so that nothing that follows draws it again.
      this.#draw();
      this.#act(outcome);
    }
    this.#draw();
    this.#showTitle();
  }

  get #known() {
    return {
      names: this.#people.others(this.#scrollback.name),
      rooms: this.#roomCommands.rooms,
      buffers: this.#buffers.all.map(targetLabel),
      ignored: this.#scrollback.ignored.list().map(({ name }) => name),
    };
  }

  #act(outcome: Outcome): void {
    switch (outcome.kind) {
      case "submit":
        if (this.#submitted.push(outcome.text) === 1) this.#submitAll();
        return;
      case "interrupt":
        this.#leaveStatus = ExitStatus.Interrupted;
        return this.#link.leave();
      case "end":
        return this.#link.leave();
      case "suspend":
        return this.#suspend();
      case "clearScreen":
        return this.#terminal.write(this.#screen.clear());
      case "goTo":
        return this.#roomCommands.goTo(outcome.number);
      case "refused":
        return this.#terminal.write(BELL);
      case "askPaste":
        return;
    }
  }

  /** Does what was submitted, one after the other: what follows `:join` is for the room that one is then in. */
  async #submitAll(): Promise<void> {
    for (let text = this.#submitted[0]; text !== undefined; text = this.#submitted[0]) {
      const done = this.#submit(text);
      if (done instanceof Promise) await done;
      this.#submitted.shift();
    }
  }

  /** Does what was submitted; with a promise where what follows has to wait for it. */
  #submit(text: string): Promise<void> | void {
    const input = parseTerminalInput(text);
    if (input.kind !== "empty") this.#remember(text);
    switch (input.kind) {
      case "empty":
        return;
      case "quit":
        return this.#link.leave();
      case "help":
        return this.#print(terminalHelp(this.#columns, input.command));
      case "clear":
        return this.#terminal.write(this.#screen.clear());
      case "reconnect":
        return this.#link.reconnectNow();
      case "setting":
        return this.#set(input.setting);
      case "history":
        this.#historyCommands.do(input.action);
        return;
      case "target":
        return this.#go(input.action);
      case "error":
        this.#error(input.message);
        this.#editor = withDraft(this.#editor, text);
        return;
      case "request":
        if (input.request.code === Code.Say) this.#link.say(input.request.message, this.#buffers.current);
        else if (input.request.code === Code.Rename) this.#rename(input.request.username);
    }
  }

  /** Does what has to do with places; with a promise where one may be elsewhere after it. */
  #go(action: TargetAction): Promise<void> | void {
    const done = this.#roomCommands.do(action);
    if (action.kind === "join" || action.kind === "leave") return done;
  }

  #set(setting: Setting): void {
    const { preferences, changes, lines } = applySetting(this.#preferences, setting, {
      name: this.#scrollback.name,
      ignored: this.#scrollback.ignored,
    });
    this.#preferences = preferences;
    this.#scrollback.setPreferences(preferences);
    this.#print(lines);
    if (Object.keys(changes).length > 0) this.#save(changes);
  }

  #save(changes: Partial<Preferences>): void {
    this.#keep(async () => {
      const aside = await this.#file.save(changes);
      if (aside !== undefined) this.#note(`the preferences that could not be read are in ${aside} now`);
    });
  }

  /** Keeps a line for the next time; that it cannot is said once. */
  #remember(text: string): void {
    this.#keep(async () => {
      if (!this.#remembers) return;
      try {
        await this.#folder.append(HISTORY_FILE, serializeEntry(text));
      } catch (error) {
        this.#remembers = false;
        throw error;
      }
    });
  }

  #keep(write: () => Promise<void>): void {
    this.#keeping = this.#keeping.then(write).catch((error) => {
      if (!(error instanceof ConfigError)) throw error;
      this.#error(error.message);
    });
  }

  async #rename(name: string): Promise<void> {
    const end = await this.#link.rename(name);
    if (end.kind === "refused") this.#error(end.message);
  }

  /** Takes note of what the hub keeps, and says once for how long. */
  #tellRetention({ welcome }: Session): void {
    this.#numbersLast = welcome?.features.includes("history") ?? false;
    const ms = welcome?.retention_ms ?? 0;
    if (ms <= 0 || this.#toldRetention) return;
    this.#toldRetention = true;
    this.#note(`what is said is kept ${ms >= FOR_EVER_MS ? "for ever" : `for ${formatDuration(ms)}`}`);
  }

  /** Asks once on each link who is here already, so that their names can be completed; the answer is not shown. */
  async #meet(session: Session): Promise<void> {
    if (session === this.#met || !session.welcome?.features.includes("who")) return;
    this.#met = session;
    try {
      await this.#link.ask({ code: Code.Who });
    } catch (error) {
      // Where the link is lost there is nobody to know.
      if (!(error instanceof LinkError)) throw error;
    }
  }

  /** Lets the shell have the terminal. What it takes where other programs started this one has to be said before. */
  #suspend(): void {
    const { whyCannotStop } = this.#terminal;
    if (whyCannotStop !== undefined) return this.#error(`Cannot stop: ${whyCannotStop}`);
    this.#note("stopping; fg goes on, and if no shell comes, Ctrl-Z once more");
    this.#showGathered();
    this.#terminal.write(this.#screen.hide() + (this.#capabilities.title ? RESTORE_TITLE : ""));
    this.#terminal.suspend();
    this.#suspended = true;
    if (!this.#terminal.stop()) return;
    // Where it was stopped, the first wait ends when it goes on, which is heard of in the second.
    this.#clock.after(STOP_LIMIT_MS, () => this.#clock.after(STOP_LIMIT_MS, () => this.#goOn()));
  }

  /** Goes on where nothing has stopped it. */
  #goOn(): void {
    if (!this.#suspended) return;
    this.#error("Cannot stop: there is no shell to go back to");
    this.#continued();
  }

  #continued(): void {
    if (this.#suspended) {
      this.#suspended = false;
      this.#terminal.resume();
      if (this.#capabilities.title) this.#terminal.write(SAVE_TITLE);
      this.#title = "";
    }
    this.#terminal.write(this.#screen.hide());
    this.#fit();
    this.#terminal.write(this.#screen.toBottom());
    this.#draw();
    this.#showTitle();
  }

  /** The widths of what comes have to be known before it is shown. */
  #received(received: Received): void | Promise<void> {
    const { message, error } = received;
    if (!needsWidths(JSON.stringify(message) + error?.message)) return this.#take(received);
    return loadWidths().then(() => this.#take(received));
  }

  #take({ message, error }: Received): void {
    if (error !== undefined) this.#error(error.message);
    if (message === undefined) return;
    this.#roomCommands.receive(message, this.#scrollback.name);
    if (this.#catchUp.receive(message)) this.#deal(message);
  }

  /** Shows a message, or keeps it for where it belongs. */
  #deal(message: ServerMessage): void {
    const { rows, bell } = this.#scrollback.receive(message, this.#clock.wall());
    this.#people.receive(message);
    this.#gather(rows);
    if (bell) this.#terminal.write(BELL);
    this.#showTitle();
    this.#showPrompt();
    this.#expectMore();
    this.#saveSoon();
  }

  /** Shows what was said in a place before, or keeps it for when one goes there. */
  #past(target: Target, past: EarlierMessages): void {
    const open = this.#buffers.find(target);
    if (open === undefined) return;
    const { rows, bell } = this.#scrollback.showEarlier(open, past, this.#clock.wall());
    this.#gather(rows);
    if (bell) this.#terminal.write(BELL);
    this.#showTitle();
    this.#showPrompt();
    this.#saveSoon();
  }

  /** Takes note of what was seen of places, for the next time. */
  #noteSeen(buffers: readonly ChatBuffer[]): void {
    for (const target of buffers) {
      const key = readMarkerKey(target);
      const { readMarker } = target;
      if (key === undefined || readMarker === undefined) continue;
      this.#seen.set(
        key,
        target === this.#buffers.current ? { ...readMarker, at: this.#clock.wall() } : readMarker,
      );
    }
  }

  /** Keeps soon what was seen, in case that there is no end. */
  #saveSoon(): void {
    if (!this.#numbersLast) return;
    this.#cancelSave ??= this.#clock.after(SAVE_MS, () => this.#saveSeen());
  }

  #saveSeen(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    if (!this.#numbersLast) return;
    this.#noteSeen(this.#buffers.all);
    if (this.#seen.size === 0) return;
    this.#keep(async () => {
      const add = (text: string) => addReadMarkers(text, this.#where, this.#seen);
      if (await this.#folder.read(READ_MARKERS_FILE) === undefined) {
        await this.#folder.write(READ_MARKERS_FILE, add(""));
      } else await this.#folder.rewrite(READ_MARKERS_FILE, add);
    });
  }

  /** Shows that one is in another place now, and what came there meanwhile. */
  #entered(): void {
    this.#gather(this.#scrollback.showBuffer(this.#clock.wall()));
    this.#draw();
    this.#showTitle();
  }

  /** Shows in time what waits for more of its kind, such as those who joined. */
  #expectMore(): void {
    const { dueAt } = this.#scrollback;
    if (dueAt === undefined || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = this.#clock.after(Math.max(0, dueAt - this.#clock.wall()), () => {
      this.#cancelFlush = undefined;
      if ((this.#scrollback.dueAt ?? 0) > this.#clock.wall()) return this.#expectMore();
      this.#gather(this.#scrollback.flush());
    });
  }

  #showTitle(): void {
    if (!this.#capabilities.title || this.#suspended) return;
    const title = titleText(this.#where, this.#scrollback.unreadCounts);
    if (title === this.#title) return;
    this.#title = title;
    this.#terminal.write(setTitle(title, this.#capabilities.ascii));
  }

  #changed(state: LinkState): void {
    if (state.kind === "connecting") {
      this.#scrollback.startConnection();
      this.#people.clear();
      this.#catchUp.begin();
    }
    if (state.kind === "open") {
      if (!this.#wasOpen) {
        const how = [`connected to ${this.#where}`, this.#security()].filter(Boolean).join(", ");
        this.#note(`${how}; :help lists the commands`);
      }
      this.#wasOpen = true;
      const { reclaim, session } = state;
      this.#meet(session);
      if (session !== this.#joined) {
        this.#joined = session;
        this.#tellRetention(session);
        this.#catchUp.opened();
        this.#roomCommands.opened(session);
      }
      if (reclaim !== undefined) {
        this.#note(`the name ${reclaim.name} is not to be had for now: ${reclaim.why}`);
      }
    }
    if (state.kind === "waiting" && this.#wasOpen && state.attempt === 0) {
      this.#note(`connection lost: ${state.why}; connecting again`);
    }
    this.#draw();
  }

  /** Tells of a line only where it did not simply go out: what was heard comes back as everyone sees it. */
  #lineChanged(line: OwnLine): void {
    const { text, state, resent } = line;
    const what = text.length > 60 ? [...text].slice(0, 60).join("") + "…" : text;
    const away = this.#link.state?.kind !== "open";
    if (state.kind === "waiting" && away) this.#note(`not sent yet: ${what}`);
    else if (state.kind === "unsure") this.#note(`maybe not heard, to be said again: ${what}`);
    else if (state.kind === "acknowledged" && resent) this.#note(`said again, so maybe heard twice: ${what}`);
    else if (state.kind === "refused") {
      this.#error(state.message);
      const draft = this.#draftOf(line);
      if (draft !== undefined && this.#editor.buffer.text === "") {
        this.#editor = withDraft(this.#editor, draft);
        this.#draw();
      }
    } else if (state.kind === "unknown") this.#error(`Not known whether it was heard: ${what}`);
    else if (state.kind === "unsent") this.#error(`Not sent: ${what}`);
  }

  /** What to type to say a line again in its place; nothing where it would be heard elsewhere. */
  #draftOf({ text, target = MAIN }: OwnLine): string | undefined {
    if (targetKey(target) === targetKey(this.#buffers.current)) return text;
    return target.kind === "person" ? `:msg ${target.name} ${text}` : undefined;
  }

  #note(text: string): void {
    this.#print([info(text)]);
  }

  #error(message: string): void {
    this.#print([failure(message)]);
  }

  #print(lines: readonly StyledLine[]): void {
    this.#gather(this.#scrollback.print(lines));
  }

  /** Shows rows above the input, soon: those that arrive together are written together. */
  #gather(rows: readonly string[]): void {
    for (const row of rows) this.#gathered.push(row);
    if (rows.length > 0) this.#cancelShow ??= this.#clock.after(GATHER_MS, () => this.#show());
  }

  /** Shows what was gathered, and the prompt where it is another one by now. */
  #show(): void {
    this.#showGathered();
    if (this.#shownPrompt !== undefined && this.#prompt !== this.#shownPrompt) this.#draw();
  }

  #showGathered(): void {
    this.#cancelShow?.();
    this.#cancelShow = undefined;
    const lines = this.#gathered;
    if (lines.length === 0) return;
    this.#gathered = [];
    this.#fit();
    this.#terminal.write(this.#screen.print(lines));
  }

  /** Shows soon that what waits elsewhere is another thing now. */
  #showPrompt(): void {
    if (this.#prompt === this.#shownPrompt) return;
    this.#cancelShow ??= this.#clock.after(GATHER_MS, () => this.#show());
  }

  /** Follows the terminal to another size, which it may have before it says so. */
  #fit(): void {
    const { columns, rows } = this.#terminal.size;
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#scrollback.resize(columns);
    this.#terminal.write(this.#screen.resize(columns, rows));
  }

  #draw(): void {
    if (this.#suspended) return;
    this.#cancelTick();
    this.#showGathered();
    this.#fit();
    this.#shownPrompt = this.#prompt;
    this.#terminal.write(this.#screen.show(viewOf(this.#editor, this.#shownPrompt)));
    const { state } = this.#link;
    if (state?.kind === "connecting" || state?.kind === "waiting") {
      this.#cancelTick = this.#clock.after(TICK_MS, () => this.#draw());
    }
  }

  get #prompt(): string {
    const { state } = this.#link;
    const now = this.#clock.elapsed();
    switch (state?.kind) {
      case "connecting": {
        const seconds = Math.floor((now - state.since) / 1000);
        return `connecting to ${this.#where} …${seconds > 0 ? ` ${seconds} s` : ""} > `;
      }
      case "waiting":
        return `connecting again in ${Math.max(0, Math.ceil((state.untilMs - now) / 1000))} s > `;
      default:
        return promptOf(this.#buffers, this.#columns);
    }
  }
}
