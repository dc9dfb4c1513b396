/**
 * Records in the audit what happens to tokens.
 *
 * @module
 */
import type { Moderation } from "../moderation/mod.ts";
import type { TokenUse } from "./tokens.ts";

/** What is recorded about tokens. */
export interface TokenRecord {
  /** What happened. */
  action: "token add" | "token revoke";
  /** The token. */
  token: TokenUse;
}

/**
 * Makes what records tokens.
 *
 * @param moderation has the audit
 * @param now returns the time of day, in milliseconds since 1970
 * @returns records one thing that happened
 * @throws the error of SQLite if it cannot be stored
 */
export function tokenRecorder(moderation: Moderation, now: () => number): (record: TokenRecord) => void {
  return ({ action, token: { id, name, rooms, read, write } }) => {
    const powers = [...read ? ["read"] : [], ...write ? ["write"] : []].join(" and ");
    const where = rooms === undefined ? "all rooms" : rooms.map((room) => `#${room}`).join(", ");
    moderation.audit({
      by: { name: "riftchat token", operator: true },
      at: now(),
      action,
      target: name,
      detail: action === "token add" ? `${id}: ${powers}, ${where}` : id,
    });
  };
}
