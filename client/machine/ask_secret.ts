/**
 * Asks for a password at the terminal without showing it.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from "../../protocol/mod.ts";
import { readInput } from "./stdin.ts";

/** A password while it is typed. No input or output of its own. */
export class PasswordInput {
  readonly #decoder = new TextDecoder();
  #text = "";

  /**
   * Adds input. Backspace deletes a character, Ctrl-U all of them, Enter ends the password, Ctrl-D on an empty line
   * cancels; other control keys do nothing.
   *
   * @param bytes input from the terminal
   * @returns the password after Enter, `null` after Ctrl-D, `undefined` before either
   */
  push(bytes: Uint8Array): string | null | undefined {
    for (const character of this.#decoder.decode(bytes, { stream: true })) {
      if (character === "\r" || character === "\n") return this.#text;
      if (character === "\x04" && this.#text === "") return null;
      if (character === "\x7f" || character === "\b") this.#text = [...this.#text].slice(0, -1).join("");
      else if (character === "\x15") this.#text = "";
      else if (character >= " " && this.#text.length < MAX_PASSWORD_BYTES) this.#text += character;
    }
    return undefined;
  }
}

/**
 * Asks for a password.
 *
 * @param question the prompt, written to stderr
 * @param signal gives up when aborted
 * @returns the password; `undefined` if the user gave none, or the terminal cannot hide it
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string | undefined> {
  const { promise: aborted, resolve: abort } = Promise.withResolvers<null>();
  const onAbort = () => abort(null);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    // cbreak: Ctrl-C and other keys still send signals. Windows does not support it.
    Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  } catch {
    return undefined;
  }
  try {
    await show(question);
    const secret = new PasswordInput();
    for (;;) {
      const bytes = await Promise.race([readInput(), aborted]);
      const typed = bytes === null ? null : secret.push(bytes);
      if (typed !== undefined) return typed ?? undefined;
    }
  } catch {
    // The terminal is gone.
    return undefined;
  } finally {
    signal.removeEventListener("abort", onAbort);
    try {
      Deno.stdin.setRaw(false);
      await show("\n");
    } catch {
      // The terminal is gone, so there is nothing to restore.
    }
  }
}

async function show(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(text));
}
