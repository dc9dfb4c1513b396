import { SelfPipe } from "../../../server/net/self_pipe.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("A self-pipe calls back once for each notification, after the sockets were polled", async () => {
  const selfPipe = await SelfPipe.open();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const [here, there] = await Promise.all([Deno.connect({ hostname: "127.0.0.1", port }), listener.accept()]);
  const order: string[] = [];
  for (let i = 0; i < 20; i++) {
    const read = there.read(new Uint8Array(10)).then((count) => order.push(`read ${count}`));
    await here.write(new Uint8Array(1 + i % 3));
    await new Promise<void>((received) =>
      selfPipe.notify(() => {
        order.push("notify");
        received();
      }, () => order.push("broken"))
    );
    await read;
  }
  assertEquals(order, Array.from({ length: 20 }, (_, i) => [`read ${1 + i % 3}`, "notify"]).flat());
  for (const closing of [here, there, listener, selfPipe]) closing.close();
});

Deno.test("A notification on a closed self-pipe calls onBroken", async () => {
  const selfPipe = await SelfPipe.open();
  const waiting = new Promise<string>((resolve) =>
    selfPipe.notify(() => resolve("received"), () => resolve("broken"))
  );
  selfPipe.close();
  selfPipe.close();
  const late = new Promise<string>((resolve) =>
    selfPipe.notify(() => resolve("received"), () => resolve("broken"))
  );
  assertEquals(await late, "broken");
  // The first notification may have been received before.
  assertEquals(["received", "broken"].includes(await waiting), true);
});

Deno.test("A self-pipe whose notification is pending for two checks is closed, and calls onBroken", async () => {
  const selfPipe = await SelfPipe.open();
  const notify = () =>
    new Promise((resolve) => selfPipe.notify(() => resolve("received"), () => resolve("broken")));
  for (let i = 0; i < 3; i++) {
    const waiting = notify();
    selfPipe.check();
    assertEquals(await waiting, "received");
    selfPipe.check();
  }
  const waiting = notify();
  // Before the operating system can have delivered the byte.
  selfPipe.check();
  selfPipe.check();
  assertEquals([await waiting, await notify()], ["broken", "broken"]);
});

Deno.test("Another process that connects while a self-pipe is opened is disconnected", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stranger = await Deno.connect({ hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port });
  const selfPipe = await SelfPipe.open(() => listener);
  assertEquals(await stranger.read(new Uint8Array(1)), null);
  assertEquals(
    await new Promise((resolve) => selfPipe.notify(() => resolve("received"), () => resolve("broken"))),
    "received",
  );
  selfPipe.close();
  stranger.close();
});
