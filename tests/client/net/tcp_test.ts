import { LinkError } from "../../../client/net/link_error.ts";
import { connectTcp } from "../../../client/net/tcp.ts";
import { CONNECT_LIMIT_MS, connectWithTimeout } from "../../../client/net/timed_connect.ts";
import { type Connection } from "../../../client/net/connection.ts";
import { reasonOf } from "../../../runtime/mod.ts";
import { assertEquals, assertRejects } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";
import { needs, NO_LINUX } from "../../helpers/needs.ts";
import { keptPort } from "../../helpers/kept_ports.ts";

const ADDRESS = { hostname: "chat.example.org", port: 8000 };

/** A connection that only records whether it was closed. */
class Idle implements Connection {
  closed = false;
  read = () => Promise.resolve(null);
  write = (bytes: Uint8Array) => Promise.resolve(bytes.length);
  closeWrite = () => Promise.resolve();
  close = () => {
    this.closed = true;
  };
}

Deno.test({
  name: "A hub that does not accept in time is unreachable, and a connection that opens late is closed",
  permissions: "none",
  async fn() {
    const clock = new ManualClock();
    const { promise, resolve } = Promise.withResolvers<Connection>();
    const reached = connectWithTimeout(ADDRESS, { connect: () => promise, clock });
    clock.advance(CONNECT_LIMIT_MS - 1);
    clock.advance(1);
    const error = await assertRejects(() => reached, LinkError);
    assertEquals(error.kind, "unreachable");
    assertEquals(error.message, "cannot reach chat.example.org:8000: no answer within 10 s");
    const late = new Idle();
    resolve(late);
    await promise;
    await Promise.resolve();
    assertEquals(late.closed, true);
  },
});

Deno.test({
  name: "A connection that opens in time leaves no timer",
  permissions: "none",
  async fn() {
    const clock = new ManualClock();
    const connection = new Idle();
    assertEquals(
      await connectWithTimeout(ADDRESS, { connect: () => Promise.resolve(connection), clock }),
      connection,
    );
    assertEquals(clock.waiting, 0);
    assertEquals(connection.closed, false);
  },
});

Deno.test({
  name: "Aborting does not wait for the connection",
  permissions: "none",
  async fn() {
    const abort = new AbortController();
    const never = () => Promise.withResolvers<Connection>().promise;
    const reached = connectWithTimeout(ADDRESS, {
      connect: never,
      clock: new ManualClock(),
      signal: abort.signal,
    });
    abort.abort();
    assertEquals((await assertRejects(() => reached, LinkError)).kind, "left");
    const again = connectWithTimeout(ADDRESS, {
      connect: never,
      clock: new ManualClock(),
      signal: abort.signal,
    });
    assertEquals((await assertRejects(() => again, LinkError)).kind, "left");
  },
});

Deno.test({
  // On other systems a full backlog refuses connections at once.
  ...needs("Who leaves while the network connects leaves nothing behind that goes on with it", NO_LINUX),
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const address = { hostname: "127.0.0.1", port: listener.addr.port };
    const clock = new ManualClock();
    // Nothing accepts: the backlog of the listener holds two connections and not a third.
    const queued = [await connectTcp(address), await connectTcp(address)];
    const abort = new AbortController();
    const reached = connectWithTimeout(address, { connect: connectTcp, clock, signal: abort.signal });
    abort.abort();
    assertEquals((await assertRejects(() => reached, LinkError)).kind, "left");
    for (const connection of queued) connection.close();
    assertEquals(clock.waiting, 0);
  },
});

Deno.test({
  ...needs("The operating system is asked to find out about a hub whose machine has gone", NO_LINUX),
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const connection = await connectTcp({ hostname: "127.0.0.1", port: listener.addr.port });
    const { stdout } = await new Deno.Command("cat", { args: ["/proc/net/tcp"] }).output();
    const port = listener.addr.port.toString(16).toUpperCase().padStart(4, "0");
    const ours = new TextDecoder().decode(stdout).split("\n").map((line) => line.trim().split(/ +/))
      // Of the connections that are open (01): the port may have been that of another test.
      .find(([, , remote, state]) => remote === `0100007F:${port}` && state === "01");
    // proc(5): the active timer; 2 is keep-alive.
    assertEquals(ours?.[5]?.slice(0, 2), "02");
    connection.close();
  },
});

Deno.test("A port on which nothing listens is reported as refusing, with what to do", async () => {
  const port = keptPort();
  const clock = new ManualClock();
  const error = await assertRejects(
    () => connectWithTimeout({ hostname: "127.0.0.1", port }, { connect: connectTcp, clock }),
    LinkError,
  );
  assertEquals(
    error.message,
    `cannot reach 127.0.0.1:${port}: connection refused; is a hub running there? (riftchat serve)`,
  );
  assertEquals(clock.waiting, 0);
});

Deno.test({
  name: "Errors of the operating system are put in plain words",
  permissions: "none",
  fn() {
    assertEquals(reasonOf(new Deno.errors.ConnectionReset("x")), "the connection was reset");
    assertEquals(reasonOf(new Deno.errors.BrokenPipe("x")), "the connection was reset");
    assertEquals(
      reasonOf(new Error("failed to lookup address information: Name or service not known")),
      "no such host",
    );
    assertEquals(reasonOf(new Error("Network is unreachable (os error 101)")), "network is unreachable");
  },
});

/** Listens on a free port of one loopback address; the port is free on the others, too. */
function listenOn(hostname: string, port = 0): Deno.TcpListener {
  return Deno.listen({ hostname, port });
}

Deno.test({
  ...needs("The IP addresses of a host are tried until one answers", NO_LINUX),
  async fn() {
    using server = listenOn("127.0.0.3");
    const { port } = server.addr as Deno.NetAddr;
    const connected: string[] = [];
    const address = { hostname: "chat.example.org", port, connected: (ip: string) => connected.push(ip) };
    const connection = await connectTcp({ ...address, ips: ["127.0.0.2", "127.0.0.3", "127.0.0.4"] });
    connection.close();
    assertEquals(connected, ["127.0.0.3"]);
    const connecting = connectWithTimeout({ ...address, ips: ["127.0.0.2", "127.0.0.4"] }, {
      connect: connectTcp,
      clock: new ManualClock(),
    });
    const { message } = await assertRejects(() => connecting, LinkError);
    assertEquals(
      message,
      `cannot reach chat.example.org:${port}: 127.0.0.2: connection refused, 127.0.0.4: connection refused`,
    );
    const abort = new AbortController();
    abort.abort();
    await assertRejects(() => connectTcp({ ...address, ips: ["127.0.0.3"] }, abort.signal));
    assertEquals(connected, ["127.0.0.3"]);
  },
});
