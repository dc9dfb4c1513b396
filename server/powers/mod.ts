/**
 * Powers: who may moderate what, who is kept out, who may not speak, and whom a ban would hit.
 *
 * PURE: it decides with what the moderation, the registry and the sessions know, and changes nothing but the times of
 * slow mode.
 *
 * May import: `admission`, `moderation`, `registry`, `sessions`.
 *
 * - `powers`: who may moderate what, who is kept out, and who may not speak
 * - `targets`: whom a request to moderate is about, and who else it hits
 *
 * @module
 */
export {
  type Newcomer,
  Powers,
  type PowersContent,
  type PowersDependencies,
  type SpeechOptions,
} from "./powers.ts";
export { type Hits, isIn, type Scope, Targets, type TargetsHub } from "./targets.ts";
