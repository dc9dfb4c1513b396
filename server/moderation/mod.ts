/**
 * Moderation: who is banned or muted, who moderates, who are the operators of a hub, and the audit of what they did.
 *
 * The hub asks and records here; what it means for sessions and rooms, the hub decides.
 *
 * May import: `control`, `registry`, `sqlite`.
 *
 * - `audit`: the record of what was done by whom
 * - `moderation`: everything that can be asked and done
 * - `moderators`: the moderators of rooms
 * - `networks`: addresses and networks, and a table of them
 * - `open`: opens the database; its tables, and migrations
 * - `operators`: the operators of a hub
 * - `operator_requests`: lists, adds and removes operators on the machine of the hub
 * - `operators_file`: the file of operators
 * - `person`: which names and keys belong together
 * - `replicated_moderation`: the tables that are the same at all hubs of a cluster
 * - `rules`: who may do what to whom
 * - `sanction`: the types of bans, mutes and the like, and the text for those whom they hit
 * - `sanctions`: stores bans, mutes, slow modes and the lockdown
 * - `sanction_index`: finds the bans or mutes that hold for somebody
 * - `target`: for whom a ban or mute is
 *
 * @module
 */
export type { AuditEntry, AuditQuery } from "./audit.ts";
export {
  Moderation,
  type ModerationOptions,
  type ModeratorRequest,
  type SanctionCounts,
  type SanctionRequest,
  type ScopeRequest,
} from "./moderation.ts";
export { networkOf } from "./networks.ts";
export { MODERATION_FILE, ModerationFileError, openModeration, type OpenModerationOptions } from "./open.ts";
export { type OperatorRequestDependencies, operatorRequests } from "./operator_requests.ts";
export type { OperatorEntry } from "./operators.ts";
export {
  loadOperators,
  type OperatorKey,
  type OperatorsFile,
  OperatorsFileError,
  readOperators,
} from "./operators_file.ts";
export { type Attempt, type ModerationAction, type Standing, type TargetStanding, whyNot } from "./rules.ts";
export {
  type Actor,
  type KickElsewhere,
  type LockdownMode,
  type ModerationChange,
  ModerationError,
  retryAfterMs,
  type Sanction,
  type SanctionElsewhere,
  type SanctionKind,
  sanctionText,
  shortTime,
  type Subject,
} from "./sanction.ts";
export type { Target } from "./target.ts";
