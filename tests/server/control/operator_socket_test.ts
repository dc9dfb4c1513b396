/** Commands of an operator over the socket of a hub: real sockets. */
import { join } from "node:path";
import {
  askOperator,
  OPERATOR_SOCKET_FILE,
  OperatorError,
  type OperatorRequest,
  OperatorSocket,
} from "../../../server/control/mod.ts";
import { assertEquals, assertRejects } from "../../helpers/assert.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const LIST: OperatorRequest = { do: "list names" };

/** Runs a test with an empty data folder. */
function test(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test({
    ...needs(name, NO_POSIX),
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        await run(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

test("A hub answers with names or with an error; without a hub nobody answers", async (folder) => {
  assertEquals(await askOperator(folder, LIST), undefined);
  const path = join(folder, OPERATOR_SOCKET_FILE);
  const socket = await OperatorSocket.open(path, (request) => {
    if (request.do === "list names") return { names: [] };
    throw new OperatorError("Cannot do that: why");
  });
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals(await askOperator(folder, LIST), { names: [] });
  await assertRejects(
    () => askOperator(folder, { do: "free name", name: "ana" }),
    OperatorError,
    "Cannot do that: why",
  );
  socket.close();
  assertEquals(await askOperator(folder, LIST), undefined);
});

test("A hub that ends before it answers is reported, whether it has read the request or not", async (folder) => {
  for (const reads of [true, false]) {
    using listener = Deno.listen({ transport: "unix", path: join(folder, OPERATOR_SOCKET_FILE) });
    const accepted = listener.accept().then(async (connection) => {
      if (reads) await connection.read(new Uint8Array(1024));
      connection.close();
    });
    // More than the socket takes without a reader.
    const request: OperatorRequest = { do: "free name", name: "x".repeat(4_000_000) };
    await assertRejects(() => askOperator(folder, request), OperatorError, "Cannot ask the hub ");
    await accepted;
    await Deno.remove(join(folder, OPERATOR_SOCKET_FILE));
  }
});
