/**
 * What the client knows: buffers, people, what was read, presence.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `text`.
 *
 * - `backlog`: what happened in a place while one was in another
 * - `buffers`: the places one is in, in their order
 * - `ignored`: whose lines are hidden
 * - `past`: earlier messages of a room or conversation, as the client shows them on arrival and after a gap
 * - `people`: who may be meant when a name is typed
 * - `presence`: who comes, goes and takes another name, in as few lines as it can be told in
 * - `read_marker`: what was seen of each room of each hub, as it is kept between runs
 * - `refusal`: why a hub will not have a line, in words that name where it was to go
 * - `self`: oneself in the eyes of the hub
 * - `target`: where something is said
 * - `unread`: what came in while nobody was looking
 *
 * @module
 */
export { Buffers, type ChatBuffer } from "./buffers.ts";
export { Ignored } from "./ignored.ts";
export type { Past } from "./past.ts";
export { People } from "./people.ts";
export { Presence, type PresenceChange } from "./presence.ts";
export {
  parseReadMarkers,
  READ_MARKERS_FILE,
  type ReadMarker,
  readMarkerKey,
  type ReadMarkers,
  withReadMarker,
} from "./read_marker.ts";
export { NO_ROOMS, refusalText } from "./refusal.ts";
export { Self } from "./self.ts";
export {
  isMain,
  MAIN,
  personOf,
  readPerson,
  readRoom,
  roomOf,
  type Target,
  targetKey,
  targetLabel,
} from "./target.ts";
export { Unread } from "./unread.ts";
