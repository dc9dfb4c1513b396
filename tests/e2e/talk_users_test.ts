/** How the client learns which users are online. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { OFFER, ScriptedHub, WELCOME } from "../helpers/hubs/scripted_hub.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";

Deno.test({
  ...needs(
    "Tab completes users who were online before and sent nothing, and never the own name",
    NO_PTY,
  ),
  async fn() {
    await using hub = await HubProgram.start();
    await using silent = await OriginalClient.connect(hub.port);
    await silent.nextOf(202);
    await silent.rename("anatol");
    await silent.until(({ code, new: name }) => code === 201 && name === "anatol");
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    await pty.until(() =>
      pty.window.some((row) => row.startsWith("-- connected")) && pty.cursorRow === "> |"
    );
    // The answer to this comes after the answer to the silent request.
    await pty.type(":who\r");
    await pty.until(/^-- 2 online$/);
    await pty.type("an\t");
    await pty.until(() => pty.cursorRow === "> anatol: |");
    assertEquals(pty.window.filter((row) => row.endsWith(" online")), ["-- 2 online"]);
  },
});

Deno.test({
  ...needs("The client asks for the users online once for each link, if the hub has the feature", NO_PTY),
  async fn() {
    await using hub = new ScriptedHub();
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    await hub.send(OFFER);
    await hub.receive();
    await hub.send({ ...WELCOME, features: ["who"] });
    const asked = await hub.receive();
    assert(asked.includes('"code":106'), asked);
    const { ref } = JSON.parse(asked.slice(8));
    const users = [{ username: "bo", rooms: [], connected_ms: 0, idle_ms: 0, verified: false }];
    await hub.send({ code: 209, ref, users });
    await hub.send({ code: 200, message: { timestamp: 0, username: "cy", message: "what comes next" } });
    await pty.until(/what comes next/);
    await pty.type("b\t");
    await pty.until(() => pty.cursorRow === "> bo: |");
    await pty.type("hello\r");
    const said = await hub.receive();
    assert(said.includes("bo: hello") && !said.includes('"code":106'), said);
  },
});
