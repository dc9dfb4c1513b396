/**
 * Desktop notifications: the control sequences by which a terminal shows one.
 *
 * PURE. Sources: OSC 9 is iTerm2's, OSC 777 rxvt's, and OSC 99 kitty's ("Desktop notifications" in its documentation).
 * Texts come from the hub, so they are sanitized and shortened: no text can end the sequence. Right-to-left names in
 * the title are isolated. The text stands alone, or after the title, and needs no mark at its end.
 *
 * @module
 */
import { asciiText, type Capabilities, isolateWords, sanitize } from "../text/mod.ts";

/** How many characters of a title and of a text are shown; a desktop shows a few lines. */
const MAX_TITLE_CHARACTERS = 60;
const MAX_TEXT_CHARACTERS = 200;

/** A desktop notification. Its texts are not sanitized yet. */
export interface Notification {
  /** Who wrote and where, such as `bo in #dev`. */
  readonly title: string;
  /** The message. */
  readonly text: string;
}

/**
 * Makes the control sequence that shows a notification.
 *
 * @param notification see {@linkcode Notification}
 * @param capabilities the capabilities of the terminal
 * @returns the sequence; empty if the terminal shows no notifications
 */
export function notificationSequence(
  notification: Notification,
  { notifications, ascii }: Pick<Capabilities, "notifications" | "ascii">,
): string {
  const clean = (text: string, maxCharacters: number) => {
    const characters = [...sanitize(text.replace(/\s+/g, " ").trim())];
    const short = characters.length > maxCharacters
      ? characters.slice(0, maxCharacters - 1).join("") + "…"
      : characters.join("");
    return ascii ? asciiText(short) : short;
  };
  const title = isolateWords(clean(notification.title, MAX_TITLE_CHARACTERS));
  const text = clean(notification.text, MAX_TEXT_CHARACTERS);
  switch (notifications) {
    case "osc9":
      return `\x1b]9;${title}: ${text}\x1b\\`;
    case "osc777":
      // A semicolon separates the title from the text.
      return `\x1b]777;notify;${title.replaceAll(";", ",")};${text}\x1b\\`;
    case "osc99":
      return `\x1b]99;i=riftchat:d=0;${title}\x1b\\\x1b]99;i=riftchat:p=body;${text}\x1b\\`;
    default:
      return "";
  }
}
