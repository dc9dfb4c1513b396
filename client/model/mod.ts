/**
 * client/model
 *
 * @module
 */
export { type OpenPlace, Places } from "./buffers.ts";
export { Ignored } from "./ignored.ts";
export type { Past } from "./past.ts";
export { People } from "./people.ts";
export { type Change, Presence } from "./presence.ts";
export { addSeen, parseSeen, type Seen, SEEN_FILE, seenKey, type SeenRooms } from "./read_marker.ts";
export { NO_ROOMS, refusalText } from "./refusal.ts";
export { Self } from "./self.ts";
export {
  isMain,
  MAIN,
  personOf,
  type Place,
  placeKey,
  placeLabel,
  readPerson,
  readRoom,
  roomOf,
} from "./target.ts";
export { Unread } from "./unread.ts";
