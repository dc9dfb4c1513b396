/**
 * Finds ignored users by their keys: asks the hub to which keys a name belongs, if any user is ignored by key.
 *
 * Rules:
 * - One request at a time, and few enough a second that the user's own messages never wait for the rate limit. Authors
 *   come before those who only join.
 * - A name is asked for once for each time that somebody comes with it.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { Ignored } from "../model/mod.ts";
import { sanitizeName } from "../text/mod.ts";
import type { CommandContext } from "./command_context.ts";

/** The pause between two requests, in milliseconds: these cost half of what the hub allows. */
const PAUSE_MS = 100;

/** How many names wait at most. Those that do not fit are asked for when they say something. */
const MAX_WAITING = 200;

/** For how many names it is known that the hub was asked. */
const MAX_ASKED = 10_000;

/** Options of {@linkcode IgnoredKeys}. */
export interface IgnoredKeysOptions {
  /** Access to the hub. */
  context: CommandContext;
  /** Measures the pauses. */
  clock: TimedClock;
  /** The ignored users. */
  ignored: Ignored;
  /** Called with the name and all known keys of an ignored user, when the hub has told some. */
  found: (name: string, keys: readonly string[]) => void;
}

/** Finds ignored users by their keys. */
export class IgnoredKeys {
  readonly #options: IgnoredKeysOptions;
  /** The names to ask for, by their keys, those first that come first. */
  #waiting = new Map<string, string>();
  /** The keys of the names that were asked for. */
  #asked = new Set<string>();
  #isAsking = false;
  #cancel: (() => void) | undefined;

  /**
   * Asks for nothing yet.
   *
   * @param options see {@linkcode IgnoredKeysOptions}
   */
  constructor(options: IgnoredKeysOptions) {
    this.#options = options;
  }

  /** Forgets what was asked, for a new connection. */
  reset(): void {
    this.#waiting.clear();
    this.#asked.clear();
  }

  /** Ends the pause, so that no timer is left. */
  end(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  /**
   * Handles a message of the hub.
   *
   * @param message any message
   */
  receive(message: ServerMessage): void {
    if (!this.#options.ignored.hasKeys) return;
    switch (message.code) {
      case Code.Joined:
      case Code.Renamed:
        this.#asked.delete(nameKey(message.new));
        return this.#want([message.new]);
      case Code.Users:
        return this.#want(message.users.map(({ username }) => username));
      case Code.Said:
      case Code.SaidTo:
        return this.#want([message.message.username], true);
    }
  }

  /**
   * Asks for the keys of a user who is ignored by name from now on.
   *
   * @param name the name
   */
  async add(name: string): Promise<void> {
    const keys = await this.#keysOf(name);
    if (keys.length === 0) return;
    this.#options.found(name, keys);
    this.#options.context.note(`${sanitizeName(name)} is ignored by key, also under other names`);
  }

  #want(names: readonly string[], isFirst = false): void {
    if (!this.#options.context.hubHas("keys")) return;
    for (const name of names) {
      const key = nameKey(name);
      if (this.#asked.has(key) || (!isFirst && this.#waiting.has(key))) continue;
      if (isFirst) {
        this.#waiting.delete(key);
        this.#waiting = new Map([[key, name], ...this.#waiting]);
      } else if (this.#waiting.size < MAX_WAITING) this.#waiting.set(key, name);
    }
    if (!this.#isAsking) this.#askNext();
  }

  async #askNext(): Promise<void> {
    const { clock, found, ignored } = this.#options;
    const [first] = this.#waiting;
    this.#isAsking = first !== undefined;
    if (first === undefined) return;
    const [key, name] = first;
    this.#waiting.delete(key);
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.add(key);
    const user = ignored.learned(name, await this.#keysOf(name));
    if (user !== undefined) found(user.name, user.keys);
    this.#cancel = clock.after(PAUSE_MS, () => this.#askNext());
  }

  async #keysOf(name: string): Promise<readonly string[]> {
    const { context } = this.#options;
    if (!context.hubHas("keys")) return [];
    const answer = await context.ask({ code: Code.AskPerson, username: name }, "keys", true);
    return answer?.code === Code.Person ? answer.keys ?? [] : [];
  }
}
