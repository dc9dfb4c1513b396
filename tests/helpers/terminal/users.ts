/**
 * The users in tests of the client on a terminal: ana at a terminal, and bo on a plain connection.
 *
 * @module
 */
import { Link } from "../../../client/link/mod.ts";
import { Code } from "../../../protocol/mod.ts";
import { assertEquals } from "../assert.ts";
import { OriginalClient } from "../clients/original_client.ts";
import type { Home } from "../hubs/tls_hub.ts";
import { Pty, type PtyOptions } from "./pty.ts";
import { needs, NO_PTY } from "../needs.ts";

/**
 * Declares a test that needs a terminal.
 *
 * @param name what holds, as a sentence
 * @param fn the test
 * @param missing what else is missing on this machine; `undefined` for nothing
 */
export function terminalTest(name: string, fn: () => Promise<void>, missing?: string): void {
  Deno.test({ ...needs(name, NO_PTY ?? missing), fn });
}

/**
 * Starts the client for a user called ana on a terminal.
 *
 * @param hub the hub to connect to
 * @param options options of the terminal
 * @returns the terminal, after the client has connected
 */
export async function ana(hub: { port: number }, options?: PtyOptions): Promise<Pty> {
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], options);
  await pty.until(() => pty.window.some((row) => row.startsWith("-- connected")) && pty.cursorRow === "> |");
  return pty;
}

/**
 * Connects another user.
 *
 * @param hub the hub to connect to
 * @param name name of the user
 * @returns the client, after the hub has announced the name
 */
export async function bo(hub: { port: number }, name = "bo"): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.rename(name);
  // On a slow machine the hub announces the user (201) before the rename (203).
  await client.until((message) => [201, 203].includes(message.code) && message.new === name);
  return client;
}

/**
 * Starts the client for a user on a terminal, in some rooms.
 *
 * @param hub the hub to connect to
 * @param name name of the user
 * @param rooms the rooms besides main; the first is the current one
 * @param options options of the terminal
 * @returns the terminal, after the client has connected
 */
export async function joinHub(
  hub: { port: number },
  name: string,
  rooms: string[] = [],
  options: PtyOptions = {},
): Promise<Pty> {
  const flags = rooms.flatMap((room) => ["-r", room]);
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", name, ...flags], options);
  await pty.until(() => pty.allRows.some((row) => row.startsWith("-- connected")));
  return pty;
}

/**
 * Starts the client for a user on a terminal, with the key of a home folder or as a guest.
 *
 * @param hub the hub to connect to
 * @param name name of the user
 * @param home the home folder; without it the user is a guest
 * @param columns the width of the terminal
 * @returns the terminal, after the client has connected
 */
export async function joinFrom(
  hub: { port: number },
  name: string,
  home?: Home,
  columns = 120,
): Promise<Pty> {
  const guest = home === undefined ? ["--no-identity"] : [];
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", name, ...guest], {
    columns,
    ...home === undefined ? {} : { config: home.env.XDG_CONFIG_HOME! },
  });
  await pty.until(/^-- connected/);
  return pty;
}

/**
 * Types an input and waits for a row.
 *
 * @param pty the terminal
 * @param typed the input, without Enter
 * @param shown matches the row
 */
export async function submit(pty: Pty, typed: string, shown: RegExp): Promise<void> {
  await pty.type(typed + "\r");
  await pty.until(shown);
}

/**
 * Waits until the input line has only a prompt.
 *
 * @param pty the terminal
 * @param prompt the prompt
 */
export async function untilPrompt(pty: Pty, prompt: string): Promise<void> {
  await pty.until(() => pty.cursorRow === `${prompt}|`);
}

/**
 * Sends messages as another user, who then leaves.
 *
 * @param hub the hub
 * @param lines the messages
 * @param name name of the user
 * @param room the room
 */
export async function send(
  hub: { port: number },
  lines: string[],
  name = "bo",
  room = "main",
): Promise<void> {
  const rooms = room === "main" ? [] : [room];
  const link = await Link.open({ hostname: "127.0.0.1", port: hub.port }, {
    name,
    rooms,
    received: () => {},
  });
  const answers = lines.map((message) => link.request({ code: Code.SayIn, room, message }));
  for (const { code } of await Promise.all(answers)) assertEquals(code, Code.Done);
  link.leave();
  await link.closed;
}

/**
 * Waits until a client receives a chat message.
 *
 * @param client the client
 * @param text the whole text of the message
 * @returns the name of the author
 */
export async function receives(client: OriginalClient, text: string): Promise<string> {
  const { message } = await client.until(({ code, message }) =>
    code === 200 && (message as { message: string }).message === text
  );
  return (message as { username: string }).username;
}

/**
 * Removes the time at the beginning of a row.
 *
 * @param row a row of a terminal
 * @returns the row without its time
 */
export function withoutTime(row: string): string {
  return row.replace(/^\d\d:\d\d /, "");
}
