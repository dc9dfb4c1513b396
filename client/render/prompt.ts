/**
 * The prompt. It shows the current target (a room or a person), how many people are in it if that is a big room, and
 * how many messages are unread in other targets.
 *
 * PURE. If only `main` is open, and not big, the prompt does not show its name.
 *
 * @module
 */
import { type Buffers, type ChatBuffer, targetLabel } from "../model/mod.ts";
import { type PromptPart, type PromptRole, widthOf } from "../text/mod.ts";

/** The largest share of the row that shows other targets. The rest is for typing. */
const MAX_UNREAD_SHARE = 0.5;

/** The largest share of the row for the current target with the number of people. */
const MAX_PEOPLE_SHARE = 0.4;

/** The prompt, and the parts of it that have their own styles. */
export interface Prompt {
  /** The text. */
  readonly text: string;
  /** The unread messages, and the mentions among them. */
  readonly parts: readonly PromptPart[];
}

/**
 * Formats the prompt.
 *
 * @param buffers the open buffers
 * @param columns the width of the terminal
 * @param people how many people are in the current room, if it is big
 * @returns such as `> `, `[#main] (#dev 3 @1) > ` or `[#main, 412 people] > `
 */
export function promptOf(buffers: Buffers, columns: number, people?: number): Prompt {
  const label = targetLabel(buffers.current);
  const counted = people === undefined ? "" : `[${label}, ${people} people]`;
  const isCounted = counted !== "" && widthOf(counted) <= columns * MAX_PEOPLE_SHARE;
  if (buffers.all.length === 1 && !isCounted) return { text: "> ", parts: [] };
  const unread = buffers.all.filter((buffer) => buffer !== buffers.current && buffer.unread > 0);
  const head = isCounted ? counted : `[${label}]`;
  if (unread.length === 0) return { text: `${head} > `, parts: [] };
  const spans: [text: string, role: PromptRole][] = [
    [" (", "unread"],
    ...unreadSpans(unread, columns * MAX_UNREAD_SHARE),
    [")", "unread"],
  ];
  let text = head;
  const parts = spans.map(([span, role]): PromptPart => {
    const start = text.length;
    text += span;
    return { start, end: text.length, role };
  });
  return { text: `${text} > `, parts };
}

/** Lists as many targets as fit, and counts the others. Targets with mentions are chosen first. */
function unreadSpans(
  buffers: readonly ChatBuffer[],
  maxWidth: number,
): [text: string, role: PromptRole][] {
  const chosen = new Set<ChatBuffer>();
  let width = 0;
  for (const buffer of buffers.toSorted((a, b) => Math.sign(b.mentions) - Math.sign(a.mentions))) {
    width += widthOf(unreadText(buffer)) + 2;
    if (chosen.size > 0 && width > maxWidth) break;
    chosen.add(buffer);
  }
  const more = buffers.length - chosen.size;
  const spans = buffers.filter((buffer) => chosen.has(buffer)).flatMap((buffer, i) => {
    const { kind, unread, mentions } = buffer;
    const label = `${i > 0 ? ", " : ""}${targetLabel(buffer)}`;
    // Every direct message counts as a mention.
    return kind === "person"
      ? [span(i > 0 ? ", " : "", "unread"), span(unreadText(buffer), "mention")]
      : [span(`${label} ${unread}`, "unread"), ...(mentions > 0 ? [span(` @${mentions}`, "mention")] : [])];
  });
  return [...spans, ...(more > 0 ? [span(`, +${more}`, "unread")] : [])];
}

function span(text: string, role: PromptRole): [text: string, role: PromptRole] {
  return [text, role];
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
