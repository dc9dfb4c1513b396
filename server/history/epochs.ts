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

/** An epoch: its random id, and the id of the last message before it. */
interface Epoch {
  readonly id: string;
  readonly began: number;
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
    this.#epochs = db.prepare("SELECT name, began FROM epochs ORDER BY began").all()
      .map(({ name, began }) => ({ id: String(name), began: Number(began) }));
  }

  /** The highest id of a message that any epoch knows; 0 without epochs. */
  get newestId(): number {
    return this.#epochs.at(-1)?.began ?? 0;
  }

  /**
   * Begins an epoch. Earlier epochs without messages are dropped, so that the text for clients covers many starts.
   *
   * @param began the id of the last message before it
   */
  begin(began: number): void {
    const id = randomBytes(ID_BYTES).toString("base64url");
    this.#db.prepare("INSERT OR REPLACE INTO epochs (began, name) VALUES (?, ?)").run(began, id);
    if (this.newestId === began) this.#epochs.pop();
    this.#epochs.push({ id, began });
    this.#isCurrent = true;
  }

  /** The latest epochs, for clients; `undefined` if no epoch was begun. */
  get text(): string | undefined {
    if (!this.#isCurrent) return undefined;
    let text = "";
    for (const { id, began } of this.#epochs.toReversed()) {
      const next = `${text === "" ? "" : `${text}.`}${id}:${began.toString(36)}`;
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
    const index = new Map(this.#epochs.map(({ id }, i) => [id, i]));
    let endedThere = Infinity;
    for (const entry of text.split(".")) {
      const [id = "", began = ""] = entry.split(":");
      const found = index.get(id);
      if (found !== undefined) return Math.min(endedThere, this.#epochs[found + 1]?.began ?? Infinity);
      endedThere = Number.parseInt(began, 36) || 0;
    }
    return this.#epochs[0]?.began ?? 0;
  }
}
