/**
 * The control sequence by which a terminal puts a text on the clipboard.
 *
 * PURE. It is OSC 52 of xterm ("Manipulate Selection Data" in its control sequences). The text is in Base64, so no text
 * can end the sequence. GNU screen does not know it, but passes on what is in a DCS, of a limited length.
 *
 * @module
 */
import type { Capabilities } from "../text/mod.ts";

/** How a terminal with a clipboard is reached. */
export type Clipboard = NonNullable<Capabilities["clipboard"]>;

/**
 * How many bytes a text may have: with more the sequence would have over 100,000 bytes, of which many terminals take
 * nothing.
 */
export const MAX_CLIPBOARD_BYTES = 74_994;

/** How many bytes of a sequence are in one DCS: versions of GNU screen take 256 to 768. */
const SCREEN_BYTES = 240;

/**
 * Makes the control sequence.
 *
 * @param text a text of at most {@linkcode MAX_CLIPBOARD_BYTES} bytes in UTF-8
 * @param clipboard how the terminal is reached
 * @returns the sequence
 */
export function clipboardSequence(text: string, clipboard: Clipboard): string {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const sequence = `\x1b]52;c;${base64}\x07`;
  if (clipboard !== "screen") return sequence;
  return Array.from(
    { length: Math.ceil(sequence.length / SCREEN_BYTES) },
    (_, i) => `\x1bP${sequence.slice(i * SCREEN_BYTES, (i + 1) * SCREEN_BYTES)}\x1b\\`,
  ).join("");
}
