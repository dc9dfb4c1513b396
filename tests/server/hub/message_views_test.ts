/**
 * Whatever users do with messages, and whenever they come, go, read and search meanwhile: in the end each of them knows
 * every message as the hub has it.
 *
 * @module
 */
import fc from "fast-check";
import type { ClientMessage } from "../../../protocol/mod.ts";
import { openInMemory } from "../../../server/history/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { MessageView } from "../../helpers/clients/message_view.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { cases } from "../../helpers/fuzz.ts";
import { OwnedHub } from "../../helpers/hubs/owned_hub.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const NAMES = ["ana", "bo", "cy"];
const KEYS = await Promise.all(NAMES.map(() => TestKey.make()));
const ROOMS = ["main", "dev"];

/** How many messages there are at first: so many that they take several pages, which are read in several turns. */
const BEFORE = 40;

/** A step; `who` is the index of a user. */
type Step =
  | { does: "say"; who: number; room: string; long: boolean; reply?: number | undefined }
  | { does: "say to"; who: number; to: number }
  | { does: "change"; who: number; what: "edit" | "delete" | "react" | "unreact"; room: string; back: number }
  | { does: "ask"; who: number; room: string; match: boolean }
  | { does: "ask for changes" | "come or go" | "receive"; who: number }
  | { does: "turn" | "receive all"; who?: undefined };

const who = fc.nat(NAMES.length - 1);
/** How many messages before the last one: mostly one of those that are new. */
const back = fc.oneof(fc.nat(5), fc.nat(BEFORE));
const room = fc.constantFrom(...ROOMS, "@0", "@1", "@2");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("say" as const),
      who,
      room: fc.constantFrom(...ROOMS),
      long: fc.boolean(),
      reply: fc.option(back, { nil: undefined, freq: 3 }),
    }),
  },
  fc.record({ does: fc.constant("say to" as const), who, to: who }),
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("change" as const),
      who,
      what: fc.constantFrom("edit" as const, "delete" as const, "react" as const, "unreact" as const),
      room,
      back,
    }),
  },
  fc.record({ does: fc.constant("ask" as const), who, room: fc.constantFrom(...ROOMS), match: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom("ask for changes" as const, "come or go" as const), who }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("receive" as const), who }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("turn" as const, "receive all" as const) }) },
);

/** A person, who comes and goes, and what they know. */
interface Person {
  view: MessageView;
  user: TestUser | undefined;
}

/** The hub and those who use it. */
class Scene {
  readonly history = openInMemory(() => performance.now());
  readonly chat = new OwnedHub(undefined, this.history);
  readonly people: Person[] = NAMES.map((name) => ({ view: new MessageView(name), user: undefined }));
  /** The number of the last message in each conversation. */
  readonly #last = new Map<string, number>();
  #texts = 0;

  perform(step: Step): void {
    if (step.does === "turn") return this.chat.runTurn();
    if (step.does === "receive all") return this.people.forEach((person) => this.receive(person));
    const { who = 0 } = step;
    const person = this.people[who]!;
    if (step.does === "come or go") {
      return person.user === undefined ? this.come(person, who) : this.go(person);
    }
    if (step.does === "receive") return this.receive(person);
    if (person.user === undefined) return;
    const request = this.#request(step, person);
    if (request !== undefined) person.user.sends(request);
  }

  #request(step: Step, { view }: Person): ClientMessage | undefined {
    const message = `word ${++this.#texts}`;
    switch (step.does) {
      case "say": {
        const { room, long, reply } = step;
        const number = (this.#last.get(room) ?? 0) + 1;
        this.#last.set(room, number);
        const text = long ? `${message} ${"x".repeat(4000)}` : message;
        const to = reply === undefined ? {} : { reply_to: Math.max(1, number - reply) };
        return { code: 103, room, message: text, ...to };
      }
      case "say to":
        return { code: 104, to: NAMES[step.to]!, message };
      case "ask":
        return { code: 105, room: step.room, limit: 500, ...step.match ? { match: "word" } : {} };
      case "ask for changes":
        return { code: 129, after: view.changes, epoch: view.epoch! };
      case "change": {
        const isDirect = step.room.startsWith("@");
        const room = isDirect ? `@${NAMES[Number(step.room.slice(1))]}` : step.room;
        const sequence = isDirect ? step.back + 1 : Math.max(1, (this.#last.get(room) ?? 0) - step.back);
        if (step.what === "edit") return { code: 127, room, sequence, message };
        if (step.what === "delete") return { code: 126, room, sequence };
        const remove = step.what === "unreact" ? { remove: true } : {};
        return { code: 128, room, sequence, reaction: step.back % 2 === 0 ? "+1" : "tada", ...remove };
      }
    }
    return undefined;
  }

  /** Somebody comes, asks for what they missed of messages, and then of their changes. */
  come(person: Person, who: number): void {
    const { view } = person;
    const after = { main: 0, dev: 0, ...view.last };
    person.user = this.chat.comes(KEYS[who]!, view.name, { rooms: ["dev"], after });
    this.receive(person);
    person.user.sends({ code: 129, after: view.changes, epoch: view.epoch! });
  }

  go(person: Person): void {
    this.receive(person);
    person.user!.disconnects();
    person.user = undefined;
  }

  receive({ user, view }: Person): void {
    for (const body of user?.receives() ?? []) view.take(body);
  }

  /** Everyone comes and reads to the end; then each knows what the hub stores. */
  check(): void {
    this.chat.runTurns();
    for (const [i, person] of this.people.entries()) if (person.user === undefined) this.come(person, i);
    this.chat.runTurns();
    this.people.forEach((person) => this.receive(person));
    for (const { user, view } of this.people) {
      for (const room of [...ROOMS, ...NAMES.map((name) => `@${name}`)]) {
        const now = new MessageView(view.name);
        for (let after = 0, more = true; more;) {
          user!.sends({ code: 105, room, after, limit: 500, ref: "check" });
          this.chat.runTurns();
          const page = user!.receives().find(({ ref }) => ref === "check")!;
          now.take(page);
          after = (page.messages as { sequence: number }[]).at(-1)?.sequence ?? after;
          more = page.more === true;
        }
        // Direct messages come only to those who are here; what they have of them is as it is now.
        const known = new Set(view.lines(room).map(numberOf));
        const stored = now.lines(room).filter((line) => !room.startsWith("@") || known.has(numberOf(line)));
        assertEquals(view.lines(room), stored, `${room} as ${view.name} knows it`);
      }
    }
  }
}

function numberOf(line: string): unknown {
  return JSON.parse(line).sequence;
}

Deno.test("In the end each client knows every message as the hub has it, whatever was changed and when", () =>
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const scene = new Scene();
      try {
        scene.perform({ does: "come or go", who: 0 });
        for (let i = 0; i < BEFORE; i++) scene.perform({ does: "say", who: 0, room: "main", long: true });
        while (scene.history.work(1000));
        scene.chat.runTurns();
        for (const step of steps) scene.perform(step);
        scene.check();
      } finally {
        scene.history.close();
        scene.chat.registry.close();
      }
    }),
    cases(100, 0.02),
  ));
