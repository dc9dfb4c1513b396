/**
 * Finds the links in a text.
 *
 * PURE.
 *
 * @module
 */

/** A part of a text: plain, or a link. */
export interface TextPart {
  /** The text, as it was typed. */
  readonly text: string;
  /** Where it leads, if it is a link: an address of `http` or `https`. */
  readonly href?: string;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`\\{}|^]+/gi;

/**
 * Splits a text into plain parts and links. The parts together are the text.
 *
 * @param text a text
 * @returns its parts, in order
 */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const found = withoutPunctuation(match[0]);
    if (!URL.canParse(found)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: found, href: found });
    at = match.index + found.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** Removes what ends the sentence around a link, and a bracket that was opened before it. */
function withoutPunctuation(link: string): string {
  for (;;) {
    const last = link.at(-1)!;
    const isUnpaired = (last === ")" && !link.includes("(")) || (last === "]" && !link.includes("["));
    if (!isUnpaired && !".,:;!?*_".includes(last)) return link;
    link = link.slice(0, -1);
  }
}
