/**
 * Writing a whole text to a standard stream.
 *
 * @module
 */

/**
 * Writes a text to its end.
 *
 * @param stream stdout or stderr
 * @param text what to write
 * @throws what the stream throws, except where its reader has closed the pipe, such as `head`: it has read enough
 */
export async function writeText(
  stream: typeof Deno.stdout | typeof Deno.stderr,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += await stream.write(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
