/**
 * client/text
 *
 * @module
 */
export { ASCII_RULER, asciiLine, asciiName, asciiText } from "./ascii.ts";
export { age, dayOf, type OffsetMinutes, span } from "./calendar.ts";
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
export { isForeign, loadWidths, mayBeForeign, simpleWidth, widthOf } from "./width.ts";
export { expandTabs, wrap } from "./wrap.ts";
