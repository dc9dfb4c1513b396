/**
 * The socket in memory: both ends, partial reads, and how each side ends it.
 *
 * @module
 */
import { MemorySocket } from "../../../server/rest/memory_socket.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("The hub reads what the client sends, in parts that fit its buffer", async () => {
  const socket = new MemorySocket();
  const buffer = new Uint8Array(4);
  const waiting = socket.read(buffer);
  socket.send(bytes("abcdef"));
  assertEquals([await waiting, text(buffer)], [4, "abcd"]);
  assertEquals(await socket.read(buffer), 2);
  assertEquals(text(buffer.subarray(0, 2)), "ef");
  const end = socket.read(buffer);
  socket.end();
  assertEquals(await end, null);
});

Deno.test("A write of the hub is done only when the client has taken it", async () => {
  const socket = new MemorySocket();
  let isDone = false;
  const writing = socket.write(bytes("one")).then((count) => {
    isDone = true;
    return count;
  });
  await Promise.resolve();
  assertEquals(isDone, false);
  let taken = "";
  assert(await socket.take((part) => taken = text(part)));
  assertEquals([taken, await writing], ["one", 3]);
});

Deno.test("A client that waits gets the next write, and the end", async () => {
  const socket = new MemorySocket();
  let taken = "";
  const taking = socket.take((part) => taken = text(part));
  assertEquals(await socket.write(bytes("late")), 4);
  assertEquals([await taking, taken], [true, "late"]);
  const end = socket.take(() => {});
  await socket.closeWrite();
  assertEquals(await end, false);
});

Deno.test("After the client has gone, writes of the hub are discarded, and nobody waits for ever", async () => {
  const socket = new MemorySocket();
  const pending = socket.write(bytes("unread"));
  const other = new MemorySocket();
  const taking = other.take(() => {});
  socket.end();
  other.end();
  assertEquals([await pending, await socket.write(bytes("more")), await taking], [6, 4, false]);
  assertEquals(await socket.take(() => {}), false);
});

Deno.test("A socket that the hub has closed ends reads and takes", async () => {
  const socket = new MemorySocket();
  const reading = socket.read(new Uint8Array(1));
  const taking = socket.take(() => {});
  socket.close();
  assertEquals([await reading, await taking], [null, false]);
});
