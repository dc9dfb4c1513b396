/** How a user arrives on a hub: under which name, and whom they meet. */
import { assert } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";

Deno.test({
  ...needs("Without --name a user has the name of the account, with a suffix if it is taken", NO_PTY),
  async fn() {
    await using hub = await HubProgram.start();
    const env = { USER: "ana" };
    await using first = await Pty.start(["join", `127.0.0.1:${hub.port}`], { env });
    await first.until(/^-- #main: nobody else is in it yet$/);
    assert(first.window.includes("-- your name is ana"), first.window.join("\n"));
    await using second = await Pty.start(["join", `127.0.0.1:${hub.port}`], { env });
    await second.until(/^-- #main: also in it: ana$/);
    assert(second.window.includes("-- your name is ana-2"), second.window.join("\n"));
  },
});

Deno.test({
  ...needs("On arrival the client lists who is in main", NO_PTY),
  async fn() {
    await using hub = await HubProgram.start();
    await using silent = await OriginalClient.connect(hub.port);
    await silent.nextOf(202);
    await silent.rename("bo");
    await silent.until(({ code, new: name }) => code === 201 && name === "bo");
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    await pty.until(/^-- #main: also in it: bo$/);
  },
});
