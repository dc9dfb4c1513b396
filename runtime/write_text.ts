/**
 * Writes a whole text to a standard stream.
 *
 * @module
 */

/**
 * Writes a whole text.
 *
 * @param stream stdout or stderr
 * @param text the text
 * @throws the error of the stream, except if the reader has closed the pipe, as `head` does
 */
export async function writeText(
  stream: typeof Deno.stdout | typeof Deno.stderr,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += await stream.write(bytes.subarray(written));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
