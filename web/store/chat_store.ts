/**
 * The state of the page and its actions. The link, its reconnecting, the catching up after a gap and the states of
 * changed messages are those of the terminal's client, so a message is neither lost nor shown twice.
 *
 * Long because all actions change one state: the conversations.
 *
 * @module
 */
import { CatchUp, MissedChanges, wireName } from "../../client/catch_up/mod.ts";
import { conversationOf, LineStates, quoteOf, targetOfConversation } from "../../client/changes/mod.ts";
import type { MessageAction, TargetAction, UserPowers } from "../../client/commands/mod.ts";
import {
  type Answer,
  hasFeature,
  type LinkState,
  type OwnLine,
  ReconnectingLink,
  type Session,
} from "../../client/link/mod.ts";
import {
  type EarlierMessages,
  isMain,
  MAIN,
  missingText,
  OwnUser,
  People,
  personOf,
  RESTORED_TEXT,
  roomOf,
  roomPeopleText,
  type Target,
  targetKey,
  targetLabel,
} from "../../client/model/mod.ts";
import { type Connect, formatAddress, LinkError, type Received, WEB_SCHEMES } from "../../client/net/mod.ts";
import { Credentials } from "../../client/trust/mod.ts";
import { findMentions, sanitize, sanitizeName } from "../../client/text/mod.ts";
import type { InviteSecret, Signer } from "../../identity/mod.ts";
import {
  Code,
  type LineChange,
  nameKey,
  type PastLine,
  type RoomChanged,
  type RoomInfo,
  type ServerMessage,
} from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { CommandRunner } from "./command_runner.ts";
import { Conversation, type Item } from "./conversation.ts";
import type { Memory } from "./memory.ts";

/** How many earlier messages are fetched at once. */
const PAGE_LINES = 50;

/** A message that the user shall notice. */
export interface Alert {
  /** Who sent it. */
  readonly from: string;
  /** Where. */
  readonly conversation: Conversation;
  /** Its text. */
  readonly text: string;
}

/** The messages that a search has found. */
export interface SearchResults {
  /** The words. */
  readonly words: string;
  /** The room or person. */
  readonly conversation: Conversation;
  /** The messages, oldest first. */
  readonly lines: readonly PastLine[];
  /** The number before which the hub has not searched yet; without it there are no more. */
  readonly before?: number | undefined;
}

/** What the user has to confirm. */
export interface Question {
  /** What happens then. */
  readonly lines: readonly string[];
  /** What is run then. */
  readonly input: string;
  /** What happens then in one word, if that is short: for the heading and the button. */
  readonly action?: string;
}

/** What is open over the messages: what can be done, or one of these actions. */
export interface Panel {
  /** The person whom the actions are for; without one they are for the current conversation, the user and the hub. */
  readonly person?: string;
  /** The title of the chosen action; without one all are listed. */
  readonly action?: string;
  /** Whether the hub has not answered yet. */
  readonly isBusy?: boolean;
  /** Why the action failed. */
  readonly problem?: string;
  /** What the action has answered. */
  readonly answer?: string;
}

/** What the page needs of the browser. */
export interface ChatStoreOptions {
  /** The host that the page came from. */
  hostname: string;
  /** The port. */
  port: number;
  /** The address of the page, for the links of invites: `https://chat.example.org:8000/`. */
  page: string;
  /** Opens a connection to the hub of the page. */
  connect: Connect;
  /** The clock. */
  clock: TimedClock;
  /** The minutes that local time is ahead of UTC at a time. */
  offsetMinutes: (at: number) => number;
  /** What is kept between visits. */
  memory: Memory;
  /** The wanted name. */
  name: string;
  /** Signs with the key of the user; without one the user is a guest. */
  signer?: Signer | undefined;
  /** The password of the hub, if the user has given one. */
  password?: string | undefined;
  /** The invite of the address, if it has one. */
  invite?: InviteSecret | undefined;
  /** The secret by which the hub knows this page again. */
  session: string;
  /** Whether the user sees the page. */
  isVisible: () => boolean;
  /** Called after each change of the state, and whether it is one of those that come often and may be shown later. */
  changed: (mayWait?: boolean) => void;
  /** Called for messages to the user that are not seen. */
  alert: (alert: Alert) => void;
}

/** The state of the page. */
export class ChatStore {
  readonly #options: ChatStoreOptions;
  readonly #credentials: Credentials;
  readonly #link: ReconnectingLink;
  readonly #catchUp: CatchUp;
  readonly #missedChanges: MissedChanges;
  readonly #states = new LineStates();
  readonly #self = new OwnUser();
  readonly #people = new People();
  readonly #runner: CommandRunner;
  readonly #joining = new Set<string>();
  #openedSession: Session | undefined;
  #ignored: string[];
  #topicSeen = new Set<string>();
  #motd = "";
  #isAnswerShown = false;
  /** The rooms and people, `main` first. */
  conversations: readonly Conversation[];
  /** The one that is shown. */
  current: Conversation;
  /** The state of the link; `undefined` before {@linkcode ChatStore.run}. */
  link: LinkState | undefined;
  /** What the user has to confirm, if anything. */
  question: Question | undefined;
  /** What a search has found, if one is shown. */
  results: SearchResults | undefined;
  /** The rooms of the hub, if they are listed. */
  rooms: readonly RoomInfo[] | undefined;
  /** The actions that are shown, if any. */
  panel: Panel | undefined;

  /**
   * Makes the state, before it connects.
   *
   * @param options see {@linkcode ChatStoreOptions}
   */
  constructor(options: ChatStoreOptions) {
    this.#options = options;
    const { clock, connect, hostname, invite, memory, name, password, port, session, signer } = options;
    const drafts = memory.get("drafts", {});
    this.conversations = [
      MAIN,
      ...memory.get("rooms", []).map(roomOf),
      ...memory.get("people", []).map(personOf),
    ].map((target) => {
      const conversation = new Conversation(target);
      conversation.draft = String(drafts[conversation.key] ?? "");
      return conversation;
    });
    this.current = this.conversations[0]!;
    this.#ignored = memory.get("ignore", []);
    this.#credentials = new Credentials(password);
    const address = { hostname, port, ...invite === undefined ? {} : { invite } };
    this.#link = new ReconnectingLink(address, {
      name,
      rooms: () => this.#openRooms,
      known: () => this.#catchUp.known(),
      received: (received) => this.#received(received),
      changed: (state) => this.#linkChanged(state),
      distrusted: (why) => this.#note(why, true),
      lineChanged: (line) => this.#ownLineChanged(line),
      identity: signer,
      credentials: this.#credentials,
      namedSchemes: WEB_SCHEMES,
      connect,
      session,
      clock,
    });
    const ask = (request: Parameters<ReconnectingLink["ask"]>[0]) => this.#link.ask(request);
    this.#catchUp = new CatchUp({
      ask,
      elapsed: () => clock.elapsed(),
      buffers: () => this.conversations,
      current: () => this.current,
      unshown: () => this.conversations.filter(({ kind, lines }) => kind === "person" && lines.length === 0),
      readMarkerOf: (target) => memory.get("read", {})[this.#readKey(target)],
      showEarlier: (target, earlier) => this.#showEarlier(target, earlier),
      deliver: (message) => this.#show(message),
      caughtUp: () => this.#options.changed(),
      renamed: () =>
        this.conversations.filter(({ kind }) => kind === "person").forEach((one) => one.restart()),
      restored: (target, sequence) => {
        this.find(target)?.forgetAfter(sequence);
        this.#note(RESTORED_TEXT);
      },
      missing: (target, count) => this.#note(missingText(count, targetLabel(target))),
    });
    this.#missedChanges = new MissedChanges({
      ask,
      restarted: () => this.#states.restart(),
      missed: ({ changes, last }) => {
        for (const change of changes) this.#applyChange(change, true);
        this.#states.listed(last);
        this.#options.changed();
      },
    });
    this.#runner = new CommandRunner({
      ask,
      session: () => this.session,
      ownKey: () => this.#link.publicKey,
      now: () => clock.wall(),
      offsetMinutes: options.offsetMinutes,
      shownIn: (target) => this.find(target)?.lines ?? [],
      say: (text, target, replyTo) => void this.#link.say(text, target, replyTo),
      page: options.page,
      note: (text, isError) => this.#answer(text, isError),
      confirm: (lines, input) => this.#set({ question: { lines, input }, panel: undefined }),
      giveBack: (input) => {
        if (this.panel === undefined) this.setDraft(input);
      },
      rename: (wanted) => this.#rename(wanted),
      target: (action) => this.#targetAction(action),
      search: (words) => this.search(words),
      ignore: (who, isIgnored) => this.setIgnored(who, isIgnored),
      ignored: () => this.#ignored,
      reconnect: () => this.#link.reconnectNow(),
      leave: () => this.#link.leave(),
    });
  }

  /**
   * Connects, and connects again whenever the link is lost.
   *
   * @returns resolves when the link has ended for good
   */
  async run(): Promise<void> {
    await this.#link.run();
  }

  /** The user's own name. */
  get name(): string {
    return this.#self.name;
  }

  /** The session of the open link. */
  get session(): Session | undefined {
    return this.link?.kind === "open" ? this.link.session : undefined;
  }

  /** What stands in the current conversation, without the messages of ignored users. */
  get items(): readonly Item[] {
    if (this.#ignored.length === 0) return this.current.items;
    return this.current.items.filter((item) => item.kind !== "message" || !this.#isHidden(item.line));
  }

  /** Those who are in the current room, or the person of the current conversation; by name. */
  get people(): string[] {
    const { current } = this;
    // Nothing tells that somebody has come to main: everyone is there.
    const names = current.kind === "person"
      ? [current.name]
      : isMain(current)
      ? [this.name, ...this.#people.others(this.name)]
      : this.#people.inRoom(current.name);
    return names.toSorted((a, b) => a.localeCompare(b));
  }

  /** How many people are in the current room if it is big: of those {@linkcode ChatStore.people} are some. */
  get peopleCount(): number | undefined {
    return this.current.kind === "room" ? this.#people.countIn(this.current.name) : undefined;
  }

  /**
   * Lists all who are in a room.
   *
   * @param room its name; by default the current one
   */
  async listPeople(room: string = this.current.name): Promise<void> {
    const answer = await this.#ask({ code: Code.Who, room }, ["no_such_room"]);
    if (answer?.code === Code.Users) this.#people.listed(room, answer.users);
    this.#options.changed();
  }

  /** The own messages of the current conversation that the hub has not acknowledged, oldest first. */
  get pending(): readonly OwnLine[] {
    return this.#link.pending.filter(({ target = MAIN }) => targetKey(target) === this.current.key);
  }

  /** How many messages mention the user or are for the user alone, and are not seen. */
  get mentions(): number {
    return this.conversations.reduce(
      (sum, { kind, mentions, unread }) => sum + (kind === "person" ? unread : mentions),
      0,
    );
  }

  /** How many messages are not seen. */
  get unread(): number {
    return this.conversations.reduce((sum, { unread }) => sum + unread, 0);
  }

  /** Whether messages can be changed on this hub. */
  get canChange(): boolean {
    return this.has("changes");
  }

  /** Whether the hub has refused the user as the password is missing or wrong. */
  get wantsPassword(): boolean {
    return this.#credentials.required;
  }

  /** What the user may moderate; `undefined` for nothing. */
  get powers(): UserPowers | undefined {
    return this.#runner.moderation.powers;
  }

  /** The ignored users. */
  get ignored(): readonly string[] {
    return this.#ignored;
  }

  /**
   * Whether the hub supports a feature of the extension.
   *
   * @param feature the name of the feature
   */
  has(feature: Parameters<typeof hasFeature>[1]): boolean {
    return this.session !== undefined && hasFeature(this.session, feature);
  }

  /**
   * Whether the user keeps order in the current room.
   *
   * @returns whether messages of others can be deleted there
   */
  get moderates(): boolean {
    return this.#runner.moderation.moderates(this.current);
  }

  /**
   * Whether a name is that of the user.
   *
   * @param name a name
   */
  isSelf(name: string): boolean {
    return this.#self.is(name);
  }

  /**
   * Whether a user is ignored.
   *
   * @param name a name
   */
  isIgnored(name: string): boolean {
    return this.#ignored.some((ignored) => nameKey(ignored) === nameKey(name));
  }

  /**
   * Finds an open conversation.
   *
   * @param target its room or person
   */
  find(target: Target): Conversation | undefined {
    const key = targetKey(target);
    return this.conversations.find((open) => open.key === key);
  }

  /**
   * Shows a conversation.
   *
   * @param conversation the conversation
   */
  go(conversation: Conversation): void {
    this.current = conversation;
    // A question is about the conversation that was shown.
    this.question =
      this.results =
      this.rooms =
      this.panel =
        undefined;
    this.#catchUp.viewed(conversation);
    this.seen();
    this.#fetchPeople(conversation);
    this.#options.changed();
  }

  /** Notes that the user sees the current conversation. */
  seen(): void {
    if (!this.#options.isVisible()) return;
    this.current.unread = this.current.mentions = 0;
    this.#markRead(this.current);
    this.#options.changed();
  }

  /**
   * Changes the draft of the current conversation.
   *
   * @param text the text
   */
  setDraft(text: string): void {
    this.current.draft = text;
    if (text === "" && this.current.about?.kind === "edit") this.current.about = undefined;
    this.#keepDraft(this.current);
    this.#options.changed();
  }

  /**
   * Begins to answer or to change a message; the draft is for that until it is sent.
   *
   * @param about what to do with which message; nothing to end it
   */
  setAbout(about: Conversation["about"]): void {
    this.current.about = about;
    if (about?.kind === "edit") this.setDraft(about.line.message);
    this.#options.changed();
  }

  /** Sends the draft of the current conversation, or runs it. */
  async submit(): Promise<void> {
    const { current } = this;
    const { about, draft } = current;
    if (draft.trim() === "") return;
    current.about = undefined;
    this.setDraft("");
    const sequence = about?.line.sequence;
    if (about?.kind === "edit" && sequence !== undefined) {
      return await this.#runner.change({ kind: "edit", sequence, text: draft }, current);
    }
    if (about?.kind === "reply" && sequence !== undefined) {
      return void this.#link.say(draft, current, sequence);
    }
    await this.#runner.run(draft, current);
  }

  /**
   * Runs an input as if it was typed.
   *
   * @param input the input
   */
  async command(input: string): Promise<void> {
    this.question = undefined;
    await this.#runner.run(input, this.current);
    this.#options.changed();
  }

  /**
   * Shows what can be done, or one of these actions.
   *
   * @param panel what to show; nothing to close it
   */
  show(panel: Panel | undefined): void {
    this.#set({ panel });
    if (panel !== undefined && panel.action === undefined) this.#fetchDetails(this.current);
  }

  /**
   * Runs an input for the action that is shown. The action is closed when it is done; if it fails it shows why.
   *
   * @param input the input
   * @param isAnswerShown whether the action stays open and shows what the input answers
   */
  async perform(input: string, isAnswerShown = false): Promise<void> {
    // Whoever presses Enter twice does it once.
    if (this.panel?.isBusy) return;
    const { problem: _problem, ...panel } = this.panel ?? {};
    const busy: Panel = { ...panel, isBusy: true };
    this.#isAnswerShown = isAnswerShown;
    this.#set({ panel: busy });
    await this.#runner.run(input, this.current);
    // It shows something, or the user has closed it.
    if (this.panel === busy) this.#set({ panel: undefined });
  }

  /** Answers a question with no. */
  decline(): void {
    this.#set({ question: undefined });
  }

  /**
   * Asks the user whether to delete a message of the current conversation.
   *
   * @param line the message, which has a number
   */
  askToDelete({ username, message, sequence }: PastLine): void {
    const whose = this.isSelf(username) ? "Your message" : `The message of ${sanitizeName(username)}`;
    const lines = [`${whose} is deleted for everyone: ${quoteOf(message)}`];
    this.#set({ question: { lines, input: `:delete ${sequence}`, action: "Delete" } });
  }

  /**
   * Does something with a message of the current conversation.
   *
   * @param action what to do
   */
  async change(action: MessageAction): Promise<void> {
    await this.#runner.change(action, this.current);
  }

  /**
   * Joins a room, and creates it if there is none; shows it.
   *
   * @param name the name of the room, without `#`
   */
  async join(name: string): Promise<void> {
    const room = roomOf(name);
    const open = this.find(room);
    if (open !== undefined) return this.go(open);
    const key = nameKey(name);
    this.#joining.add(key);
    this.#catchUp.startQueue(room);
    const answer = await this.#ask({ code: Code.Join, room: name });
    this.#joining.delete(key);
    if (answer === undefined || answer.code === Code.Refused) {
      this.#catchUp.forget(room);
      return;
    }
    this.go(this.#open(room));
    await this.#catchUp.fetch(room);
  }

  /**
   * Closes a conversation; leaves the room.
   *
   * @param conversation not `main`
   */
  async close(conversation: Conversation): Promise<void> {
    if (isMain(conversation)) return this.#note("everyone is in #main", true);
    if (conversation.kind === "room" && this.session !== undefined) {
      const answer = await this.#ask({ code: Code.Leave, room: conversation.name }, [
        "no_such_room",
        "not_in_room",
      ]);
      if (answer === undefined) return;
    }
    this.#forget(conversation);
  }

  /**
   * Opens the conversation with a person.
   *
   * @param name the name
   */
  async openPerson(name: string): Promise<void> {
    const person = personOf(name);
    const open = this.find(person);
    if (open !== undefined) return this.go(open);
    this.#catchUp.startQueue(person);
    this.go(this.#open(person));
    await this.#catchUp.fetch(person);
  }

  /** Lists the rooms of the hub. */
  async listRooms(): Promise<void> {
    const answer = await this.#ask({ code: Code.ListRooms });
    if (answer?.code === Code.Rooms) this.#set({ rooms: answer.rooms, results: undefined });
  }

  /** Closes the list of rooms and the results of a search. */
  closeLists(): void {
    this.#set({ rooms: undefined, results: undefined });
  }

  /** Fetches messages before the first one of the current conversation, if the hub has any. */
  async loadEarlier(): Promise<void> {
    const conversation = this.current;
    const before = conversation.first;
    const { session } = this;
    if (conversation.isLoading || !conversation.hasEarlier || before === undefined || before <= 1) return;
    if (session === undefined || !hasFeature(session, "history")) return;
    conversation.isLoading = true;
    this.#options.changed();
    const answer = await this.#ask({
      code: Code.AskHistory,
      room: wireName(conversation),
      before,
      limit: PAGE_LINES,
    });
    conversation.isLoading = false;
    if (answer?.code === Code.History) {
      conversation.prepend(this.#asNow(conversation, answer.messages));
      conversation.hasEarlier = answer.more && answer.messages.length > 0;
    }
    this.#options.changed();
  }

  /**
   * Shows the messages of the current conversation that contain words.
   *
   * @param words the words
   * @param before goes on before this number, and adds to the results that are shown
   */
  async search(words: string, before?: number): Promise<void> {
    const conversation = this.current;
    const room = wireName(conversation);
    const answer = await this.#ask({
      code: Code.AskHistory,
      room,
      match: words,
      ...before === undefined ? {} : { before },
    });
    const last = before === undefined ? undefined : this.results;
    // They may be closed, or have it already.
    if (answer?.code !== Code.History || last?.before !== before) return;
    const found = this.#asNow(conversation, answer.messages).filter((line) => !this.#isHidden(line));
    const lines = [...found, ...last?.lines ?? []];
    // A search that takes too long ends early, and may have found nothing.
    const next = answer.more ? answer.before ?? answer.messages[0]?.sequence : undefined;
    this.#set({ results: { words, conversation, lines, before: next }, rooms: undefined });
  }

  /**
   * Ignores a user, or ends it.
   *
   * @param name the name
   * @param isIgnored whether the user is ignored from now on
   */
  setIgnored(name: string, isIgnored: boolean): void {
    if (isIgnored && this.isSelf(name)) return this.#note("Cannot ignore yourself", true);
    const others = this.#ignored.filter((ignored) => nameKey(ignored) !== nameKey(name));
    this.#ignored = isIgnored ? [...others, name] : others;
    this.#options.memory.list("ignore", name, isIgnored);
    const shown = sanitizeName(name);
    this.#note(
      isIgnored
        ? `${shown} is ignored: messages of that name are hidden in this browser`
        : `${shown} is not ignored: messages of that name are shown`,
    );
  }

  /**
   * Shows a note in the current conversation.
   *
   * @param text the text
   */
  tell(text: string): void {
    this.#note(text);
  }

  /** Handles that the network or the page is there again: does not wait any longer. */
  woke(): void {
    if (this.link?.kind === "waiting") this.#link.reconnectNow();
  }

  /** Handles that the network is gone: the open link is lost, although nothing says so. */
  networkLost(): void {
    if (this.link?.kind === "open") this.#link.reconnectNow();
  }

  /** Leaves at once, such as when the page is closed. */
  end(): void {
    this.#link.close();
  }

  get #openRooms(): string[] {
    return this.conversations.slice(1).filter(({ kind }) => kind === "room").map(({ name }) => name);
  }

  #set(change: { [Key in "panel" | "question" | "results" | "rooms"]?: ChatStore[Key] }): void {
    Object.assign(this, change);
    this.#options.changed();
  }

  /** Shows what a command says: where its answer is shown, or among the messages. */
  #answer(text: string, isError = false): void {
    const { panel } = this;
    if (isError || !panel?.isBusy || !this.#isAnswerShown) return this.#note(text, isError);
    this.#set({ panel: { ...panel, isBusy: false, answer: sanitizeText(text) } });
  }

  #note(text: string, isError = false, conversation = this.current): void {
    const { panel } = this;
    if (isError && panel?.isBusy) {
      return this.#set({ panel: { ...panel, isBusy: false, problem: sanitizeText(text) } });
    }
    conversation.note(sanitizeText(text), isError);
    this.#options.changed();
  }

  /** Sends a request. Notes why it failed, except for the named words. */
  async #ask(
    request: Parameters<ReconnectingLink["ask"]>[0],
    expected: readonly string[] = [],
  ): Promise<Answer | undefined> {
    try {
      const answer = await this.#link.ask(request);
      if (answer.code === Code.Refused && !expected.includes(answer.error)) {
        this.#note(answer.message, true);
        return undefined;
      }
      return answer;
    } catch (error) {
      // A RangeError: the hub has no extension.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      this.#note(error.message, true);
      return undefined;
    }
  }

  #open(target: Target): Conversation {
    const open = this.find(target);
    if (open !== undefined) return open;
    const conversation = new Conversation(target);
    this.conversations = [...this.conversations, conversation];
    this.#remember(conversation);
    return conversation;
  }

  #forget(conversation: Conversation): void {
    this.#catchUp.forget(conversation);
    if (conversation.kind === "room") this.#people.leftRoom(conversation.name);
    this.conversations = this.conversations.filter((one) => one !== conversation);
    this.#remember(conversation, false);
    if (this.current === conversation) this.go(this.conversations[0]!);
    this.#options.changed();
  }

  /** Keeps whether a conversation is open, for the next visit. */
  #remember(conversation: Conversation, isOpen = true): void {
    const { kind, key, name, draft } = conversation;
    const { memory } = this.#options;
    memory.list(kind === "room" ? "rooms" : "people", name, isOpen);
    // Without one here, another tab may have one.
    if (draft !== "") memory.put("drafts", key, isOpen ? draft : undefined);
  }

  #keepDraft({ key, draft }: Conversation): void {
    this.#options.memory.put("drafts", key, draft === "" ? undefined : draft);
  }

  #markRead(conversation: Conversation): void {
    const { memory, clock } = this.#options;
    const { last } = conversation;
    if (last === undefined) return;
    const read = memory.get("read", {});
    const key = this.#readKey(conversation);
    // Without a link it is that of the last one.
    const epoch = this.#openedSession?.welcome?.epoch;
    // A hub that was restored from a backup has lower numbers, in another epoch.
    if ((read[key]?.sequence ?? 0) >= last && read[key]?.epoch === epoch) return;
    const marker = { sequence: last, at: clock.wall(), ...epoch === undefined ? {} : { epoch } };
    memory.put("read", key, marker);
  }

  /** The key of a read marker. With another name a direct conversation is another one, with other numbers. */
  #readKey(target: Target): string {
    return targetKey(target) + (target.kind === "person" ? ` with ${nameKey(this.name)}` : "");
  }

  async #fetchPeople(conversation: Conversation): Promise<void> {
    const { session } = this;
    if (conversation.kind !== "room" || session === undefined) return;
    // The list of a big room is made on request.
    if (hasFeature(session, "who") && this.#people.countIn(conversation.name) === undefined) {
      await this.listPeople(conversation.name);
    }
    if (!this.#topicSeen.has(conversation.key)) {
      this.#topicSeen.add(conversation.key);
      await this.#fetchDetails(conversation);
    }
    this.#options.changed();
  }

  async #fetchDetails(conversation: Conversation): Promise<void> {
    if (conversation.kind !== "room" || !this.has("private_rooms")) return;
    const details = await this.#ask({ code: Code.AskRoom, room: conversation.name }, [
      "no_such_room",
      "not_owned",
    ]);
    if (details?.code !== Code.RoomDetails) return;
    const { topic = "", mode, owner } = details;
    Object.assign(conversation, { topic, mode, owner });
    this.#options.changed();
  }

  async #rename(name: string): Promise<void> {
    const end = await this.#link.rename(name);
    if (end.kind === "refused") this.#note(end.message, true);
    else if (end.kind === "renamed") this.#options.memory.set("name", end.name);
  }

  async #targetAction(action: TargetAction): Promise<void> {
    switch (action.kind) {
      case "join":
        return await this.join(action.room.name);
      case "leave":
        return await this.close(this.#referred(action.target) ?? this.current);
      case "list":
        return await this.listRooms();
      case "switch": {
        const found = this.#referred(action.target);
        if (found !== undefined) return this.go(found);
        return this.#note("you are not in it; :join and :query open rooms and conversations", true);
      }
      case "message":
        this.#link.say(action.text, action.person);
        return await this.openPerson(action.person.name);
      case "query":
        return await this.openPerson(action.person.name);
      case "who": {
        const answer = await this.#ask({ code: Code.Who, ...action.room && { room: action.room.name } });
        if (answer?.code === Code.Users) {
          this.#note(`online: ${answer.users.map(({ username }) => username).join(", ")}`);
        }
        return;
      }
      case "whois":
        return await this.#runner.run(`:whois ${action.person.name}`, this.current);
      default:
        return this.#note("that command is for terminals", true);
    }
  }

  #referred(reference: Extract<TargetAction, { kind: "switch" }>["target"]): Conversation | undefined {
    if (reference === undefined) return this.conversations.find(({ unread }) => unread > 0);
    if ("number" in reference) return this.conversations[reference.number - 1];
    return reference.candidates.map((target) => this.find(target)).find((found) => found !== undefined);
  }

  #received({ message, error }: Received): void {
    if (error !== undefined) this.#note(error.message, true);
    if (message === undefined) return;
    this.#runner.receive(message, (room) => this.#joining.has(nameKey(room)));
    if (message.code === Code.RoomJoined && this.isSelf(message.username)) {
      // Messages of the room may arrive before the answer to the join request.
      if (this.#joining.has(nameKey(message.room))) this.#open(roomOf(message.room));
    }
    if (message.code === Code.History) {
      this.#states.observe(this.#stateKey(targetOfConversation(message.room)), message.messages);
    }
    if (message.code === Code.YourName) this.#self.setName(message.new);
    if (this.#catchUp.receive(message)) this.#show(message);
  }

  #show(message: ServerMessage): void {
    if (message.code === Code.RoomPeople) {
      const wasAnnounced = this.#people.countIn(message.room) === undefined;
      const room = message.announced === wasAnnounced ? undefined : this.find(roomOf(message.room));
      room?.note(roomPeopleText(message));
    }
    this.#people.receive(message);
    switch (message.code) {
      case Code.Said: {
        const { message: line } = message;
        this.#arrived(line.room === undefined ? MAIN : roomOf(line.room), line);
        break;
      }
      case Code.SaidTo: {
        const { message: line } = message;
        this.#arrived(personOf(this.isSelf(line.username) ? line.to : line.username), line);
        break;
      }
      case Code.LineChanged:
        this.#applyChange(message);
        break;
      case Code.Renamed: {
        const open = this.find(personOf(message.old));
        if (open !== undefined && this.find(personOf(message.new)) === undefined) {
          this.#remember(open, false);
          open.name = message.new;
          open.restartNumbers();
          this.#remember(open);
        }
        this.#note(`${sanitizeName(message.old)} is ${sanitizeName(message.new)} now`);
        break;
      }
      case Code.RoomLeft:
        if (this.isSelf(message.username)) this.#putOut(message.room);
        break;
      case Code.RoomChanged:
        this.#roomChanged(message);
        break;
      case Code.Invited: {
        const room = targetLabel(roomOf(message.room));
        this.#note(`${sanitizeName(message.by)} invites you to ${room}; :join ${room} joins it`);
        break;
      }
      case Code.Welcome:
        if (message.motd !== undefined && message.motd !== this.#motd) this.#note(this.#motd = message.motd);
        break;
      case Code.HubDown:
        this.#note("the hub stops");
    }
    this.#options.changed(true);
  }

  #arrived(target: Target, line: PastLine): void {
    const own = this.isSelf(line.username);
    const isIgnored = this.#isHidden(line);
    if (isIgnored && this.find(target) === undefined) return;
    const conversation = this.#open(target);
    const before = conversation.items.length;
    conversation.add(this.#asNow(target, [line]), 0, true);
    const isShown = conversation === this.current && this.#options.isVisible();
    if (isShown) this.#markRead(conversation);
    if (own || isIgnored || isShown || conversation.items.length === before) return;
    // A notice of the hub to this user alone has no number.
    if (line.sequence === undefined && nameKey(line.username) === "server") return;
    conversation.unread++;
    const isMention = findMentions(line.message, this.name).length > 0;
    if (isMention) conversation.mentions++;
    if (isMention || target.kind === "person") {
      this.#options.alert({
        from: sanitizeName(line.username),
        conversation,
        text: sanitizeText(line.message),
      });
    }
  }

  #showEarlier(target: Target, { lines, newCount = 0, skipped }: EarlierMessages): void {
    if (target.kind === "person" && this.find(target) === undefined && lines.length === 0) return;
    const conversation = this.#open(target);
    const shown = this.#asNow(target, lines);
    const fresh = newCount === 0 ? [] : shown.slice(-newCount);
    const count = fresh.filter(({ username }) => !this.isSelf(username) && !this.isIgnored(username)).length;
    if (skipped > 0 && conversation.items.length > 0) {
      // There is a gap between what is shown and these messages: what is shown is fetched again on scrolling up.
      conversation.remove(() => true);
      conversation.last = undefined;
    }
    if (conversation.lines.length === 0) conversation.hasEarlier = true;
    conversation.add(shown, count > 0 ? newCount : 0);
    if (conversation === this.current && this.#options.isVisible()) this.seen();
    else {
      conversation.unread += count + skipped;
      conversation.mentions += fresh.filter(({ message, username }) =>
        !this.isSelf(username) && !this.isIgnored(username) && findMentions(message, this.name).length > 0
      ).length;
    }
    this.#options.changed();
  }

  #applyChange(change: LineChange, isListed = false): void {
    const target = targetOfConversation(change.room);
    const conversation = this.find(target);
    const before = conversation?.find(change.sequence);
    const isSelf = (name: string) => this.isSelf(name);
    if (!this.#states.apply(this.#stateKey(target), change, { before, isSelf, isListed })) return;
    if (before !== undefined) conversation!.update(this.#states.current(this.#stateKey(target), before));
    const { results } = this;
    if (results?.conversation === conversation && results !== undefined) {
      this.results = { ...results, lines: this.#asNow(target, results.lines) };
    }
  }

  #roomChanged(change: RoomChanged): void {
    const conversation = this.find(roomOf(change.room));
    if (conversation === undefined) return;
    const { by = "", topic, mode, owner, invited, removed, deleted } = change;
    const who = sanitizeName(by);
    if (topic !== undefined) conversation.topic = topic;
    if (mode !== undefined) conversation.mode = mode;
    if (owner !== undefined) conversation.owner = owner;
    const texts = [
      topic === undefined
        ? ""
        : topic === ""
        ? `${who} removes the topic`
        : `${who} sets the topic: ${topic}`,
      mode === undefined ? "" : `the room is ${mode} now`,
      owner === undefined ? "" : `${sanitizeName(owner)} owns the room now`,
      invited === undefined ? "" : `${who} invites ${sanitizeName(invited)}`,
      removed === undefined ? "" : `${sanitizeName(removed)} is not a member any more`,
    ].filter((text) => text !== "");
    for (const text of texts) this.#note(text, false, conversation);
    if (deleted) this.#putOut(change.room);
  }

  /** Closes a room that the hub has put the user out of. */
  #putOut(room: string): void {
    const conversation = this.find(roomOf(room));
    if (conversation === undefined || isMain(conversation)) return;
    this.#forget(conversation);
    this.#note(`${conversation.label} is closed: you are not in it any more`);
  }

  #ownLineChanged(line: OwnLine): void {
    const { state, target = MAIN, text } = line;
    const conversation = this.find(target) ?? this.current;
    if (state.kind === "acknowledged" && state.sequence !== undefined) {
      this.#runner.messages.noteId(target, state.sequence, this.#link.messageIdOf(line));
    } else if (state.kind === "refused") {
      conversation.note(sanitizeText(state.message), true);
      if (conversation.draft === "") {
        conversation.draft = text;
        this.#keepDraft(conversation);
      }
    } else if (state.kind === "unknown" || state.kind === "unsent") {
      conversation.note(
        `${state.kind === "unsent" ? "Not sent" : "Perhaps not delivered"}: ${sanitizeText(text)}`,
        true,
      );
    }
    this.#options.changed();
  }

  #linkChanged(state: LinkState): void {
    this.link = state;
    if (state.kind === "connecting") {
      this.#self.reset();
      this.#people.clear();
      this.#topicSeen.clear();
      this.#runner.moderation.connecting();
      this.#catchUp.connecting();
    }
    if (state.kind === "open") this.#self.setName(state.session.name);
    if (state.kind === "open" && state.session !== this.#openedSession) {
      this.#openedSession = state.session;
      if (state.hasMoved) this.#note(`reconnected to ${formatAddress(state.address)}`);
      this.#opened(state.session);
    }
    this.#options.changed();
  }

  async #opened(session: Session): Promise<void> {
    const caughtUp = this.#catchUp.opened();
    this.#missedChanges.opened(session);
    const joined = new Set(session.welcome?.rooms.map(nameKey));
    if (hasFeature(session, "rooms")) {
      for (const room of this.#openRooms) {
        if (joined.has(nameKey(room))) continue;
        this.#catchUp.startQueue(roomOf(room));
        const answer = await this.#ask({ code: Code.Join, room });
        if (answer === undefined) this.#catchUp.deliverQueued(roomOf(room));
        else this.#catchUp.fetch(roomOf(room));
      }
    }
    await caughtUp;
    // The hub has put the user into the room to which the invite leads.
    for (const room of this.#options.invite && session.welcome?.rooms || []) {
      if (this.find(roomOf(room)) === undefined) await this.join(room);
    }
    if (session === this.session) await this.#fetchPeople(this.current);
  }

  #stateKey(target: Target): string {
    return conversationOf(target, this.name);
  }

  #isHidden({ username }: PastLine): boolean {
    return !this.isSelf(username) && this.isIgnored(username);
  }

  #asNow(target: Target, lines: readonly PastLine[]): PastLine[] {
    return lines.map((line) => this.#states.current(this.#stateKey(target), line));
  }
}

function sanitizeText(text: string): string {
  return text.split("\n").map(sanitize).join("\n");
}
