import { Output, type Sink } from "../../../client/machine/output.ts";
import { assert, assertEquals, assertStrictEquals } from "../../helpers/assert.ts";
import { Recorder } from "../../helpers/terminal/console.ts";

/** A sink that accepts nothing until the test says so. */
class Stalled implements Sink {
  readonly taken = new Recorder(1000);
  writes = 0;
  #gate = Promise.withResolvers<void>();

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    await this.#gate.promise;
    return this.taken.write(bytes);
  }

  goOn(): void {
    this.#gate.resolve();
  }
}

Deno.test({
  name: "Text is written in order, however little the sink accepts at once",
  permissions: "none",
  async fn() {
    const sink = new Recorder(1);
    const output = new Output(sink);
    output.write("grüße\n");
    output.write("👍");
    await output.write("\nend");
    await output.flush();
    assertEquals(sink.text, "grüße\n👍\nend");
    await output.write("!");
    await output.flush();
    assertEquals(sink.text, "grüße\n👍\nend!");
  },
});

Deno.test({
  name: "One write runs at a time, and a writer waits if too much text waits",
  permissions: "none",
  async fn() {
    const sink = new Stalled();
    const output = new Output(sink);
    await output.write("first");
    await output.write("second");
    assertEquals(sink.writes, 1);
    let waited = false;
    const third = output.write("x".repeat(100_000)).then(() => waited = true);
    for (let i = 0; i < 10; i++) await Promise.resolve();
    assert(!waited);
    sink.goOn();
    await third;
    assertEquals(sink.taken.text, "firstsecond" + "x".repeat(100_000));
  },
});

Deno.test({
  name: "Writing an empty text does not delay the next one",
  permissions: "none",
  async fn() {
    const sink = new Recorder();
    const output = new Output(sink);
    await output.write("");
    await output.flush();
    await output.write("text");
    await output.flush();
    assertEquals(sink.text, "text");
  },
});

Deno.test({
  name: "A failed write is reported once, and nothing waits for it",
  permissions: "none",
  async fn() {
    const error = new Deno.errors.BrokenPipe("gone");
    let writes = 0;
    const output = new Output({
      write: () => {
        writes++;
        return Promise.reject(error);
      },
    });
    await output.write("x".repeat(100_000));
    await output.flush();
    assertStrictEquals(await output.failed, error);
    await output.write("y");
    await output.flush();
    assertEquals(writes, 1);
  },
});
