/**
 * Asks a running hub over the socket in its data folder.
 *
 * @module
 */
import { join } from "node:path";
import { reasonOf, timeLimit } from "../../runtime/mod.ts";
import {
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  parseOperatorResult,
} from "./operator_request.ts";
import { OPERATOR_SOCKET_FILE } from "./operator_socket.ts";
import { readToEnd, writeWhole } from "./unix_socket.ts";

/** How long a hub may take to answer, in milliseconds: under load its event loop is late. */
const ANSWER_MS = 10_000;

/** The errors if there is no socket, or one without a process. */
const NO_HUB_ERRORS = [Deno.errors.NotFound, Deno.errors.ConnectionRefused, Deno.errors.ConnectionReset];

/**
 * Asks the hub that uses a data folder.
 *
 * @param folder the data folder
 * @param request the request
 * @returns the answer; `undefined` if no hub listens there
 * @throws {OperatorError} if the hub refuses, or does not answer
 */
export async function askOperator(
  folder: string,
  request: OperatorRequest,
): Promise<OperatorAnswer | undefined> {
  // Windows has such sockets, but Deno does not.
  if (Deno.build.os === "windows") return undefined;
  const path = join(folder, OPERATOR_SOCKET_FILE);
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (NO_HUB_ERRORS.some((type) => error instanceof type)) return undefined;
    throw new OperatorError(`Cannot ask the hub over ${path}: ${reasonOf(error)}`, { cause: error });
  }
  using limit = timeLimit(ANSWER_MS);
  let text: Promise<string> | undefined;
  try {
    await writeWhole(connection, JSON.stringify(request) + "\n");
    await connection.closeWrite();
    text = readToEnd(connection);
    const line = await Promise.race([text, limit.over]);
    const result = line === undefined ? undefined : parseOperatorResult(line);
    if (result === undefined) {
      throw new OperatorError(`Cannot ask the hub in ${folder}: it does not answer; try again`);
    }
    if ("error" in result) throw new OperatorError(result.error);
    return result;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const reason = reasonOf(error);
    throw new OperatorError(`Cannot ask the hub in ${folder}: ${reason}; try again`, { cause: error });
  } finally {
    connection.close();
    await text;
  }
}
