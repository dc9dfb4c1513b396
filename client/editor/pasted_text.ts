/**
 * What a pasted text becomes: without the characters that no message may contain, and in parts if it is too long for
 * one message.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { cutText } from "../text/mod.ts";

/** The most messages that one paste is offered to be sent as. */
export const MAX_PASTE_MESSAGES = 20;

/** Escape sequences: control sequences such as colours, strings such as titles, and others. */
const SEQUENCES =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-Z\\^_`-~])|\x9b[0-?]*[ -/]*[@-~]/g;

/**
 * Control characters but newline and tab, and what reorders text: no hub takes them (`checkText`). Also the
 * left-to-right mark, which a terminal copies with right-to-left names (`isolate` in `text/`).
 */
// deno-lint-ignore no-control-regex
const SPECIAL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u202a-\u202e\u2066-\u2069]/g;

const utf8 = new TextEncoder();

/**
 * Leaves out what no message may contain, as a pipe does: escape sequences, control characters, and characters that
 * reorder text.
 *
 * @param text the pasted text, with any line ends
 * @returns the text with newlines and tabs as its only control characters
 */
export function withoutControls(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(SEQUENCES, "").replace(SPECIAL, "");
}

/**
 * Leaves out the line ends at the end. A copied line often has one.
 *
 * @param text any text
 * @returns the text without them
 */
export function withoutFinalLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(0, end);
}

/**
 * Divides a text into messages, at line ends where possible.
 *
 * @param text any text
 * @returns the messages, none of them blank or too long for a hub; `undefined` if there are more than
 * {@linkcode MAX_PASTE_MESSAGES}
 */
export function messagesOf(text: string): readonly string[] | undefined {
  if (utf8.encode(text).length <= MAX_TEXT_BYTES) return [text];
  if (text.length > MAX_PASTE_MESSAGES * MAX_TEXT_BYTES) return undefined;
  const messages: string[] = [];
  let message: string | undefined;
  let bytes = 0;
  for (const line of text.split("\n").flatMap(cutText)) {
    const size = utf8.encode(line).length;
    if (message !== undefined && bytes + 1 + size <= MAX_TEXT_BYTES) {
      message += `\n${line}`;
      bytes += 1 + size;
    } else {
      if (message !== undefined) messages.push(message);
      message = line;
      bytes = size;
    }
  }
  messages.push(message ?? "");
  const sent = messages.filter((part) => part.trim() !== "");
  return sent.length > MAX_PASTE_MESSAGES ? undefined : sent;
}
