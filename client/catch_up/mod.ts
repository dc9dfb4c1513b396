/**
 * Catching up: the messages, direct messages and changes of messages that were missed while there was no link.
 *
 * May import: `link`, `model`, `net`.
 *
 * - `catch_up`: fetches missed messages and shows them before later ones
 * - `direct_messages`: which direct messages are known, and which were missed
 * - `missed_changes`: asks the hub for the changes that were missed
 *
 * @module
 */
export { CatchUp, wireName } from "./catch_up.ts";
export { MissedChanges } from "./missed_changes.ts";
