/**
 * The language of the `:commands`: one table, from which parsing, help and completion are made.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `config`, `model`, `text`.
 *
 * - `candidates`: what can stand where somebody presses Tab
 * - `help`: help on a terminal, made from the table of commands
 * - `parse`: what a typed line means
 * - `setting`: what `:set`, `:bell`, `:ignore` and the like do
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
