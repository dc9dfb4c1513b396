/**
 * Why a hub will not have a line, in words that name where it was to go.
 *
 * PURE.
 *
 * @module
 */
import type { Refused } from "../../protocol/mod.ts";
import { isMain, type Place, placeLabel } from "./target.ts";
import { visibleName } from "../text/mod.ts";

/** Why there are no rooms and no lines to one person. */
export const NO_ROOMS = "this hub has no rooms";

/**
 * Words a refusal.
 *
 * @param refusal what the hub said
 * @param place where the line was to go
 * @returns one sentence; the hub's own where that says it all
 */
export function refusalText({ error, message }: Refused, place: Place): string {
  const label = placeLabel(place);
  switch (error) {
    case "no_such_user":
      return `Cannot say that to ${visibleName(place.name)}: nobody of that name is here`;
    case "not_in_room":
      return `Cannot say that in ${label}: you are not in it; :join ${label} joins it`;
    case "no_such_room":
      return `Cannot say that in ${label}: there is no such room; :join ${label} makes it`;
  }
  if (isMain(place) || message.includes(place.name)) return message;
  return `Cannot say that ${place.kind === "room" ? "in" : "to"} ${label}: ${message}`;
}
