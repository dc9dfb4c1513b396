/**
 * A data folder with many bans and names, written with few transactions, as each ban of a hub takes one.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { publicKeyBlob, toBase64 } from "../../identity/mod.ts";
import { nameSkeletons } from "../../protocol/mod.ts";
import { type Moderation, openModeration } from "../../server/moderation/mod.ts";
import { openRegistry, type Registry } from "../../server/registry/mod.ts";

/** The names and the bans of a folder. */
export interface OpenFolder extends Disposable {
  /** Who owns what. */
  registry: Registry;
  /** Who is banned. */
  moderation: Moderation;
}

/**
 * Makes a key.
 *
 * @param number the number of the key
 * @returns the key, as the base64 of an OpenSSH blob
 */
export function numberedKey(number: number): string {
  const bytes = new Uint8Array(32).fill(7);
  new DataView(bytes.buffer).setUint32(0, number);
  return toBase64(publicKeyBlob(bytes));
}

/**
 * Opens the names and bans of a folder. When the result is disposed, they are closed.
 *
 * @param folder the data folder
 * @returns both
 */
export function openFolder(folder: string): OpenFolder {
  const report = (text: string) => {
    throw new Error(text);
  };
  const registry = openRegistry({ folder, nameMs: Infinity, skeletons: nameSkeletons, now: 0, report });
  const moderation = openModeration({ folder, names: registry.names, now: 0, report });
  return {
    registry,
    moderation,
    [Symbol.dispose]() {
      moderation.close();
      registry.close();
    },
  };
}

/**
 * Returns the target of a ban.
 *
 * @param number the number of the ban, below 2^24: in turns one of a name, an IPv4 address, an IPv6 address, a key
 * @returns the target
 */
export function numberedTarget(number: number): string {
  const [high, middle, low] = [number >> 16, number >> 8 & 255, number & 255];
  switch (number % 4) {
    case 0:
      return `troll${number}`;
    case 1:
      return `10.${high}.${middle}.${low}`;
    case 2:
      return `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`;
    default:
      return numberedKey(number);
  }
}

/**
 * Fills a data folder.
 *
 * @param folder the data folder, which is empty
 * @param bans how many bans; {@linkcode numberedTarget} returns their targets
 * @param names how many names: `user0` and so on, with the keys {@linkcode numberedKey} of -1 and down
 */
export function fillFolder(folder: string, bans: number, names: number): void {
  openFolder(folder)[Symbol.dispose]();
  using registry = new DatabaseSync(`${folder}/names.db`) as DatabaseSync & Disposable;
  registry.exec("BEGIN");
  const owner = registry.prepare("INSERT INTO owners (name, since, last_used) VALUES (?, 0, 0)");
  const key = registry.prepare("INSERT INTO keys (owner, key, added) VALUES (?, ?, 0)");
  for (let i = 0; i < names; i++) key.run(owner.run(`user${i}`).lastInsertRowid, numberedKey(-1 - i));
  registry.exec("COMMIT");
  using open = openFolder(folder);
  using moderation = new DatabaseSync(`${folder}/moderation.db`) as DatabaseSync & Disposable;
  moderation.exec("BEGIN");
  const ban = moderation.prepare(
    "INSERT INTO sanctions (kind, room, room_name, target, target_name, by_name, by_operator, at, reason) " +
      "VALUES ('ban', '', '', ?, ?, 'boss', 1, 0, 'spam')",
  );
  const match = moderation.prepare("INSERT INTO matches (sanction, what) VALUES (?, ?)");
  for (let i = 0; i < bans; i++) {
    const target = open.moderation.targetOf(numberedTarget(i));
    const { lastInsertRowid } = ban.run(target.key, target.shown);
    if (target.kind !== "name") match.run(lastInsertRowid, target.key);
  }
  moderation.exec("COMMIT");
}
