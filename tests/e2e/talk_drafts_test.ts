/** Drafts on a terminal: each belongs to its room. */
import { assertEquals } from "../helpers/assert.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import {
  bo as baseClient,
  joinHub,
  receives,
  submit,
  terminalTest as test,
  untilPrompt,
} from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";

const ALT_1 = "\x1b1";
const ALT_2 = "\x1b2";

test("A draft stays in its room, with its cursor and undo, and is never sent to another one", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", ["dev"]);
  await using base = await baseClient(hub, "base");
  // The cursor stands before the last word, which Ctrl-W has cut and Ctrl-_ has brought back.
  await pty.type("a secret draft\x17\x1f\x1bb" + ALT_1);
  await untilPrompt(pty, "[#main] > ");
  await pty.type("to all" + ALT_2);
  await pty.until(() => pty.cursorRow === "[#dev] > a secret |draft");
  await pty.type("x" + ALT_1);
  await untilPrompt(pty, "[#main] > to all");
  await pty.type("\r");
  assertEquals(await receives(base, "to all"), "ana");
  await pty.type(ALT_2);
  await pty.until(() => pty.cursorRow === "[#dev] > a secret x|draft");
  await pty.type("\x1f");
  await pty.until(() => pty.cursorRow === "[#dev] > a secret |draft");
  await submit(pty, "", /ana {2}a secret draft$/);
  await submit(pty, ":switch main", /^── #main ──$/);
  await submit(pty, "to all again", /ana {2}to all again$/);
  const next = await base.until(({ code }) => code === 200);
  assertEquals((next.message as { message: string }).message, "to all again");
});

test("The draft of a room that the user leaves can be pasted elsewhere", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", ["dev"]);
  await pty.type("precious" + ALT_1);
  await untilPrompt(pty, "[#main] > ");
  await submit(pty, ":leave #dev", /^-- the draft of #dev is cut; Ctrl-Y pastes it$/);
  await untilPrompt(pty, "> ");
  await pty.type("\x19");
  await untilPrompt(pty, "> precious");
});

test("While a join waits for its answer, drafts and messages stay in the rooms that the user goes to", async () => {
  await using hub = new FakeHub();
  const starting = joinHub(hub, "ana", ["ops"]);
  const guest = await hub.welcome("ana", { features: ["rooms"], rooms: ["main", "ops"] });
  await using pty = await starting;
  const answer = async (room: string) => {
    for (;;) {
      const { code, ref, ...request } = await guest.receive();
      if (code === 107 && request.room === room) return await guest.send({ code: 207, ref });
    }
  };
  const saying = async () => {
    for (;;) {
      const { code, message, room, ref } = await guest.receive();
      if (code !== 100 && code !== 103) continue;
      await guest.send({ code: 207, ref, sequence: 1 });
      return `${room ?? "main"}: ${message}`;
    }
  };
  await pty.type(":join dev\rtyped ahead");
  await untilPrompt(pty, "[#ops] > typed ahead");
  await answer("dev");
  // What is typed after the command is for the new room.
  await untilPrompt(pty, "[#dev] > typed ahead");
  await pty.type("\r:join lab\r" + ALT_2 + "for ops\r" + ALT_1 + "for all\rmore");
  assertEquals(await saying(), "dev: typed ahead");
  await untilPrompt(pty, "[#main] > more");
  await answer("lab");
  await pty.until(/^-- you are in #lab now; :switch #lab shows it$/);
  assertEquals([await saying(), await saying()], ["ops: for ops", "main: for all"]);
  await untilPrompt(pty, "[#main] > more");
});
