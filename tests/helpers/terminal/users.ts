/**
 * Those who talk with each other in tests of the client on a terminal: ana sits at one, bo is anywhere else.
 *
 * @module
 */
import { OriginalClient } from "../clients/original_client.ts";
import { Pty, type PtyOptions } from "./pty.ts";
import { needs, NO_PTY } from "../needs.ts";

/**
 * Declares a test that needs a terminal.
 *
 * @param name what holds, as a sentence
 * @param fn the test
 */
export function terminalTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs(name, NO_PTY), fn });
}

/**
 * Seats somebody called ana at a terminal.
 *
 * @param hub where she is to talk
 * @param options what her terminal is like
 * @returns her terminal, once she is connected
 */
export async function ana(hub: { port: number }, options?: PtyOptions): Promise<Pty> {
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], options);
  await pty.until(() => pty.window.some((row) => row.startsWith("-- connected")) && pty.cursorRow === "> |");
  return pty;
}

/**
 * Lets somebody else come, from whom lines arrive.
 *
 * @param hub where to talk
 * @param name what everybody else is to call them
 * @returns the client, once everybody knows the name
 */
export async function bo(hub: { port: number }, name = "bo"): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.rename(name);
  // A machine that is slow has them announced before they have said their name.
  await client.until((message) => [201, 203].includes(message.code) && message.new === name);
  return client;
}

/**
 * Waits until somebody hears a line.
 *
 * @param client who is to hear it
 * @param text the whole of it
 * @returns who said it
 */
export async function receives(client: OriginalClient, text: string): Promise<string> {
  const { message } = await client.until(({ code, message }) =>
    code === 200 && (message as { message: string }).message === text
  );
  return (message as { username: string }).username;
}

/**
 * Takes the time of day away that a row begins with.
 *
 * @param row a row of a terminal
 * @returns what follows, or the row where it begins with none
 */
export function withoutTime(row: string): string {
  return row.replace(/^\d\d:\d\d /, "");
}
