/**
 * What was seen of each room of each hub, as it is kept between runs: the number of the last line, and when that was.
 *
 * PURE. The file is JSON. What cannot be read of it is as if it were not there: all that is lost is which lines are
 * new.
 *
 * @module
 */
import * as v from "valibot";
import { type Target, targetKey } from "./target.ts";

/** The file it is kept in. */
export const READ_MARKERS_FILE = "seen.json";

/** How many hubs, and how many rooms of each, are kept: those that were seen last. */
const MAX_HUBS = 100;
const MAX_ROOMS = 200;

/** What was seen of a room. */
export interface ReadMarker {
  /** The number of the last line. */
  readonly sequence: number;
  /** When it was the last, in milliseconds since 1970. */
  readonly at: number;
}

/** What was seen of the rooms of a hub, by their keys. */
export type ReadMarkers = ReadonlyMap<string, ReadMarker>;

const SCHEMA = v.record(v.string(), v.record(v.string(), v.object({ sequence: v.number(), at: v.number() })));

/**
 * Reads what was seen of a hub.
 *
 * @param text what is in the file
 * @param hub what the hub is called
 * @returns its rooms
 */
export function parseReadMarkers(text: string, hub: string): ReadMarkers {
  return new Map(Object.entries(read(text).get(hub) ?? {}));
}

/**
 * Adds to the file what was seen of a hub; what another program has put there since counts where it is newer.
 *
 * @param text what is in the file
 * @param hub what the hub is called
 * @param seen what was seen, by the keys of the rooms
 * @returns the new text
 */
export function withReadMarker(text: string, hub: string, seen: ReadMarkers): string {
  const hubs = read(text);
  const rooms = new Map(Object.entries(hubs.get(hub) ?? {}));
  for (const [key, one] of seen) {
    const other = rooms.get(key);
    if (other === undefined || other.at <= one.at) rooms.set(key, { ...one });
  }
  hubs.set(hub, Object.fromEntries(newest([...rooms], ([, { at }]) => at, MAX_ROOMS)));
  const latest = ([, rooms]: [string, Record<string, ReadMarker>]) =>
    Math.max(...Object.values(rooms).map(({ at }) => at));
  return JSON.stringify(Object.fromEntries(newest([...hubs], latest, MAX_HUBS))) + "\n";
}

/**
 * Tells under which key a place is kept.
 *
 * @param place a room
 * @returns the key; nothing for a person, of whom nothing is kept
 */
export function readMarkerKey(target: Target): string | undefined {
  return target.kind === "room" ? targetKey(target) : undefined;
}

function read(text: string): Map<string, Record<string, ReadMarker>> {
  try {
    const parsed = v.safeParse(SCHEMA, JSON.parse(text));
    return new Map(parsed.success ? Object.entries(parsed.output) : []);
  } catch {
    return new Map();
  }
}

function newest<T>(items: T[], at: (item: T) => number, count: number): T[] {
  return items.sort((a, b) => at(b) - at(a)).slice(0, count);
}
