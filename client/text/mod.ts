/**
 * Text for terminals: width, wrapping, styles, and making text from others harmless.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: nothing.
 *
 * - `ascii`: text for terminals that can show ASCII alone
 * - `calendar`: days and ages, in words
 * - `capabilities`: what a terminal can show, as far as its environment tells
 * - `colour`: the colours of names
 * - `columns`: how many columns of a terminal a text takes at most
 * - `cut_text`: a text that is too long for one message, cut into parts that are not
 * - `grapheme`: what a person sees as one character
 * - `mention`: whether somebody is spoken of
 * - `note`: lines of the client itself
 * - `sanitize`: text from a server, made harmless
 * - `segmenter`: text cut into what people see as one character, or as one word, by the tables of Unicode
 * - `style`: styled text and how it becomes text for a terminal or a pipe
 * - `url`: addresses of the web and the like in a text, which have to stay whole so that they can be clicked and copied
 * - `width`: how many columns of a terminal characters take
 * - `wrap`: lines broken into rows of a terminal
 *
 * @module
 */
export { ASCII_RULER, asciiLine, asciiName, asciiText } from "./ascii.ts";
export { formatAge, formatDay, type OffsetMinutes, formatDuration } from "./calendar.ts";
export { type Capabilities, capabilitiesOf } from "./capabilities.ts";
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
export { findMentions } from "./mention.ts";
export { failure, info } from "./note.ts";
export { sanitize, sanitizeLines, sanitizeName } from "./sanitize.ts";
export { wordsOf } from "./segmenter.ts";
export { paint, type Span, type StyledLine, wantsColour } from "./style.ts";
export { needsWidths, loadWidths, mayNeedWidths, simpleWidth, widthOf } from "./width.ts";
export { expandTabs, wrap } from "./wrap.ts";
