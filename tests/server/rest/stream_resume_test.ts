/**
 * Streams that are resumed: the changes of messages that were missed, each once, and no others.
 *
 * @module
 */
import { Code } from "../../../protocol/mod.ts";
import { HubClient } from "../../../server/rest/hub_client.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { EventStream } from "../../helpers/clients/event_stream.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { dataTest, RestHub } from "../../helpers/hubs/rest_hub.ts";

/** Connects ana to the room ci; her requests are done in order, and `done` waits for them. */
async function anaIn(hub: RestHub): Promise<OriginalClient & { done(): Promise<void> }> {
  const ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: Code.Hello, client: "test/1", username: "ana", rooms: ["ci"], ref: "h" });
  await ana.until(({ ref }) => ref === "h");
  let refs = 0;
  const done = async () => {
    const ref = `done ${++refs}`;
    await ana.sendJson({ code: Code.Ping, ref });
    await ana.until((message) => message.ref === ref);
  };
  return Object.assign(ana, { done });
}

/** What an event shows: a message by its text, a change by what changed. */
const shownBy = ({ data }: { data: Record<string, unknown> }) =>
  data.type === "message"
    ? `${data.sequence} ${data.deleted ? "deleted" : data.message}`
    : `${data.type} ${data.sequence} ${
      data.deleted ? "deleted" : data.message ?? JSON.stringify((data.reactions as unknown[]).length)
    }`;

for (const accept of ["text/event-stream", "application/x-ndjson"]) {
  for (const restarts of [false, true]) {
    dataTest(
      `A stream of ${accept} that is resumed has the changes that were missed, each once${
        restarts ? ", on a hub that started again" : ""
      }`,
      async (data) => {
        let hub = await RestHub.start({ data });
        const idOf = ({ id, data }: { id: string | undefined; data: Record<string, unknown> }) =>
          id ?? String(data.event_id);
        const open = (id: string) =>
          EventStream.open(hub, "/rooms/ci/stream?after=0", {
            accept,
            ...id === "" ? {} : { "last-event-id": id },
          });
        let id = "";
        const takes = async (...wanted: string[]) => {
          await using stream = await open(id);
          const events = await stream.take(wanted.length);
          assertEquals(events.map(shownBy), wanted);
          id = idOf(events.at(-1)!);
        };
        try {
          await using ana = await anaIn(hub);
          for (const number of [1, 2, 3, 4]) {
            await ana.sendJson({ code: Code.SayIn, room: "ci", message: `text ${number}`, id: `${number}` });
          }
          await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: 4, message: "text 4b", id: "4" });
          await ana.done();
          await takes("1 text 1", "2 text 2", "3 text 3", "4 text 4b");
          await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: 2, message: "text 2b", id: "2" });
          await ana.sendJson({ code: Code.React, room: "ci", sequence: 1, reaction: "+1" });
          await ana.sendJson({ code: Code.DeleteLines, room: "ci", sequence: 3, id: "3" });
          await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: 2, message: "text 2c", id: "2" });
          await ana.sendJson({ code: Code.SayIn, room: "ci", message: "text 5", id: "5" });
          await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: 5, message: "text 5b", id: "5" });
          await ana.sendJson({ code: Code.SayIn, room: "main", message: "elsewhere", id: "m" });
          await ana.sendJson({
            code: Code.EditLine,
            room: "main",
            sequence: 1,
            message: "elsewhere, too",
            id: "m",
          });
          await ana.done();
          if (restarts) {
            await hub[Symbol.asyncDispose]();
            hub = await RestHub.start({ data });
          }
          const afterMissed = id;
          await takes("change 1 1", "change 3 deleted", "change 2 text 2c", "5 text 5b");
          // It may go on after each of its events.
          await using again = await open(afterMissed);
          const [, second] = await again.take(2);
          const last = id;
          id = idOf(second!);
          await takes("change 2 text 2c", "5 text 5b");
          assertEquals(id, last);
          await hub.post("ci", "the end");
          await takes("6 the end");
          // An id without the number of a change goes on with messages alone.
          id = "5";
          await takes("6 the end");
        } finally {
          await hub[Symbol.asyncDispose]();
        }
      },
    );
  }
}

dataTest(
  "Whoever goes on after a message gets its changes of the time in which it was read",
  async (data) => {
    await using hub = await RestHub.start({ data });
    await using ana = await anaIn(hub);
    const edit = async (sequence: number, message: string) => {
      await ana.sendJson({ code: Code.EditLine, room: "ci", sequence, message, id: `${sequence}` });
      await ana.done();
    };
    for (const id of ["1", "2"]) await ana.sendJson({ code: Code.SayIn, room: "ci", message: "text", id });
    await ana.done();
    let id = "";
    const shown = new Map<unknown, unknown>();
    const takeUntil = async (sequence: number) => {
      const resumed: Record<string, string> = id === "" ? {} : { "last-event-id": id };
      await using stream = await EventStream.open(hub, "/rooms/ci/stream?after=0", resumed);
      for (;;) {
        const [event] = await stream.take(1);
        shown.set(event!.data.sequence, event!.data.message);
        id = event!.id!;
        if (event!.data.sequence === sequence) return;
      }
    };
    await takeUntil(1);
    await edit(1, "text 1");
    const { ask } = HubClient.prototype;
    let count = 0;
    HubClient.prototype.ask = async function (message) {
      if (message.code === Code.AskChanges || message.code === Code.AskHistory) {
        await edit(2, `text 2 ${++count}`);
      }
      return await ask.call(this, message);
    };
    try {
      await takeUntil(2);
    } finally {
      HubClient.prototype.ask = ask;
    }
    await hub.post("ci", "the end");
    await takeUntil(3);
    assertEquals(count, 2);
    assertEquals([...shown], [[1, "text 1"], [2, "text 2 2"], [3, "the end"]]);
  },
);

dataTest("A stream that is cut again and again while messages change has each change once", async (data) => {
  await using hub = await RestHub.start({ data });
  await using ana = await anaIn(hub);
  const count = 20;
  for (let number = 1; number <= count; number++) {
    await ana.sendJson({ code: Code.SayIn, room: "ci", message: `text ${number}`, id: `${number}` });
  }
  await ana.done();
  const changing = (async () => {
    for (let round = 1; round <= 10; round++) {
      for (let number = 1; number <= count; number++) {
        const message = `text ${number} ${round}`;
        await ana.sendJson({ code: Code.EditLine, room: "ci", sequence: number, message, id: `${number}` });
      }
      await ana.sendJson({ code: Code.SayIn, room: "ci", message: `round ${round}`, id: `r${round}` });
      await ana.done();
    }
    await ana.sendJson({ code: Code.SayIn, room: "ci", message: "the end", id: "end" });
  })();
  // An error of the test comes first.
  changing.catch(() => {});
  const shown = new Map<unknown, unknown>();
  const changes = new Set<unknown>();
  let id = "";
  let isOver = false;
  for (let cut = 1; !isOver; cut++) {
    await using stream = await EventStream.open(
      hub,
      "/rooms/ci/stream?after=0",
      id === "" ? {} : { "last-event-id": id },
    );
    for (let taken = 0; taken < 1 + cut % 17 && !isOver; taken++) {
      const [event] = await stream.take(1);
      const { data } = event!;
      if (data.type === "message") {
        assert(!shown.has(data.sequence), `message ${data.sequence} came twice`);
        isOver = data.message === "the end";
      } else {
        assert(shown.has(data.sequence), `a change of message ${data.sequence}, which has not come`);
        assert(!changes.has(data.change), `change ${data.change} came twice`);
        changes.add(data.change);
      }
      shown.set(data.sequence, data.message);
      id = event!.id!;
    }
  }
  await changing;
  const { messages } = await (await hub.fetch("/rooms/ci/messages?limit=100")).json();
  assertEquals(
    [...shown].sort(([a], [b]) => Number(a) - Number(b)),
    messages.map(({ sequence, message }: { sequence: number; message: string }) => [sequence, message]),
  );
});
