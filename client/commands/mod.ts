/**
 * client/commands
 *
 * @module
 */
export { findCandidates } from "./candidates.ts";
export { terminalHelp } from "./help.ts";
export {
  helpLines,
  type HistoryAction,
  type Input,
  MAX_REQUESTED_LINES,
  parseInput,
  parseTerminalInput,
  readName,
  type TargetAction,
  type WantedTarget,
} from "./parse.ts";
export { applySetting, type Setting } from "./setting.ts";
