import { assertEquals } from "../../helpers/assert.ts";
import { MAX_HISTORY_ENTRIES } from "../../../client/editor/input_history.ts";
import { newEditor, step } from "../../../client/editor/mod.ts";
import { Buffers, type ChatBuffer, roomOf } from "../../../client/model/mod.ts";
import { RoomInputs } from "../../../client/talk/room_inputs.ts";
import { keyNamed } from "../../helpers/terminal/typist.ts";

/** A user with the open rooms main (current), dev and ops. */
class User {
  readonly buffers = new Buffers();
  readonly main = this.buffers.current;
  readonly dev = this.buffers.open(roomOf("dev"));
  readonly ops = this.buffers.open(roomOf("ops"));
  readonly inputs: RoomInputs;

  constructor(history: readonly string[] = []) {
    this.inputs = new RoomInputs(newEditor({ history }), this.main);
  }

  /** The line with `|` at the cursor. */
  get line(): string {
    const { text, cursor } = this.inputs.editor.buffer;
    return text.slice(0, cursor) + "|" + text.slice(cursor);
  }

  type(text: string): this {
    const { state } = step(this.inputs.editor, { kind: "text", text });
    this.inputs.update(state, false);
    return this;
  }

  key(chords: string): this {
    for (const chord of chords.split(" ")) {
      const { state, outcome } = step(this.inputs.editor, keyNamed(chord));
      this.inputs.update(state, outcome?.kind === "submit");
    }
    this.inputs.settle();
    return this;
  }

  /** Changes the room by a key. */
  go(room: ChatBuffer): this {
    this.inputs.stay();
    return this.comes(room);
  }

  /** Changes the room as the answer to a command does. */
  comes(room: ChatBuffer): this {
    this.inputs.switchTo(room);
    return this;
  }
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("Each room keeps its own draft, cursor and undo; cut texts and the history are shared", () => {
  const ana = new User(["old"]);
  ana.type("in main").key("ctrl-a").go(ana.dev);
  assertEquals(ana.line, "|");
  ana.type("cut me").key("ctrl-u").type("sent").key("enter").type("in dev").go(ana.main);
  assertEquals(ana.line, "|in main");
  assertEquals(ana.key("ctrl-e ctrl-y").line, "in maincut me|");
  assertEquals(ana.key("ctrl-_ ctrl-_").line, "|");
  assertEquals(ana.key("up").line, "sent|");
  assertEquals(ana.key("up").line, "old|");
  assertEquals(ana.go(ana.dev).line, "in dev|");
  assertEquals(ana.key("up").line, "sent|");
  assertEquals(ana.key("down").line, "in dev|");
});

test("A room keeps its place in the history while lines are submitted elsewhere, also when that is full", () => {
  const full = Array.from({ length: MAX_HISTORY_ENTRIES }, (_, i) => `line ${i}`);
  for (const history of [["one", "two"], full]) {
    const ana = new User(history);
    ana.type("new").key("up up").type("!");
    const { line } = ana;
    ana.go(ana.dev).type("a").key("enter").type("b").key("enter").go(ana.main);
    assertEquals(ana.line, line);
    assertEquals(ana.key("down").line, `${history.at(-1)}|`);
    assertEquals(ana.key("down down down").line, "new|");
  }
});

test("What is typed after a command goes along with it, and replaces a draft so that undo brings that back", () => {
  const ana = new User();
  ana.go(ana.dev).type("draft").go(ana.main);
  ana.type(":switch dev").key("enter").type("ahead").comes(ana.dev);
  assertEquals(ana.line, "ahead|");
  assertEquals(ana.key("ctrl-_").line, "draft|");
  assertEquals(ana.go(ana.main).line, "|");
});

test("A draft does not go along: not one that came back, and nothing after a key changed the room", () => {
  const ana = new User();
  ana.type(":join dev").key("enter");
  ana.inputs.giveBack(ana.main, "refused");
  assertEquals(ana.comes(ana.dev).line, "|");
  assertEquals(ana.go(ana.main).line, "refused|");
  ana.key("ctrl-u").type(":join dev").key("enter").type("for main").go(ana.ops).go(ana.main);
  assertEquals(ana.comes(ana.dev).line, "|");
  assertEquals(ana.go(ana.main).line, "for main|");
});

test("A text that comes back waits until the line of its room is empty", () => {
  const ana = new User();
  ana.type("typing");
  ana.inputs.giveBack(ana.main, "one");
  ana.inputs.giveBack(ana.main, "two");
  ana.inputs.giveBack(ana.dev, "three");
  assertEquals(ana.line, "typing|");
  assertEquals(ana.key("enter").line, "one|");
  assertEquals(ana.key("enter").line, "two|");
  assertEquals(ana.key("ctrl-c").line, "|");
  assertEquals(ana.go(ana.dev).line, "three|");
});

test("What is typed after a text came back replaces it, and undo brings it back", () => {
  const ana = new User();
  ana.inputs.giveBack(ana.main, ":quti");
  assertEquals(ana.line, ":quti|");
  assertEquals(ana.type("hi").line, "hi|");
  ana.inputs.giveBack(ana.main, ":quti");
  assertEquals(ana.line, "hi|");
  assertEquals(ana.key("enter").line, ":quti|");
  assertEquals(ana.type("x").line, "x|");
  assertEquals(ana.key("ctrl-_").line, ":quti|");
  assertEquals(ana.key("left").type("x").line, ":qutx|i");
});

test("The draft of a closed room is a cut text, whether or not the room is current", () => {
  const ana = new User();
  ana.go(ana.dev).type("in dev").go(ana.main);
  assertEquals(ana.inputs.close(ana.dev), true);
  assertEquals(ana.inputs.close(ana.ops), false);
  ana.type("in main").key("ctrl-y");
  assertEquals(ana.line, "in mainin dev|");
  ana.go(ana.ops).type("in ops");
  assertEquals(ana.inputs.close(ana.ops), true);
  assertEquals(ana.comes(ana.main).line, "in mainin dev|");
  assertEquals(ana.key("ctrl-u ctrl-y alt-y").line, "in ops|");
});
