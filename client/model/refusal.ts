/**
 * Texts for messages that the hub refused, with the target of the message.
 *
 * PURE.
 *
 * @module
 */
import type { Refused } from "../../protocol/mod.ts";
import { isMain, type Target, targetLabel } from "./target.ts";
import { sanitizeName } from "../text/mod.ts";

/** Why the hub has no rooms and no direct messages. */
export const NO_ROOMS = "this hub has no rooms";

/**
 * Formats a refusal for the user.
 *
 * @param refusal the answer of the hub
 * @param target where the message was sent
 * @returns one sentence; the hub's own text if it names the target already
 */
export function refusalText({ error, message }: Refused, target: Target): string {
  const label = targetLabel(target);
  switch (error) {
    case "no_such_user":
      return `Cannot send to ${sanitizeName(target.name)}: no user of that name is online`;
    case "not_in_room":
      return `Cannot send to ${label}: you are not in it; join it with :join ${label}`;
    case "no_such_room":
      return `Cannot send to ${label}: there is no such room; create it with :join ${label}`;
  }
  const isPlain = isMain(target) || message.includes(target.name);
  // The hub says of a ban and of a mute why it is, not what cannot be done.
  if (isPlain && error !== "muted" && error !== "banned") return message;
  return `Cannot send to ${label}: ${message.replace(/^Cannot [^:]*: /, "")}`;
}
