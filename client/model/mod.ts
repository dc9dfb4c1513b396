/**
 * The state of the client: buffers, users, read markers, presence.
 *
 * PURE: no `Deno`, timer, clock or randomness except as arguments.
 *
 * May import: `text`.
 *
 * - `backlog`: the unshown contents of a buffer
 * - `buffers`: the open buffers, their order and which one is current
 * - `earlier_messages`: the type for earlier messages of a room or conversation
 * - `gap_text`: what the user is told of messages that the hub does not have any more
 * - `ignored`: the ignored users
 * - `line_news`: the type for what has happened to a message
 * - `newest_lines`: the newest of many messages, as many as fit into a given size
 * - `own_user`: the user's own name, and which announcements are about the user
 * - `people`: the users online, for completion
 * - `presence`: groups joins, leaves and renames into few lines
 * - `read_marker`: the read markers of each hub, as a file stores them
 * - `refusal`: texts for messages that the hub refused
 * - `remembered_hub`: the name and the rooms of each hub, as a file stores them
 * - `target`: where a message goes: a room or a person
 * - `unread`: counts messages that arrive while the terminal has no focus
 *
 * @module
 */
export { Buffers, type ChatBuffer } from "./buffers.ts";
export { Ignored, ignoredNameIn, ignoredText } from "./ignored.ts";
export type { EarlierMessages, MissedRange } from "./earlier_messages.ts";
export { missingText, RESTORED_TEXT } from "./gap_text.ts";
export type { LineNews } from "./line_news.ts";
export { NewestLines, unitsOf } from "./newest_lines.ts";
export { People, roomPeopleText } from "./people.ts";
export { BURST_MS, Presence, type PresenceChange } from "./presence.ts";
export {
  addReadMarkers,
  parseReadMarkers,
  READ_MARKERS_FILE,
  type ReadMarker,
  readMarkerKey,
  type ReadMarkers,
} from "./read_marker.ts";
export { NO_ROOMS, refusalText } from "./refusal.ts";
export {
  parseRememberedHub,
  REMEMBERED_HUBS_FILE,
  type RememberedChange,
  type RememberedHub,
  rememberHub,
} from "./remembered_hub.ts";
export { OwnUser } from "./own_user.ts";
export {
  isMain,
  MAIN,
  parsePersonName,
  parseRoomName,
  personOf,
  roomOf,
  type Target,
  targetKey,
  targetLabel,
} from "./target.ts";
export { Unread } from "./unread.ts";
