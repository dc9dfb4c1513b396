/**
 * What all sockets on the machine share: a file that only its owner can connect to, and short texts over it.
 *
 * @module
 */

const MODE = 0o600;

/**
 * Listens on a socket that only the owner can connect to. Its folder must be closed to others, as the mode of the
 * socket is set a moment later. The caller holds a lock, so an existing socket belongs to a process that has ended.
 *
 * @param path the path of the socket
 * @returns the listener
 * @throws the error of the operating system
 */
export async function listenPrivately(path: string): Promise<Deno.UnixListener> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const listener = Deno.listen({ transport: "unix", path });
  await Deno.chmod(path, MODE);
  return listener;
}

/**
 * Writes a whole text.
 *
 * @param connection the connection
 * @param text the text
 * @throws the error of the operating system
 */
export async function writeWhole(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}

/**
 * Reads until the other side has finished writing, or until the connection breaks.
 *
 * @param connection the connection
 * @param maxBytes how many bytes to read at most
 * @returns what was read; the caller sees whether it is complete
 */
export async function readToEnd(connection: Deno.Conn, maxBytes = Infinity): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(16_384);
  let text = "";
  let length = 0;
  try {
    for (let count; length < maxBytes && (count = await connection.read(chunk)) !== null;) {
      length += count;
      text += decoder.decode(chunk.subarray(0, count), { stream: true });
    }
  } catch {
    // It was closed here, or its process ended.
  }
  return text;
}
