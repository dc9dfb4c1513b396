/**
 * client/model
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
