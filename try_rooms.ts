import { ana } from "./tests/helpers/people.ts";
import { Pty } from "./tests/helpers/pty.ts";
import { HubProgram } from "./tests/helpers/program.ts";
await using hub = await HubProgram.start();
await using pty = await ana(hub, { columns: 90, rows: 40 });
await using b = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "bo", "-r", "dev"], {
  columns: 90,
  rows: 30,
});
const pause = (ms = 350) => new Promise((r) => setTimeout(r, ms));
await b.until(/connected/);
const t = async (p: Pty, s: string) => {
  await p.type(s);
  await pause();
};
await t(pty, ":join #dev\r");
await t(b, "hello ana, in dev\r");
await t(pty, "hi bo\r");
await t(pty, "\x1b1");
await t(b, "one\r");
await t(b, "two for ana\r");
await t(b, ":msg ana psst\r");
await t(pty, ":reply what?\r");
await t(pty, ":rooms\r");
await t(pty, ":query bo\r");
await t(pty, "\x1b1");
await t(b, ":m ana again\r");
await t(pty, "2\t");
await t(pty, "3\t");
await t(pty, ":who #dev\r");
await t(pty, ":leave\r");
await t(pty, ":leave\r");
await t(pty, ":leave #nix\r");
await t(pty, ":join #server\r");
await t(pty, ":s ops\r");
await t(pty, ":msg nobody hi\r");
await t(pty, "\x15:help\r");
console.log(pty.allRows.join("\n"));
console.log("-----");
console.log(b.allRows.join("\n"));
console.log(JSON.stringify(pty.state.title));
