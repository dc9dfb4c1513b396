/**
 * Records in the audit what happens to invites.
 *
 * @module
 */
import type { Actor, Moderation } from "../moderation/mod.ts";
import type { InviteRecord } from "./invite_desk.ts";

/** The commands of the operator on the machine of the hub, by what they do. */
const COMMANDS: Readonly<Record<InviteRecord["action"], string>> = {
  "invite": "riftchat invite",
  "revoke invite": "riftchat revoke",
  "use invite": "riftchat join",
};

/**
 * Makes what records invites.
 *
 * @param moderation has the audit
 * @param now returns the time of day, in milliseconds since 1970
 * @returns records one thing that happened
 * @throws the error of SQLite if it cannot be stored
 */
export function inviteRecorder(moderation: Moderation, now: () => number): (record: InviteRecord) => void {
  return ({ action, by, invite: { id, room, expires, uses, name } }) => {
    const details = [...uses > 1 ? [`${uses} uses`] : [], ...name === undefined ? [] : [`for ${name}`]];
    moderation.audit({
      by: actorOf(moderation, action, by),
      at: now(),
      action,
      target: id,
      room,
      ...action === "invite" ? { until: expires } : {},
      ...action === "invite" && details.length > 0 ? { detail: details.join(", ") } : {},
    });
  };
}

function actorOf(moderation: Moderation, action: InviteRecord["action"], by: InviteRecord["by"]): Actor {
  if (by === undefined) return { name: COMMANDS[action], operator: true };
  const { name, identity } = by;
  const operator = identity !== undefined && moderation.isOperator(identity);
  return identity === undefined ? { name, operator } : { name, identity, operator };
}
