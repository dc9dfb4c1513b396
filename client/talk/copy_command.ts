/**
 * The command `:copy`: puts the text of messages that were shown on the clipboard of the terminal, exactly as it was
 * written. The mouse would copy rows, with gutters and line ends of the screen.
 *
 * Rules:
 * - A terminal does not answer, so the client says what it has sent, and once what to do if nothing arrives.
 * - Characters that the screen replaces, such as control characters, are copied as the screen shows them: what is
 *   pasted is what was read.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";
import type { CopyChoice } from "../commands/mod.ts";
import type { ShownMessages } from "../changes/mod.ts";
import { type Clipboard, clipboardSequence, MAX_CLIPBOARD_BYTES } from "../render/mod.ts";
import { formatTimeOfDay, type OffsetMinutes, sanitizeLines, sanitizeName } from "../text/mod.ts";
import type { CommandContext } from "./command_context.ts";

/** Options of a {@linkcode CopyCommand}. */
export interface CopyCommandOptions {
  /** Prints what was copied. */
  context: CommandContext;
  /** The messages that were shown. */
  shown: ShownMessages;
  /** How the terminal is reached; `undefined` if it has no clipboard. */
  clipboard: Clipboard | undefined;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
  /** Writes a control sequence to the terminal. */
  write: (sequence: string) => void;
}

/** What to do if the text does not arrive. */
const ADVICE: Readonly<Record<Clipboard, string>> = {
  terminal:
    "if pasting gives something else, allow OSC 52 (access to the clipboard) in the settings of your " +
    "terminal, or use one that has it",
  tmux:
    "if pasting gives something else, run: tmux set -g set-clipboard on; the terminal around it must allow " +
    "OSC 52, too",
  screen: "if pasting gives something else, the terminal around screen does not allow OSC 52",
};

/** Runs `:copy`. */
export class CopyCommand {
  readonly #options: CopyCommandOptions;
  #hasAdvised = false;

  /**
   * Has copied nothing yet.
   *
   * @param options see {@linkcode CopyCommandOptions}
   */
  constructor(options: CopyCommandOptions) {
    this.#options = options;
  }

  /**
   * Copies messages, or prints why that is not possible.
   *
   * @param choice which messages
   */
  copy(choice: CopyChoice): void {
    const { clipboard, context, write } = this.#options;
    if (clipboard === undefined) {
      return context.fail(
        "Cannot copy: this terminal is known to have no clipboard for programs (OSC 52); riftchat tail --json " +
          "prints messages as they were written",
      );
    }
    const lines = this.#find(choice);
    if (lines === undefined) return;
    const text = lines.map(({ message }) => sanitizeLines(message).join("\n")).join("\n");
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > MAX_CLIPBOARD_BYTES) {
      return context.fail(
        `Cannot copy ${lines.length} messages: a terminal takes at most ${
          format(MAX_CLIPBOARD_BYTES)
        } bytes at ` +
          `once: they have ${format(bytes)}; copy fewer`,
      );
    }
    write(clipboardSequence(text, clipboard));
    const isChanged = lines.some(({ message }) => sanitizeLines(message).join("\n") !== message);
    context.note(
      `copied ${this.#describe(lines)}: ${count(text.split("\n").length, "line")}, ` +
        count([...text].length, "character") +
        (isChanged ? "; control and hidden characters are copied as they are shown" : ""),
    );
    if (!this.#hasAdvised) context.note(ADVICE[clipboard]);
    this.#hasAdvised = true;
  }

  /** Finds the messages. If they are not there, prints an error. */
  #find(choice: CopyChoice): readonly PastLine[] | undefined {
    const { context, shown } = this.#options;
    if (shown.count === 0) {
      context.fail("Cannot copy: no message was shown yet");
      return undefined;
    }
    if (choice.kind === "person") {
      const line = shown.lastOf(choice.name);
      if (line !== undefined) return [line];
      context.fail(
        `Cannot copy a message of ${sanitizeName(choice.name)}: none of the last ${
          count(shown.count, "message")
        } on the screen is of this user`,
      );
      return undefined;
    }
    const lines = shown.lastOnes(choice.first, choice.last);
    const deleted = lines?.findIndex((line) => line.deleted) ?? -1;
    if (deleted >= 0) {
      context.fail(`Cannot copy message ${choice.first - deleted}, counted from the last: it was deleted`);
      return undefined;
    }
    if (lines === undefined) {
      context.fail(
        `Cannot copy message ${choice.first}, counted from the last: it must be 1 to ${shown.count}; ` +
          ":history or :search shows older ones again",
      );
    }
    return lines;
  }

  /** Says who wrote the messages, and when. */
  #describe(lines: readonly PastLine[]): string {
    const { offsetMinutes } = this.#options;
    const time = ({ timestamp }: PastLine) => formatTimeOfDay(timestamp, offsetMinutes);
    const [first, last] = [lines[0]!, lines.at(-1)!];
    if (lines.length === 1) return `the message of ${sanitizeName(first.username)} of ${time(first)}`;
    const authors = [...new Set(lines.map(({ username }) => sanitizeName(username)))];
    const when = time(first) === time(last) ? `of ${time(first)}` : `from ${time(first)} to ${time(last)}`;
    return `${lines.length} messages of ${authors.join(", ")} ${when}`;
  }
}

function count(number: number, what: string): string {
  return `${format(number)} ${what}${number === 1 ? "" : "s"}`;
}

function format(number: number): string {
  return number.toLocaleString("en");
}
