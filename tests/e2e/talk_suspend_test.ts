/** Ctrl-Z without a shell to return to. */
import { RESTORE_TITLE, SAVE_TITLE } from "../../client/render/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { HubProgram } from "../helpers/program.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";

// The version of Deno in an executable may not let a program send a signal to itself.
const MISSING = NO_PTY ?? (Deno.env.has("RIFTCHAT_EXE") ? "RIFTCHAT_EXE is set" : undefined);

Deno.test({
  ...needs(
    "Without a shell Ctrl-Z prints an error, and the chat continues with the same input",
    MISSING,
  ),
  async fn() {
    await using hub = await HubProgram.start();
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    await pty.until(() =>
      pty.window.some((row) => row.startsWith("-- connected")) && pty.cursorRow === "> |"
    );
    const { modes } = pty;
    await pty.type("half a li\x1a");
    await pty.until(/^! Cannot stop: there is no shell to return to$/);
    await pty.type("ne");
    await pty.until(() => pty.cursorRow === "> half a line|");
    assertEquals(pty.modes, modes);
    // The title was restored for the shell, and then set again.
    const after = pty.output.slice(pty.output.indexOf("-- stopping"));
    const at = [RESTORE_TITLE, SAVE_TITLE, "\x1b]2;riftchat"].map((sequence) => after.indexOf(sequence));
    assertEquals(at.toSorted((one, other) => one - other), at);
    assert(at[0]! >= 0, after);
    await pty.type("\r");
    await pty.until(/ana {2,}half a line$/);
  },
});

Deno.test({
  ...needs(
    "Under deno task, which would keep the terminal, Ctrl-Z does not stop the client and says why",
    MISSING,
  ),
  async fn() {
    await using hub = await HubProgram.start();
    const env = { RIFTCHAT_TASK: "1" };
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], { env });
    await pty.until(() =>
      pty.window.some((row) => row.startsWith("-- connected")) && pty.cursorRow === "> |"
    );
    await pty.type("half a li\x1ane");
    await pty.until(/^! Cannot stop: deno task would keep the terminal/);
    await pty.until(() => pty.cursorRow === "> half a line|");
    assert(!pty.window.some((row) => row.startsWith("-- stopping")));
  },
});
