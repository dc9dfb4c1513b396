/**
 * Describes every key for the user, in groups.
 *
 * @module
 */

/** The description of keys that do the same. */
export interface KeyHelp {
  /** The heading above it. */
  readonly group: string;
  /** The keys as the user knows them. */
  readonly keys: string;
  /** The same keys as `key_bindings.ts` names them, with spaces between them. */
  readonly chords: string;
  /** What the keys do. */
  readonly help: string;
}

/** All keys, those of a group together. */
export const KEY_HELP: readonly KeyHelp[] = [
  ...group("Moving", [
    ["Left, Ctrl-B", "left ctrl-b", "one character to the left"],
    ["Right, Ctrl-F", "right ctrl-f", "one character to the right"],
    ["Alt-Left, Alt-B", "ctrl-left alt-left alt-b", "one word to the left; also Ctrl-Left"],
    ["Alt-Right, Alt-F", "ctrl-right alt-right alt-f", "one word to the right; also Ctrl-Right"],
    ["Home, Ctrl-A", "home ctrl-a", "to the start of the line"],
    ["End, Ctrl-E", "end ctrl-e", "to the end of the line"],
    ["Ctrl-Home", "ctrl-home", "to the start of the text"],
    ["Ctrl-End", "ctrl-end", "to the end of the text"],
  ]),
  ...group("Changing the text", [
    ["Backspace, Ctrl-H", "backspace ctrl-h", "delete the character before the cursor"],
    ["Delete", "delete", "delete the character at the cursor"],
    ["Ctrl-W", "ctrl-w", "cut back to the last space"],
    ["Alt-Backspace", "alt-backspace ctrl-backspace ctrl-alt-h", "cut the word before the cursor"],
    ["Alt-D, Alt-Delete", "alt-d ctrl-delete alt-delete", "cut the word after the cursor"],
    ["Ctrl-U", "ctrl-u", "cut back to the start of the line"],
    ["Ctrl-K", "ctrl-k", "cut up to the end of the line"],
    ["Ctrl-Y", "ctrl-y", "paste what was cut"],
    ["Alt-Y", "alt-y", "after Ctrl-Y: paste what was cut before that instead"],
    ["Ctrl-T", "ctrl-t", "swap two characters"],
    ["Ctrl-_, Ctrl-/", "ctrl-_ ctrl-/", "undo; also after Esc and Ctrl-C"],
    [
      "Alt-Enter, Ctrl-J",
      "alt-enter shift-enter ctrl-enter ctrl-j ctrl-alt-j",
      "start a new line of the same message",
    ],
    ["Esc", "escape ctrl-[", "clear the text; again to bring it back"],
  ]),
  ...group("Sending, history, completion", [
    ["Enter", "enter ctrl-m", "send the message, or run the command"],
    [
      "Up, Ctrl-P",
      "up ctrl-p",
      "the row above, or what you sent before; after :reply-to the message to answer",
    ],
    ["Down, Ctrl-N", "down ctrl-n", "the row below, or what you sent after"],
    [
      "Alt-E",
      "alt-e",
      "change the message that Up has recalled, or your last one, instead of sending it again",
    ],
    ["Ctrl-R", "ctrl-r", "search what you sent; again for older, Ctrl-S for newer, Esc to stop"],
    ["Tab", "tab ctrl-i", "complete a command, name or room; again for the next"],
    ["Shift-Tab", "shift-tab ctrl-shift-i", "the completion before"],
  ]),
  ...group("Rooms and reading", [
    [
      "Alt-1 to Alt-9",
      "alt-1 alt-2 alt-3 alt-4 alt-5 alt-6 alt-7 alt-8 alt-9",
      "to the room with this number; also the number and Tab",
    ],
    ["Alt-0", "alt-0", "back to the room before; also 0 and Tab"],
    ["Alt-A", "alt-a", "to the next room with unread messages; also :switch"],
    ["PageUp", "page-up", "show older messages; again for those before"],
    ["PageDown", "page-down", "show the newest messages again"],
    ["Ctrl-L", "ctrl-l", "clear the screen"],
  ]),
  ...group("Program", [
    ["Ctrl-C", "ctrl-c", "clear the text; without text leave the chat"],
    ["Ctrl-D", "ctrl-d", "delete the character at the cursor; without text leave the chat"],
    ["Ctrl-Z", "ctrl-z", "stop the program; fg continues it"],
  ]),
];

function group(
  name: string,
  rows: readonly (readonly [keys: string, chords: string, help: string])[],
): KeyHelp[] {
  return rows.map(([keys, chords, help]) => ({ group: name, keys, chords, help }));
}
