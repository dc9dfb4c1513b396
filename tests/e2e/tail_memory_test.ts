/** What `riftchat tail` does with more new messages than it holds: on a hub that sends anything, with a slow reader. */
import { tail } from "../../client/cli/tail.ts";
import { ExitStatus, thisMachine } from "../../client/machine/mod.ts";
import { Code } from "../../protocol/mod.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { Recorder } from "../helpers/terminal/console.ts";
import { assertEquals } from "../helpers/assert.ts";

const HISTORY = { features: ["history", "rooms"], retention_ms: 60_000 };

/** A text nearly as long as a body may be. */
const LONG = "x".repeat(60_000);

function said(sequence: number, message = `line ${sequence}`) {
  return { code: Code.Said, message: { timestamp: sequence, username: "bo", message, sequence } };
}

/** Output whose reader takes nothing before {@linkcode SlowReader.go} is called. */
class SlowReader extends Recorder {
  readonly #go = Promise.withResolvers<void>();

  /** Lets the reader take everything. */
  go(): void {
    this.#go.resolve();
  }

  override async write(bytes: Uint8Array): Promise<number> {
    await this.#go.promise;
    return await super.write(bytes);
  }
}

/** Runs `tail` on a hub, and ends it with {@linkcode end}. */
function startTail(port: number, stdout: Recorder, lines: string) {
  let end: (status: number) => void = () => {};
  const status = tail({ address: `rift://127.0.0.1:${port}`, lines, json: false, config: false }, {
    ...thisMachine(),
    stdout,
    environment: () => undefined,
    onSignal: (ended) => {
      end = ended;
      return () => {};
    },
  });
  return { status, end: () => end(ExitStatus.Terminated) };
}

/** The numbers of the printed messages. */
function numbers({ lines }: Recorder): number[] {
  return lines.flatMap((line) => line.match(/ bo {2}line (\d+)$/)?.slice(1).map(Number) ?? []);
}

Deno.test("tail drops waiting messages that are too large together, and fetches them like missed ones", async () => {
  await using hub = new FakeHub();
  const out = new Recorder(65_536);
  const { status, end } = startTail(hub.port, out, "1");
  const connection = await hub.welcome("ana", HISTORY);
  const { ref } = await connection.receiveOf(Code.AskHistory);
  for (let n = 2; n <= 100; n++) await connection.send(said(n, LONG));
  const answer = { code: Code.History, room: "main", messages: [said(1).message], more: false };
  await connection.send({ ...answer, ref });
  const again = await connection.receiveOf(Code.AskHistory);
  assertEquals(again.after, 1);
  await connection.send(
    { ...answer, messages: [said(2).message, said(100).message], ref: again.ref },
    said(101),
  );
  await out.until("line 101\n");
  assertEquals(numbers(out), [1, 2, 100, 101]);
  end();
  assertEquals(await status, ExitStatus.Terminated);
});

Deno.test("tail with a slow reader prints all messages that waited, however many come meanwhile", async () => {
  await using hub = new FakeHub();
  const out = new SlowReader(65_536);
  const { status, end } = startTail(hub.port, out, "1");
  const connection = await hub.welcome("ana", HISTORY);
  const { ref } = await connection.receiveOf(Code.AskHistory);
  // The first messages wait, and are more than stdout buffers.
  await connection.send(said(2, LONG), said(3, LONG));
  const sent = Array.from({ length: 2000 }, (_, i) => 4 + i);
  await connection.send(...sent.slice(0, 100).map((n) => said(n)));
  await connection.send({ code: Code.History, room: "main", messages: [said(1).message], more: false, ref });
  await connection.send(...sent.slice(100).map((n) => said(n)));
  // In these turns a client that reads on would read all of them, and drop the first.
  for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  out.go();
  await out.until("line 2003\n");
  assertEquals(numbers(out), [1, ...sent]);
  end();
  assertEquals(await status, ExitStatus.Terminated);
});
