/**
 * What the hub answers about names and keys, as lines for the user.
 *
 * PURE.
 *
 * @module
 */
import type { Person } from "../../protocol/mod.ts";
import {
  formatDay,
  formatIsoTime,
  info,
  type OffsetMinutes,
  sanitize,
  sanitizeName,
  type StyledLine,
} from "../text/mod.ts";

/** A key of a name. */
export interface ListedKey {
  /** Its fingerprint. */
  readonly fingerprint: string;
  /** When it was added, in milliseconds since 1970. */
  readonly added: number;
  /** Whether this client uses it. */
  readonly inUse: boolean;
}

/**
 * Formats the keys of a name.
 *
 * @param name the name
 * @param since when it was first owned, in milliseconds since 1970
 * @param keys its keys
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @returns a heading, and a line for each key
 */
export function keyLines(
  name: string,
  since: number,
  keys: readonly ListedKey[],
  offsetMinutes: OffsetMinutes,
): StyledLine[] {
  const count = keys.length === 1 ? "1 key" : `${keys.length} keys`;
  return [
    info(
      `${sanitizeName(name)} is yours since ${
        day(since, offsetMinutes)
      }; it has ${count}, added on these days:`,
    ),
    ...keys.map(({ fingerprint, added, inUse }): StyledLine => [
      { text: `  ${fingerprint}`, style: "cell" },
      { text: `  ${isoDay(added, offsetMinutes)}${inUse ? "  in use here" : ""}`, style: "faint" },
    ]),
  ];
}

/**
 * Says what the hub knows of a name.
 *
 * @param person the answer of the hub
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @returns its lines
 */
export function personLines(person: Person, offsetMinutes: OffsetMinutes): StyledLine[] {
  const { username, online, verified, since, last_used: lastUsed, moved, keys = [], addresses = [] } = person;
  const name = sanitizeName(username);
  const facts = [online ? "online" : "not online"];
  if (since === undefined) facts.push(online ? "the name belongs to nobody" : "nobody owns the name");
  else {
    facts.push(`owned since ${day(since, offsetMinutes)}`);
    if (online && !verified) facts.push("but not by whoever is online");
    if (!online && lastUsed !== undefined) facts.push(`last used ${day(lastUsed, offsetMinutes)}`);
    if (moved !== undefined) {
      facts.push(`given to another key by an operator on ${day(moved, offsetMinutes)}`);
    }
  }
  return [
    info(`${name}: ${facts.join(", ")}`),
    ...keys.map((key): StyledLine => [{ text: `  key ${sanitize(key)}`, style: "cell" }]),
    ...addresses.map((address): StyledLine => [{ text: `  address ${sanitize(address)}`, style: "cell" }]),
  ];
}

/** As short as it can be: a fingerprint leaves 28 columns of 80. */
function isoDay(timestamp: number, offsetMinutes: OffsetMinutes): string {
  return formatIsoTime(timestamp + offsetMinutes(timestamp) * 60_000).slice(0, 10);
}

function day(timestamp: number, offsetMinutes: OffsetMinutes): string {
  return formatDay(timestamp, offsetMinutes) ?? "an unknown day";
}
