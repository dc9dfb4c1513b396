/**
 * Why a hub will not have a line, in words that name where it was to go.
 *
 * PURE.
 *
 * @module
 */
import type { Refused } from "../../protocol/mod.ts";
import { isMain, type Target, targetLabel } from "./target.ts";
import { sanitizeName } from "../text/mod.ts";

/** Why there are no rooms and no lines to one person. */
export const NO_ROOMS = "this hub has no rooms";

/**
 * Words a refusal.
 *
 * @param refusal what the hub said
 * @param place where the line was to go
 * @returns one sentence; the hub's own where that says it all
 */
export function refusalText({ error, message }: Refused, target: Target): string {
  const label = targetLabel(target);
  switch (error) {
    case "no_such_user":
      return `Cannot say that to ${sanitizeName(target.name)}: nobody of that name is here`;
    case "not_in_room":
      return `Cannot say that in ${label}: you are not in it; :join ${label} joins it`;
    case "no_such_room":
      return `Cannot say that in ${label}: there is no such room; :join ${label} makes it`;
  }
  if (isMain(target) || message.includes(target.name)) return message;
  return `Cannot say that ${target.kind === "room" ? "in" : "to"} ${label}: ${message}`;
}
