/**
 * `riftchat join` on a terminal, with a hub that sends random hostile messages. Whatever the hub sends:
 *
 * 1. The modes and the title of the terminal are those that the client has set, and at the end those from before.
 * 2. The output has only text and the sequences of the client itself: no other control character, and no character that
 *    reorders text or draws over other rows.
 * 3. The client works: it shows the next message, handles each key, and runs `:help` and `:quit`.
 *
 * The messages are the same in each run. With `RIFTCHAT_FUZZ`, which sets their number, they differ in each run; the
 * seed is in the name of the test, and `RIFTCHAT_SEED` sets it.
 *
 * @module
 */
import fc from "fast-check";
import { assert, assertEquals } from "../helpers/assert.ts";
import { howMany, SEED } from "../helpers/fuzz.ts";
import { hostileMessage, hostileText } from "../helpers/clients/hostile_messages.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { OFFER, ScriptedHub, WELCOME } from "../helpers/hubs/scripted_hub.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";

const COUNT = howMany(2000);

/** How many messages are sent at once. A known message after each batch shows that the client has handled it. */
const BATCH = 500;

/**
 * All sequences that the client writes: see `client/screen/ansi.ts`, `client/text/style.ts` and
 * `client/machine/terminal.ts`.
 */
const OWN = new RegExp(
  [
    String.raw`\x1b\[\?(?:7|1004|2004|2026)[hl]`,
    String.raw`\x1b\[2[23];2t|\x1b\]2;(?:\(\d+(?:, @\d+)?\) )?(?:riftchat: [\d.:]+)?\x07|\x07`,
    String.raw`\x1b\[(?:[JKHC]|\d*[ABG])`,
    String.raw`\x1b\[(?:0|1|2|0;[124]|1;7|1;38;5;\d+|38;5;160)?m`,
    String.raw`[\r\n\x08\t]`,
  ].join("|"),
  "g",
);

/**
 * Control characters, characters that reorder text, line separators, and more combining marks than a script needs.
 * U+200E comes from the client itself, around right-to-left text.
 */
// deno-lint-ignore no-control-regex
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u061c\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]|\p{M}{10}/u;

function assertHarmless(written: string): void {
  const rest = written.replace(OWN, "");
  const at = rest.search(HARMFUL);
  assert(at < 0, `seed ${SEED}: ${JSON.stringify(rest.slice(Math.max(0, at - 60), at + 60))}`);
}

Deno.test({
  ...needs(
    `${COUNT} messages of a hostile hub change no terminal mode, and the client still works (seed ${SEED})`,
    NO_PTY,
  ),
  fn: async () => {
    await using hub = new ScriptedHub();
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    const before = pty.state;
    await hub.send(OFFER);
    await hub.receive();
    await hub.send({
      ...WELCOME,
      features: ["who", "ping", "rooms", "direct", "history", "changes"],
      changes: 0,
    });
    await pty.until(() => pty.cursorRow === "> |");
    // The requests of the client are read, but not answered.
    const reading = (async () => {
      while (await hub.receive() !== "");
    })();
    // A test that fails closes the hub. The reason is the failure itself.
    reading.catch(() => {});
    const inChat = pty.state;
    assertEquals(inChat, {
      ...before,
      bracketedPasteMode: true,
      sendFocusMode: true,
      title: `riftchat: 127.0.0.1:${hub.port}`,
    });

    let draft = "";
    let checked = 0;
    for (let sent = 0; sent < COUNT;) {
      const numRuns = Math.min(BATCH, COUNT - sent);
      await hub.send(...fc.sample(hostileMessage, { numRuns, seed: SEED + sent }));
      sent += numRuns;
      await hub.send({ code: 200, message: { timestamp: 0, username: "bo", message: `so far ${sent}` } });
      await pty.type("x");
      draft += "x";
      if (draft.length === 60) {
        await pty.type("\x15");
        draft = "";
      }
      await pty.until(() =>
        pty.window.some((row) => /bo {2,}so far (\d+)$/.exec(row)?.[1] === `${sent}`) &&
        pty.cursorRow === `> ${draft}|` &&
        // The end of the last write may not have arrived yet.
        !pty.state.synchronizedOutputMode
      );
      assertEquals(pty.state, inChat, `seed ${SEED}`);
      const { output } = pty;
      // An incomplete sequence is checked with the next batch.
      const end = output.lastIndexOf("\x1b[?2026l");
      assertHarmless(output.slice(checked, end));
      checked = end;
    }

    await pty.type("\x15:help\r");
    await pty.until(/:quit/);
    const [reason = ""] = fc.sample(hostileText, { numRuns: 1, seed: SEED });
    await hub.send({ code: 216, reason: `enough${reason}` });
    await hub.closeWrite();
    await pty.until(/connection lost: the hub ended it: enough/);
    await reading;
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
    await pty.until(() => !pty.state.bracketedPasteMode);
    assertEquals(pty.state, before);
    assertHarmless(pty.output.slice(checked));
  },
});
