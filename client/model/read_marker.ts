/**
 * The read marker of each room of each hub, stored between runs: the number of the last message that was read, and
 * when.
 *
 * PURE. The file is JSON, with a line for each room. An invalid entry counts as absent, and costs no other one: then
 * the client only does not know which messages of that room are new.
 *
 * @module
 */
import * as v from "valibot";
import { MAX_EPOCH_CHARS } from "../../protocol/mod.ts";
import { type Target, targetKey } from "./target.ts";

/** The name of the file. */
export const READ_MARKERS_FILE = "seen.json";

/** How many hubs, and how many rooms of each, are stored: those with the latest markers. */
const MAX_HUBS = 100;
const MAX_ROOMS = 200;

/** How far a room was read. */
export interface ReadMarker {
  /** The number of the last message that was read. */
  readonly sequence: number;
  /** When it was read, in milliseconds since 1970. */
  readonly at: number;
  /** The epoch of the hub's history in which it has that number, if the hub tells it. */
  readonly epoch?: string | undefined;
}

/** The read markers of the rooms of one hub, by their keys. */
export type ReadMarkers = ReadonlyMap<string, ReadMarker>;

const MARKER = v.object({
  sequence: v.number(),
  at: v.number(),
  epoch: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_EPOCH_CHARS))),
});

/** The beginning of a hub, or a whole room, in a file that is no valid JSON any more. */
const HUB_OR_ROOM = new RegExp(
  [
    String.raw`"((?:[^"\\\n]|\\.)*)"\s*:\s*\{`,
    String.raw`(?:\s*(?=\}|"[^"]*"\s*:\s*\{)|\s*"sequence"\s*:\s*(\d+)\s*,\s*"at"\s*:\s*(\d+)\s*`,
    String.raw`(?:,\s*"epoch"\s*:\s*"([^"\\\n]*)"\s*)?\})`,
  ].join(""),
  "g",
);

/**
 * Parses the read markers of a hub.
 *
 * @param text the text of the file
 * @param hub the hub's key in the file
 * @returns the markers of its rooms
 */
export function parseReadMarkers(text: string, hub: string): ReadMarkers {
  return new Map(Object.entries(parseFile(text).get(hub) ?? {}));
}

/**
 * Adds read markers of a hub to the file. A newer marker of another process stays.
 *
 * @param text the text of the file
 * @param hub the hub's key in the file
 * @param markers the markers, by the keys of the rooms
 * @returns the new text
 */
export function addReadMarkers(text: string, hub: string, markers: ReadMarkers): string {
  const hubs = parseFile(text);
  const rooms = new Map(Object.entries(hubs.get(hub) ?? {}));
  for (const [key, marker] of markers) {
    const other = rooms.get(key);
    if (other === undefined || other.at <= marker.at) rooms.set(key, { ...marker });
  }
  hubs.set(hub, Object.fromEntries(newest([...rooms], ([, { at }]) => at, MAX_ROOMS)));
  const latest = ([, rooms]: [string, Record<string, ReadMarker>]) =>
    Math.max(...Object.values(rooms).map(({ at }) => at));
  const lines = newest([...hubs], latest, MAX_HUBS).map(([hub, rooms]) => {
    const markers = Object.entries(rooms).map(([key, marker]) =>
      `  ${JSON.stringify(key)}: ${JSON.stringify(marker)}`
    );
    return ` ${JSON.stringify(hub)}: {\n${markers.join(",\n")}\n }`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

/**
 * Returns the key of the read marker of a target.
 *
 * @param target a target
 * @returns the key for a room; `undefined` for a person, which has no read marker
 */
export function readMarkerKey(target: Target): string | undefined {
  return target.kind === "room" ? targetKey(target) : undefined;
}

function parseFile(text: string): Map<string, Record<string, ReadMarker>> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    file = salvage(text);
  }
  const hubs = new Map<string, Record<string, ReadMarker>>();
  if (typeof file !== "object" || file === null) return hubs;
  for (const [hub, rooms] of Object.entries(file)) {
    if (typeof rooms !== "object" || rooms === null || isDamaged(hub)) continue;
    const valid = Object.entries(rooms).flatMap(([key, marker]) =>
      v.is(MARKER, marker) && !isDamaged(key) ? [[key, marker] as const] : []
    );
    if (valid.length > 0) hubs.set(hub, Object.fromEntries(valid));
  }
  return hubs;
}

/** Whether a key had bytes that were not UTF-8. */
function isDamaged(key: string): boolean {
  return key.includes("\ufffd");
}

/** Finds the entries that are whole in a file that is no valid JSON. */
function salvage(text: string): Record<string, Record<string, ReadMarker>> {
  const hubs: Record<string, Record<string, ReadMarker>> = {};
  let rooms: Record<string, ReadMarker> | undefined;
  for (const [, key, sequence, at, epoch] of text.matchAll(HUB_OR_ROOM)) {
    if (sequence === undefined) hubs[key!] = rooms = {};
    else if (rooms !== undefined) {
      rooms[key!] = { sequence: Number(sequence), at: Number(at), ...(epoch === undefined ? {} : { epoch }) };
    }
  }
  return hubs;
}

function newest<T>(items: T[], at: (item: T) => number, count: number): T[] {
  return items.sort((a, b) => at(b) - at(a)).slice(0, count);
}
