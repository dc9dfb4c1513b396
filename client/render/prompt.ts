/**
 * The prompt: where one is, and where else something waits to be read.
 *
 * PURE. Who is in `main` alone needs no name for it.
 *
 * @module
 */
import { type Buffers, type ChatBuffer, targetLabel } from "../model/mod.ts";
import { widthOf } from "../text/mod.ts";

/** The part of a row that other places may take, so that there is room to type. */
const SHARE = 0.5;

/**
 * Words the prompt.
 *
 * @param places the places one is in
 * @param columns the width of the terminal
 * @returns such as `> ` or `[#main] (#dev 3 @1) > `
 */
export function promptOf(buffers: Buffers, columns: number): string {
  if (buffers.all.length === 1) return "> ";
  const waiting = buffers.all.filter((target) => target !== buffers.current && target.unread > 0);
  const others = waiting.length === 0 ? "" : ` (${wordWaiting(waiting, columns * SHARE)})`;
  return `[${targetLabel(buffers.current)}]${others} > `;
}

/** As many as there is room for, those first that mention one; of the rest the number. */
function wordWaiting(waiting: readonly ChatBuffer[], room: number): string {
  const chosen = new Set<ChatBuffer>();
  let width = 0;
  for (const target of waiting.toSorted((a, b) => Math.sign(b.mentions) - Math.sign(a.mentions))) {
    width += widthOf(unreadText(target)) + 2;
    if (chosen.size > 0 && width > room) break;
    chosen.add(target);
  }
  const more = waiting.length - chosen.size;
  const shown = waiting.filter((target) => chosen.has(target)).map(unreadText);
  return [...shown, ...(more > 0 ? [`+${more}`] : [])].join(", ");
}

/**
 * Words what waits in a place.
 *
 * @param place the place
 * @returns such as `#dev 3 @1`: three lines, one of which mentions one; or `@bo 2`, where all of them are for one alone
 */
export function unreadText(target: ChatBuffer): string {
  const { kind, unread, mentions } = target;
  return `${targetLabel(target)} ${unread}${kind === "room" && mentions > 0 ? ` @${mentions}` : ""}`;
}
