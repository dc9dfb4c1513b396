/**
 * `riftchat join` on a terminal, facing a hub that sends anything. Whatever it sends:
 *
 * 1. the modes of the terminal and its title are those that the client has set, and in the end those of before;
 * 2. nothing is written but text and what the client itself writes: no other control, nothing that changes the order of
 *    text or spills over;
 * 3. the client is at work: it shows the next line, takes each key, and obeys `:help` and `:quit`.
 *
 * The same messages each time in the gate; RIFTCHAT_FUZZ is another number of them, and then they are others each time,
 * from the seed in the name of the test, which RIFTCHAT_SEED brings back.
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

/** So many at a time, after which a line of ours shows that the client has come so far. */
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

/** Controls, what changes the order of text, lines and paragraphs of Unicode, and more marks than any script needs. */
// deno-lint-ignore no-control-regex
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]|\p{M}{10}/u;

function assertHarmless(written: string): void {
  const rest = written.replace(OWN, "");
  const at = rest.search(HARMFUL);
  assert(at < 0, `seed ${SEED}: ${JSON.stringify(rest.slice(Math.max(0, at - 60), at + 60))}`);
}

Deno.test({
  ...needs(
    `${COUNT} messages of a hostile hub leave the terminal as it was and the client at work (seed ${SEED})`,
    NO_PTY,
  ),
  fn: async () => {
    await using hub = new ScriptedHub();
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    const before = pty.state;
    await hub.send(OFFER);
    await hub.receive();
    await hub.send({ ...WELCOME, features: ["who", "ping", "rooms", "direct", "history"] });
    await pty.until(() => pty.cursorRow === "> |");
    // What the client asks is not answered, but taken.
    const hearing = (async () => {
      while (await hub.receive() !== "");
    })();
    // A test that fails closes the hub; it has said why.
    hearing.catch(() => {});
    const talking = pty.state;
    assertEquals(talking, {
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
        pty.window.some((row) => row.endsWith(`bo  so far ${sent}`)) && pty.cursorRow === `> ${draft}|` &&
        // The end of what was written last may not have come.
        !pty.state.synchronizedOutputMode
      );
      assertEquals(pty.state, talking, `seed ${SEED}`);
      const { output } = pty;
      // What came in the middle of a sequence is looked at with the rest of it.
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
    await hearing;
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
    await pty.until(() => !pty.state.bracketedPasteMode);
    assertEquals(pty.state, before);
    assertHarmless(pty.output.slice(checked));
  },
});
