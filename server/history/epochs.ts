/**
 * The epochs of a history, by which a client notices that the hub has another history than it knows, such as one
 * restored from a backup.
 *
 * Each start of a hub begins an epoch with a random id. The database stores all epochs, each with the id of the last
 * message before it. A copy of the database has the same epochs up to the copy and others after it. A client gets the
 * latest epochs as a text without meaning for it, and sends that text with the numbers that it knows. The newest
 * epoch that both know says up to which message both histories are the same: up to where that epoch ended in either.
 * If there is none, the messages before the first epoch count as the same: those that were imported, or stored by an
 * older version.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { MAX_EPOCH_CHARS } from "../../protocol/mod.ts";

/** An epoch: its random id, the id of the last message before it, and the number of the last change before it. */
interface Epoch {
  readonly id: string;
  readonly began: number;
  readonly changed: number;
}

/** The size of an id, in random bytes: no two hubs draw the same. */
const ID_BYTES = 6;

/** The epochs of one database. */
export class Epochs {
  readonly #db: DatabaseSync;
  /** The oldest first. */
  readonly #epochs: Epoch[];
  #isCurrent = false;

  /**
   * Reads the epochs of earlier starts.
   *
   * @param db the database
   */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#epochs = db.prepare("SELECT name, began, changed FROM epochs ORDER BY began").all()
      .map(({ name, began, changed }) => ({
        id: String(name),
        began: Number(began),
        changed: Number(changed),
      }));
  }

  /** The highest id of a message that any epoch knows; 0 without epochs. */
  get newestId(): number {
    return this.#epochs.at(-1)?.began ?? 0;
  }

  /**
   * Begins an epoch. Earlier epochs without messages are dropped, so that the text for clients covers many starts.
   *
   * @param began the id of the last message before it
   * @param changed the number of the last change before it
   */
  begin(began: number, changed: number): void {
    const id = randomBytes(ID_BYTES).toString("base64url");
    const latest = this.#epochs.at(-1);
    const isReplaced = latest?.began === began;
    // A client that knows the dropped epoch only must get the changes since then.
    const epoch = { id, began, changed: isReplaced ? Math.min(latest.changed, changed) : changed };
    this.#db.prepare("INSERT OR REPLACE INTO epochs (began, name, changed) VALUES (?, ?, ?)")
      .run(began, id, epoch.changed);
    if (isReplaced) this.#epochs.pop();
    this.#epochs.push(epoch);
    this.#isCurrent = true;
  }

  /**
   * Makes one epoch of all messages, the same in all copies of a log that several hubs share.
   *
   * @param id the id of the log
   */
  share(id: string): void {
    this.#db.exec("DELETE FROM epochs");
    this.#db.prepare("INSERT INTO epochs (began, name, changed) VALUES (0, ?, 0)").run(id);
    this.#epochs.splice(0, this.#epochs.length, { id, began: 0, changed: 0 });
    this.#isCurrent = true;
  }

  /** The latest epochs, for clients; `undefined` if no epoch was begun. */
  get text(): string | undefined {
    if (!this.#isCurrent) return undefined;
    let text = "";
    for (const { id, began, changed } of this.#epochs.toReversed()) {
      const numbers = changed === 0 ? began.toString(36) : `${began.toString(36)}:${changed.toString(36)}`;
      const next = `${text === "" ? "" : `${text}.`}${id}:${numbers}`;
      if (next.length > MAX_EPOCH_CHARS) break;
      text = next;
    }
    return text;
  }

  /**
   * Finds out up to which message a client knows the same history.
   *
   * @param text what the client got as {@linkcode Epochs.text}
   * @returns the id of the last such message; `Infinity` for all
   */
  sameUpTo(text: string): number {
    return this.#same(text, ({ began }) => began);
  }

  /**
   * Finds out up to which change a client knows the same changes.
   *
   * @param text what the client got as {@linkcode Epochs.text}
   * @returns the number of the last such change; `Infinity` for all
   */
  sameChanges(text: string): number {
    return this.#same(text, ({ changed }) => changed);
  }

  #same(text: string, endOf: (next: Epoch) => number): number {
    const index = new Map(this.#epochs.map(({ id }, i) => [id, i]));
    let endedThere = Infinity;
    for (const entry of text.split(".")) {
      const [id = "", began = "", changed = ""] = entry.split(":");
      const found = index.get(id);
      if (found !== undefined) {
        const next = this.#epochs[found + 1];
        return Math.min(endedThere, next === undefined ? Infinity : endOf(next));
      }
      endedThere = endOf({ id, began: numberOf(began), changed: numberOf(changed) });
    }
    const [first] = this.#epochs;
    return first === undefined ? 0 : endOf(first);
  }
}

function numberOf(text: string): number {
  return Number.parseInt(text, 36) || 0;
}
