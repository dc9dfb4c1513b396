import type { TargetAction } from "../../../client/commands/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { Buffers, MAIN, roomOf } from "../../../client/model/mod.ts";
import { inRoom, SubmittedInputs } from "../../../client/talk/submitted_inputs.ts";

Deno.test({
  name:
    "Inputs run one after the other: after a command in the room it led to, after a key in the room of the input",
  permissions: "none",
  async fn() {
    const buffers = new Buffers();
    const [main, dev, ops] = [buffers.current, buffers.open(roomOf("dev")), buffers.open(roomOf("ops"))];
    const ran: string[] = [];
    let answer = Promise.withResolvers<void>();
    const inputs: SubmittedInputs = new SubmittedInputs({
      current: () => buffers.current,
      run: (text) => {
        ran.push(`${inputs.room.name}: ${text}`);
        if (text === ":join") return answer.promise;
      },
      say: (text, room) => ran.push(`${room.name} is told: ${text}`),
    });
    const settled = async () => {
      for (let i = 0; i < 10; i++) await Promise.resolve();
      return ran.splice(0);
    };
    inputs.submit("at once");
    inputs.submit(":join");
    inputs.submit("after it");
    assertEquals(await settled(), ["main: at once", "main: :join"]);
    buffers.switchTo(dev);
    answer.resolve();
    assertEquals(await settled(), ["dev: after it"]);
    answer = Promise.withResolvers();
    inputs.submit(":join");
    inputs.submit("for dev");
    inputs.submitParts(["a part", ":join"]);
    inputs.moved();
    buffers.switchTo(ops);
    inputs.submit("for ops");
    inputs.moved();
    buffers.switchTo(main);
    inputs.submit("for main");
    assertEquals(await settled(), ["dev: :join"]);
    answer.resolve();
    assertEquals(await settled(), [
      "dev: for dev",
      "dev is told: a part",
      "dev is told: :join",
      "ops: for ops",
      "main: for main",
    ]);
  },
});

Deno.test({
  name: "A command about the current room names the room that it is for",
  permissions: "none",
  fn() {
    const dev = roomOf("dev");
    assertEquals(inRoom<TargetAction>({ kind: "leave" }, dev), {
      kind: "leave",
      target: { candidates: [dev] },
    });
    assertEquals(inRoom<TargetAction>({ kind: "who" }, dev), { kind: "who", room: dev });
    assertEquals(inRoom({ kind: "who" }, { kind: "person", name: "bo" }), { kind: "who" });
    assertEquals(inRoom({ kind: "who", room: MAIN }, dev), { kind: "who", room: MAIN });
  },
});
