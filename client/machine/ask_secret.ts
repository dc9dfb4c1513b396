/**
 * Asks for a password at the terminal, without showing what is typed.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from "../../protocol/mod.ts";
import { readInput } from "./stdin.ts";

/** What was typed so far; PURE. */
export class PasswordInput {
  readonly #decoder = new TextDecoder();
  #text = "";

  /**
   * Takes what was typed: Backspace takes a character back, Ctrl-U all of them, Enter ends it, Ctrl-D where nothing was
   * typed gives up; other keys that are no characters do nothing.
   *
   * @param bytes what was typed, as the terminal gives it
   * @returns the whole line, `null` for none, `undefined` as long as there is no end
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
 * @param question what to ask, written to stderr
 * @param signal gives up when aborted
 * @returns what was typed; nothing where nobody types any, or the terminal cannot hide it
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string | undefined> {
  const { promise: aborted, resolve: abort } = Promise.withResolvers<null>();
  const onAbort = () => abort(null);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    // Keys that send signals go on doing so. Windows has no such thing.
    Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  } catch {
    return undefined;
  }
  try {
    await say(question);
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
      await say("\n");
    } catch {
      // So there is nothing to set.
    }
  }
}

async function say(text: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(text));
}
