/**
 * What the client remembers of each hub between runs: the user's name there, and the rooms.
 *
 * PURE. The file is JSON. An entry that is invalid counts as absent, and costs no other entry.
 *
 * @module
 */
import * as v from "valibot";
import { checkName, nameKey, ProtocolError } from "../../protocol/mod.ts";

/** The name of the file. */
export const REMEMBERED_HUBS_FILE = "hubs.json";

/** How many hubs are stored: those with the latest changes. */
const MAX_HUBS = 100;

/** How many rooms of each hub are stored: those that were joined last. */
const MAX_ROOMS = 50;

/** What is remembered of a hub. */
export interface RememberedHub {
  /** The name that the user last asked for and got; absent if the hub or the client chose it. */
  readonly name?: string | undefined;
  /** The rooms that the user has joined and not left, without `main`, in that order. */
  readonly rooms: readonly string[];
}

/** A change of what is remembered: a name that the user got, or a room that the user has joined or left. */
export type RememberedChange = { readonly name: string } | { readonly joined: string } | {
  readonly left: string;
};

/** A hub in the file. */
type StoredHub = RememberedHub & { readonly at: number };

const NAME = v.pipe(v.string(), v.check(isName));
const HUB = v.object({
  name: v.fallback(v.optional(NAME), undefined),
  rooms: v.fallback(
    v.pipe(v.array(v.unknown()), v.transform((rooms) => rooms.filter((room) => v.is(NAME, room)))),
    [],
  ),
  at: v.fallback(v.number(), 0),
});

/**
 * Parses what is remembered of a hub.
 *
 * @param text the text of the file
 * @param hub the hub's key in the file
 * @returns its name and rooms
 */
export function parseRememberedHub(text: string, hub: string): RememberedHub {
  const { name, rooms } = parseFile(text).get(hub) ?? { rooms: [] };
  return name === undefined ? { rooms } : { name, rooms };
}

/**
 * Changes what is remembered of a hub.
 *
 * @param text the text of the file
 * @param hub the hub's key in the file
 * @param change the change
 * @param now the time, in milliseconds since 1970
 * @returns the new text
 */
export function rememberHub(text: string, hub: string, change: RememberedChange, now: number): string {
  const hubs = parseFile(text);
  const { name, rooms } = hubs.get(hub) ?? { rooms: [] };
  const without = (room: string) => rooms.filter((other) => nameKey(other) !== nameKey(room));
  const isKnown = (room: string) => rooms.some((other) => nameKey(other) === nameKey(room));
  let changed: RememberedHub = { name, rooms };
  if ("name" in change) changed = { name: change.name, rooms };
  else if ("left" in change) changed = { name, rooms: without(change.left) };
  else if (!isKnown(change.joined)) changed = { name, rooms: [...rooms, change.joined].slice(-MAX_ROOMS) };
  hubs.set(hub, { ...changed, at: now });
  const latest = [...hubs].sort(([, a], [, b]) => b.at - a.at).slice(0, MAX_HUBS);
  return JSON.stringify(Object.fromEntries(latest), null, 1) + "\n";
}

function parseFile(text: string): Map<string, StoredHub> {
  const hubs = new Map<string, StoredHub>();
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    file = salvage(text);
  }
  if (typeof file !== "object" || file === null) return hubs;
  for (const [hub, entry] of Object.entries(file)) {
    const parsed = v.safeParse(HUB, entry);
    if (parsed.success) hubs.set(hub, parsed.output);
  }
  return hubs;
}

/** Finds the hubs that are whole in a file that is no valid JSON. */
function salvage(text: string): Record<string, unknown> {
  const hubs: Record<string, unknown> = {};
  for (const [entry] of text.matchAll(/^ "(?:[^"\\\n]|\\.)*": \{\n[^]*?^ \}/gm)) {
    try {
      Object.assign(hubs, JSON.parse(`{${entry}}`));
    } catch {
      // This is the entry that is damaged.
    }
  }
  return hubs;
}

function isName(name: string): boolean {
  try {
    checkName(name);
    return nameKey(name) !== "main";
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return false;
  }
}
