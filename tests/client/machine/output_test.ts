import { Output, type Sink } from "../../../client/machine/output.ts";
import { assert, assertEquals, assertStrictEquals } from "../../helpers/assert.ts";
import { Recorder } from "../../helpers/terminal/console.ts";

/** A reader that has stopped until it is told to go on. */
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
  name: "What is written comes out in order, however little is taken at once",
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
  name: "One write is on its way at a time, and who writes more than is taken has to wait",
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
  name: "Writing nothing does not keep back what follows",
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
  name: "A write that fails is told once, and nothing waits for it",
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
