/**
 * Asks for a line at the terminal, outside of the chat, such as the answer to a question.
 *
 * The terminal is in cbreak mode, and the typed characters are echoed here. So a read that is still pending from the
 * chat can be used: in line mode, the operating system would lose Ctrl-D on it.
 *
 * Rules: Ctrl-C, Ctrl-Z and Ctrl-\ keep their meaning, and the terminal is restored afterwards.
 *
 * @module
 */
import { readInput } from "./stdin.ts";

/** The longest answer, in characters. More is ignored. */
const MAX_CHARACTERS = 1024;

const BACKSPACE = /[\x7f\b]/, ENTER = /[\r\n]/, END = "\x04", CLEAR = "\x15";

/**
 * Asks for a line.
 *
 * @param question the prompt, written to stderr
 * @returns the line; `undefined` if the user pressed Ctrl-D or the terminal is gone
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
      // Removes the escape sequences of keys such as arrows.
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
      // The terminal is gone, so there is nothing to restore.
    }
  }
}
