import { Handshake, MAX_NAME_SUFFIX, suffixedName } from "../../../client/link/handshake.ts";
import { Code, type Refused, type ServerMessage, VERSION, type Welcome } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const NAMED: ServerMessage = { code: Code.YourName, new: "x7f3" };
const OFFERED: ServerMessage = { ...NAMED, server: { version: "9.0.0", protocol: 7, nonce: "00" } };

function welcome(username: string): Welcome {
  return {
    code: Code.Welcome,
    username,
    rooms: ["main"],
    limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
    features: [],
    retention_ms: 0,
    ref: "hello",
  };
}

Deno.test({
  name: "A hub that offers the extension gets a hello, and its welcome opens the connection",
  permissions: "none",
  fn() {
    const handshake = new Handshake({ name: "ana" });
    assertEquals(handshake.receive(OFFERED), {
      kind: "send",
      message: { code: Code.Hello, client: `riftchat/${VERSION}`, username: "ana", ref: "hello" },
    });
    assertEquals(handshake.receive({ code: Code.Joined, new: "bo" }), { kind: "wait" });
    assertEquals(handshake.receive(NAMED), { kind: "wait" });
    assertEquals(handshake.receive(welcome("ana")), {
      kind: "open",
      session: { extended: true, name: "ana", welcome: welcome("ana") },
    });
  },
});

Deno.test({
  name:
    "A hub with a password is first asked to know the key, as that of an invited user, and then gets the password",
  permissions: "none",
  fn() {
    const server = { version: "9.0.0", protocol: 7, nonce: "00", password: true, identity: "hub" };
    const refusal: Refused = {
      code: Code.Refused,
      error: "bad_password",
      message: "needs one",
      ref: "hello",
    };
    const guest = new Handshake({ name: "ana" });
    assertEquals(guest.receive({ ...NAMED, server }), { kind: "password" });
    const owner = new Handshake({ name: "ana", key: "key" });
    assertEquals(owner.receive({ ...NAMED, server }).kind, "sign");
    assertEquals(owner.receive(refusal), { kind: "password" });
    const invited = new Handshake({ name: "ana", key: "key" });
    invited.receive({ ...NAMED, server });
    assertEquals(invited.receive(welcome("ana")).kind, "open");
    const wrong = new Handshake({ name: "ana", key: "key", password: "wrong" });
    wrong.receive({ ...NAMED, server });
    assertEquals(wrong.receive(refusal), { kind: "refused", refusal });
    // Without an identity the hub knows no keys.
    const { identity: _, ...older } = server;
    assertEquals(new Handshake({ key: "key" }).receive({ ...NAMED, server: older }), { kind: "password" });
  },
});

Deno.test({
  name: "Without a wanted name the hub chooses",
  permissions: "none",
  fn() {
    const extended = new Handshake();
    assertEquals(extended.receive(OFFERED), {
      kind: "send",
      message: { code: Code.Hello, client: `riftchat/${VERSION}`, ref: "hello" },
    });
    const base = new Handshake();
    assertEquals(base.receive(NAMED), { kind: "open", session: { extended: false, name: "x7f3" } });
  },
});

Deno.test({
  name: "An original hub gets a rename, and the connection opens when it has answered",
  permissions: "none",
  fn() {
    const handshake = new Handshake({ name: "ana" });
    assertEquals(handshake.receive(NAMED), { kind: "send", message: { code: Code.Rename, username: "ana" } });
    assertEquals(handshake.receive({ code: Code.Joined, new: "x7f3" }), { kind: "wait" });
    assertEquals(handshake.receive({ code: Code.YourName, new: "ana" }), {
      kind: "open",
      session: { extended: false, name: "ana" },
    });
  },
});

Deno.test({
  name: "A refused hello opens no connection, and the hub's reason is reported",
  permissions: "none",
  fn() {
    const handshake = new Handshake({ name: "ana" });
    handshake.receive(OFFERED);
    const refusal: Refused = { code: Code.Refused, error: "name_taken", message: "ana is taken" };
    assertEquals(handshake.receive(refusal), { kind: "wait" });
    const answer: Refused = { ...refusal, ref: "hello" };
    assertEquals(handshake.receive(answer), { kind: "refused", refusal: answer });
  },
});

Deno.test({
  name: "A message of the hub to this client only, before it closes, is the reason",
  permissions: "none",
  fn() {
    const words: [message: ServerMessage, last: string | undefined][] = [
      [{ code: Code.Said, message: { timestamp: 0, username: "server", message: "full" } }, "full"],
      [{ code: Code.Said, message: { timestamp: 0, username: "ana", message: "hi" } }, undefined],
      [
        { code: Code.Said, message: { timestamp: 0, username: "server", message: "hi", sequence: 3 } },
        undefined,
      ],
      [{ code: Code.Ending, reason: "banned" }, "banned"],
      [{ code: Code.Refused, error: "bad_frame", message: "no frame" }, "no frame"],
      [{ code: Code.Joined, new: "bo" }, undefined],
    ];
    for (const [message, last] of words) {
      const handshake = new Handshake({ name: "ana" });
      assertEquals(handshake.receive(message), { kind: "wait" });
      assertEquals(handshake.refusalText, last);
      assertEquals(handshake.heardFromHub, last !== undefined);
      handshake.receive(OFFERED);
      assertEquals(handshake.heardFromHub, true);
    }
  },
});

Deno.test({
  name: "A welcome without a hello opens nothing",
  permissions: "none",
  fn() {
    assertEquals(new Handshake({ name: "ana" }).receive(welcome("ana")), { kind: "wait" });
  },
});

Deno.test({
  name: "The wanted rooms are in the hello; an original hub gets none",
  permissions: "none",
  fn() {
    const handshake = new Handshake({ name: "ana", rooms: ["dev", "ops"] });
    assertEquals(handshake.receive(OFFERED), {
      kind: "send",
      message: {
        code: Code.Hello,
        client: `riftchat/${VERSION}`,
        username: "ana",
        rooms: ["dev", "ops"],
        ref: "hello",
      },
    });
    const original = new Handshake({ rooms: ["dev"] });
    assertEquals(original.receive(NAMED).kind, "open");
  },
});

Deno.test({
  name: "A name that is taken gets the suffixes -2, -3 … on request, up to a limit, and stays short enough",
  permissions: "none",
  fn() {
    const taken: Refused = { code: Code.Refused, error: "name_taken", message: "taken", ref: "hello" };
    const handshake = new Handshake({ name: "ci", rooms: ["dev"], suffixName: true });
    const asked: (string | undefined)[] = [];
    let step = handshake.receive(OFFERED);
    for (; step.kind === "send"; step = handshake.receive(taken)) {
      if (step.message.code === Code.Hello) asked.push(step.message.username);
    }
    assertEquals(asked.slice(0, 3), ["ci", "ci-2", "ci-3"]);
    assertEquals([asked.at(-1), asked.length], [`ci-${MAX_NAME_SUFFIX}`, MAX_NAME_SUFFIX]);
    assertEquals(step, { kind: "refused", refusal: taken });

    const other = new Handshake({ name: "ci", suffixName: true });
    other.receive(OFFERED);
    const reserved: Refused = { ...taken, error: "name_reserved" };
    assertEquals(other.receive(reserved), { kind: "refused", refusal: reserved });

    assertEquals(suffixedName("é".repeat(32), 12), "é".repeat(29) + "-12");
  },
});

Deno.test({
  name:
    "A client that knows messages asks in its hello for the newest missed ones, in its order of the rooms",
  permissions: "none",
  fn() {
    const step = new Handshake({ known: { after: { ops: 7, main: 3 }, newest: 50 } }).receive(OFFERED);
    const hello = '"client":"riftchat/' + VERSION + '","ref":"hello","after":{"ops":7,"main":3},"newest":50';
    assertEquals(JSON.stringify(step), `{"kind":"send","message":{"code":102,${hello}}}`);
  },
});

Deno.test({
  name: "A quiet client says so in its hello",
  permissions: "none",
  fn() {
    assertEquals(new Handshake({ rooms: ["ops"], quiet: true }).receive(OFFERED), {
      kind: "send",
      message: {
        code: Code.Hello,
        client: `riftchat/${VERSION}`,
        rooms: ["ops"],
        quiet: true,
        ref: "hello",
      },
    });
  },
});
