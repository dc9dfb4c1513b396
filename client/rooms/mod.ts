/**
 * The commands about rooms that belong to somebody: `:room`, `:topic`, `:invite` and `:remove`; `:invite link`
 * makes a link for the hub, too.
 *
 * May import: `commands`, `link`, `model`, `render`, `text`.
 *
 * - `room_lines`: the description of a room, as lines
 * - `room_settings`: runs the commands
 *
 * @module
 */
export { type RoomSettingResult, RoomSettings, type RoomSettingsOptions } from "./room_settings.ts";
