/** Which changes of messages are asked for after which link. */
import { MissedChanges } from "../../../client/catch_up/mod.ts";
import type { Answer, ControlRequest, Session } from "../../../client/link/mod.ts";
import { LinkError } from "../../../client/net/mod.ts";
import { type Changes, Code, type Welcome } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const session = (changes: number | undefined, epoch = "e1"): Session => ({
  extended: true,
  name: "ana",
  welcome: { features: changes === undefined ? [] : ["changes"], changes, epoch } as unknown as Welcome,
});

function start(answers: (Omit<Changes, "code" | "changes"> | "lost")[] = []) {
  const events: unknown[] = [];
  const missed = new MissedChanges({
    ask: (request: ControlRequest): Promise<Answer> => {
      const { code: _, ...rest } = request;
      events.push(rest);
      const answer = answers.shift() ?? { last: 0 };
      if (answer === "lost") return Promise.reject(new LinkError("lost", "lost"));
      return Promise.resolve({ code: Code.Changes, changes: [], ...answer });
    },
    restarted: () => void events.push("restarted"),
    missed: ({ last }) => void events.push(last),
  });
  return { missed, events: () => events.splice(0) };
}

Deno.test("The first link misses nothing; a later one asks for what came after the last known number", async () => {
  const { missed, events } = start([{ last: 12 }]);
  await missed.opened(session(7));
  await missed.opened(session(7));
  assertEquals(events(), []);
  await missed.opened(session(12));
  assertEquals(events(), [{ after: 7, epoch: "e1" }, 12]);
  await missed.opened(session(12));
  assertEquals(events(), []);
});

Deno.test("A list in parts is asked for to its end, and a hub that makes no progress is asked no more", async () => {
  const { missed, events } = start([{ last: 3, more: true }, { last: 5, more: true }, {
    last: 5,
    more: true,
  }]);
  await missed.opened(session(1));
  await missed.opened(session(9));
  assertEquals(events(), [{ after: 1, epoch: "e1" }, 3, { after: 3, epoch: "e1" }, 5, {
    after: 5,
    epoch: "e1",
  }, 5]);
});

Deno.test("In another epoch, or with a lower number, the hub counts anew", async () => {
  const { missed, events } = start([{ last: 2 }, { last: 1 }]);
  await missed.opened(session(7));
  await missed.opened(session(7, "e2"));
  assertEquals(events(), ["restarted", { after: 7, epoch: "e1" }, 2]);
  await missed.opened(session(1, "e2"));
  assertEquals(events(), ["restarted", { after: 2, epoch: "e2" }, 1]);
});

Deno.test("If the link is lost, the next one asks again; a hub without the feature is not asked", async () => {
  const { missed, events } = start(["lost", { last: 9 }]);
  await missed.opened(session(1));
  await missed.opened(session(9));
  assertEquals(events(), [{ after: 1, epoch: "e1" }]);
  await missed.opened(session(undefined));
  assertEquals(events(), []);
  await missed.opened(session(9));
  assertEquals(events(), [{ after: 1, epoch: "e1" }, 9]);
});
