/**
 * A line that is typed at a terminal outside of the conversation, such as the answer to a question.
 *
 * The terminal gives each key by itself, and nothing is shown but what is written here. So a read that was begun while
 * somebody talked does its work here too: where the terminal gave lines, the system would lose Ctrl-D on it.
 *
 * Rules: Ctrl-C, Ctrl-Z and Ctrl-\ are the terminal's, as they are everywhere; the terminal is as it was afterwards.
 *
 * @module
 */
import { readInput } from "./stdin.ts";

/** As many characters as any answer has; what is beyond is not taken. */
const MAX_CHARACTERS = 1024;

const BACKSPACE = /[\x7f\b]/, ENTER = /[\r\n]/, END = "\x04", CLEAR = "\x15";

/**
 * Asks for a line.
 *
 * @param question what is shown before it
 * @returns the line; nothing where Ctrl-D was pressed or the terminal is gone
 */
export async function askLine(question: string): Promise<string | undefined> {
  const show = (text: string) => Deno.stderr.write(new TextEncoder().encode(text));
  const decoder = new TextDecoder();
  let line: string[] = [];
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    await show(question);
    for (;;) {
      const typed = await readInput();
      if (typed === null) return undefined;
      // A key that sends a sequence, such as an arrow, means nothing here.
      // deno-lint-ignore no-control-regex
      const keys = decoder.decode(typed, { stream: true }).replace(/\x1b(\[[0-?]*[ -/]*[@-~]|O?.)?/g, "");
      for (const key of keys) {
        if (ENTER.test(key)) {
          await show("\n");
          return line.join("");
        }
        if (key === END && line.length === 0) {
          await show("\n");
          return undefined;
        }
        if (BACKSPACE.test(key)) {
          if (line.pop() !== undefined) await show("\b \b");
        } else if (key === CLEAR) {
          await show("\b \b".repeat(line.length));
          line = [];
        } else if (key >= " " && line.length < MAX_CHARACTERS) {
          line.push(key);
          await show(key);
        }
      }
    }
  } catch {
    // The terminal is gone.
    return undefined;
  } finally {
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // It is gone with the terminal.
    }
  }
}
