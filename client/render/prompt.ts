/**
 * The prompt, with the current target and unread messages elsewhere.
 *
 * PURE. If only `main` is open, its name is left out.
 *
 * @module
 */
import { type Buffers, type ChatBuffer, targetLabel } from "../model/mod.ts";
import { widthOf } from "../text/mod.ts";

/** The share of the row for other targets. The rest is for typing. */
const MAX_UNREAD_SHARE = 0.5;

/**
 * Formats the prompt.
 *
 * @param buffers the open buffers
 * @param columns the width of the terminal
 * @returns such as `> ` or `[#main] (#dev 3 @1) > `
 */
export function promptOf(buffers: Buffers, columns: number): string {
  if (buffers.all.length === 1) return "> ";
  const unread = buffers.all.filter((buffer) => buffer !== buffers.current && buffer.unread > 0);
  const others = unread.length === 0 ? "" : ` (${formatUnread(unread, columns * MAX_UNREAD_SHARE)})`;
  return `[${targetLabel(buffers.current)}]${others} > `;
}

/** Lists as many targets as fit, those with mentions first, and the number of the others. */
function formatUnread(buffers: readonly ChatBuffer[], maxWidth: number): string {
  const chosen = new Set<ChatBuffer>();
  let width = 0;
  for (const buffer of buffers.toSorted((a, b) => Math.sign(b.mentions) - Math.sign(a.mentions))) {
    width += widthOf(unreadText(buffer)) + 2;
    if (chosen.size > 0 && width > maxWidth) break;
    chosen.add(buffer);
  }
  const more = buffers.length - chosen.size;
  const shown = buffers.filter((buffer) => chosen.has(buffer)).map(unreadText);
  return [...shown, ...(more > 0 ? [`+${more}`] : [])].join(", ");
}

/**
 * Formats the unread messages of a buffer.
 *
 * @param buffer the buffer
 * @returns such as `#dev 3 @1` for three messages with one mention; or `@bo 2` for two direct messages
 */
export function unreadText(buffer: ChatBuffer): string {
  const { kind, unread, mentions } = buffer;
  return `${targetLabel(buffer)} ${unread}${kind === "room" && mentions > 0 ? ` @${mentions}` : ""}`;
}
