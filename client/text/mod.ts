/**
 * Text for terminals: width, wrapping, styles, and the sanitizing of text from others.
 *
 * PURE: no `Deno`, timer, clock or randomness except as arguments.
 *
 * May import: nothing.
 *
 * - `ascii`: text for terminals that show ASCII only
 * - `calendar`: days, times of day, ages and durations as text
 * - `capabilities`: capabilities of a terminal, from its environment variables
 * - `colour`: the colours of names
 * - `columns`: the greatest width of a text in a terminal
 * - `cut_text`: cuts a text that is too long for one message into parts
 * - `grapheme`: grapheme boundaries, and how a terminal shows a grapheme
 * - `note`: lines of the client itself
 * - `segmenter`: splits text into graphemes or words with the tables of Unicode
 * - `style`: styled text, and how it becomes text for a terminal or a pipe
 * - `width`: the width of characters in a terminal
 * - `wrap`: breaks lines into rows of a terminal
 *
 * @module
 */
export { ASCII_RULER, asciiLine, asciiName, asciiText, escapesNote, needsEscapes } from "./ascii.ts";
export {
  formatAge,
  formatDay,
  formatDuration,
  formatIsoTime,
  formatTimeOfDay,
  type OffsetMinutes,
} from "./calendar.ts";
export { type Capabilities, capabilitiesOf, localeWithoutUtf8 } from "./capabilities.ts";
export { UNICODE_RULER } from "./columns.ts";
export { cutText } from "./cut_text.ts";
export {
  boundariesAfter,
  boundaryAtOrAfter,
  boundaryAtOrBefore,
  type Cell,
  cellOf,
  nextBoundary,
  previousBoundary,
} from "./grapheme.ts";
export { findMentions } from "../../mentions/mod.ts";
export { failure, info } from "./note.ts";
export { sanitize, sanitizeLines, sanitizeName } from "../../runtime/mod.ts";
export { wordsOf } from "./segmenter.ts";
export {
  isolate,
  isolateWords,
  LEFT_TO_RIGHT_MARK,
  paint,
  type PromptPart,
  type PromptRole,
  rightToLeftWords,
  type Span,
  type StyledLine,
  type TextRange,
  wantsColour,
} from "./style.ts";
export { loadWidths, mayNeedWidths, needsWidths, simpleWidth, widthOf } from "./width.ts";
export { expandTabs, wrap } from "./wrap.ts";
