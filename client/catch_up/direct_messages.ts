/**
 * Which direct messages are known, by the name that the user has and the name of the other one, and which conversations
 * have others.
 *
 * PURE: it is told of messages and answers.
 *
 * Rules:
 * - Another name is another conversation with other numbers, whoever has it.
 * - The first list of a name says what there is; nothing of that was missed in this run. From then on the hub lists
 *   what is new, and all of it that is not known was missed.
 * - A missed conversation stays missed until its messages are shown, over any number of links.
 * - What is known is limited, so that no hub can fill the memory: above a limit the oldest is forgotten.
 *
 * @module
 */
import { Code, type Conversations, type ListConversations, nameKey } from "../../protocol/mod.ts";
import { personOf, type Target, targetKey } from "../model/mod.ts";

/** How many conversations of one name of the user are known, and how many of them are missed. */
export const MAX_CONVERSATIONS = 10_000;

/** For how many names of the user conversations are known. */
export const MAX_OWN_NAMES = 100;

/** The longest name of another user whose messages are counted, in UTF-16 units. No hub with this extension has one. */
export const MAX_NAME_UNITS = 256;

/** What is known of the conversations of one name of the user. */
interface OwnConversations {
  /** The number up to which the messages with each person are shown, or were there before this run. */
  readonly known: Map<string, number>;
  /** The conversations with missed messages. */
  readonly missed: Map<string, Target>;
  /** The `last` of the last list. */
  last?: number;
  /** The epoch of that list. */
  epoch?: string | undefined;
}

/** The direct messages of a user, over any number of links. */
export class DirectMessages {
  readonly #byName = new Map<string, OwnConversations>();
  #name = "";
  /** The epoch of the current link. */
  #epoch: string | undefined;

  /** Starts with nothing known, and without a name of the user. */
  constructor() {}

  /** The key of the user's name. */
  get name(): string {
    return this.#name;
  }

  /**
   * Sets the user's name.
   *
   * @param name the name
   * @returns whether another one was set before
   */
  rename(name: string): boolean {
    const key = nameKey(name);
    if (key === this.#name) return false;
    this.#name = key;
    return true;
  }

  /**
   * Returns the key of a target, for which numbers count: a room, or a conversation of the user's current name.
   *
   * @param target a room or person
   * @returns the key
   */
  keyOf(target: Target): string {
    return target.kind === "room" ? targetKey(target) : `${targetKey(target)} with ${this.#name}`;
  }

  /**
   * Notes that a message is shown.
   *
   * @param person the other user
   * @param sequence its number
   */
  shown(person: Target, sequence: number): void {
    const { known } = this.#own;
    const key = targetKey(person);
    setNewest(known, key, Math.max(sequence, known.get(key) ?? 0), MAX_CONVERSATIONS);
  }

  /**
   * Returns up to which number the messages with a person are known.
   *
   * @param person the other user
   * @returns the number; `undefined` if nothing is known
   */
  knownOf(person: Target): number | undefined {
    return this.#own.known.get(targetKey(person));
  }

  /**
   * Sets the epoch of the hub's history.
   *
   * @param epoch the epoch of the current link; `undefined` if the hub has none
   */
  setEpoch(epoch: string | undefined): void {
    this.#epoch = epoch;
  }

  /**
   * Handles that the hub has other messages after some number.
   *
   * @param person the other user
   * @param sequence the last number that is the same
   */
  restored(person: Target, sequence: number): void {
    const { known } = this.#own;
    const key = targetKey(person);
    if ((known.get(key) ?? 0) > sequence) known.set(key, sequence);
  }

  /** The request for the conversations with messages that may have been missed. */
  get request(): ListConversations {
    const { last, epoch } = this.#own;
    if (last === undefined) return { code: Code.ListConversations };
    return { code: Code.ListConversations, after: last, ...(epoch === undefined ? {} : { epoch }) };
  }

  /**
   * Handles a list of conversations.
   *
   * @param list the answer to {@linkcode DirectMessages.request}
   * @returns the conversations with missed messages, those with the oldest news first
   */
  listed({ conversations, last }: Conversations): Target[] {
    const own = this.#own;
    const { known, missed } = own;
    const isFirst = own.last === undefined;
    // The hub has started a new history. With epochs it says for each conversation what is the same.
    if (own.last !== undefined && last < own.last && this.#epoch === undefined) known.clear();
    const mayDiffer = !isFirst && own.epoch !== this.#epoch;
    Object.assign(own, { last, epoch: this.#epoch });
    for (const { with: name, last_sequence: sequence } of conversations.toReversed()) {
      if (name.length > MAX_NAME_UNITS) continue;
      const person = personOf(name);
      const key = targetKey(person);
      const before = known.get(key);
      if (isFirst && before === undefined) setNewest(known, key, sequence, MAX_CONVERSATIONS);
      else if (mayDiffer || sequence > (before ?? 0)) setNewest(missed, key, person, MAX_CONVERSATIONS);
    }
    return [...missed.values()];
  }

  /**
   * Notes that the missed messages with a person are shown, or cannot be.
   *
   * @param person the other user
   */
  settled(person: Target): void {
    this.#own.missed.delete(targetKey(person));
  }

  get #own(): OwnConversations {
    let own = this.#byName.get(this.#name);
    if (own === undefined) {
      own = { known: new Map(), missed: new Map() };
      setNewest(this.#byName, this.#name, own, MAX_OWN_NAMES);
    }
    return own;
  }
}

/** Makes an entry the newest one of a map, and drops the oldest one if there are too many. */
function setNewest<T>(map: Map<string, T>, key: string, value: T, max: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max) map.delete(oldest!);
}
