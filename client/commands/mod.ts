/**
 * client/commands
 *
 * @module
 */
export { findCandidates } from "./candidates.ts";
export { terminalHelp } from "./help.ts";
export {
  type ArchiveAction,
  helpLines,
  type Input,
  MAX_ASKED_LINES,
  type PlaceAction,
  readInput,
  readName,
  readTerminalInput,
  type WantedPlace,
} from "./parse.ts";
export { type Setting, settle } from "./setting.ts";
