/**
 * Whatever people do in whatever order, the hub agrees with a model of it that is as simple as can be: a list of those
 * who are here, searched from the front, and one list of all that was ever shown.
 *
 * @module
 */
import fc from "fast-check";
import { ANNOUNCE_DELAY_MS, type Body } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

/** Something that somebody, counted from those who are here, does. */
type Step =
  | { does: "connect" }
  | { does: "say"; who: number; text: string }
  | { does: "rename"; who: number; name: string }
  | { does: "hello"; who: number; name: string | undefined }
  | { does: "ask who is here"; who: number }
  | { does: "leave"; who: number }
  | { does: "wait"; ms: number };

const who = fc.nat(5);
const name = fc.constantFrom("ana", "Ana", "ANA", "bo", "Bo", "cy", "Server", "a b");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ does: "connect" as const }),
  fc.record({ does: fc.constant("say" as const), who, text: fc.constantFrom("hi", "ho", "") }),
  fc.record({ does: fc.constant("rename" as const), who, name }),
  fc.record({ does: fc.constant("hello" as const), who, name: fc.option(name, { nil: undefined }) }),
  fc.record({ does: fc.constant("ask who is here" as const), who }),
  fc.record({ does: fc.constant("leave" as const), who }),
  fc.record({ does: fc.constant("wait" as const), ms: fc.constantFrom(1, 100, ANNOUNCE_DELAY_MS) }),
);

/** Somebody as the model knows them. */
interface Guest {
  person: TestUser;
  name: string;
  since: number;
  from: number;
  announced: boolean;
  extended: boolean;
  welcomed: boolean;
  told: string[];
}

/** The model: what ought to be. */
class Model {
  here: Guest[] = [];
  shown: string[] = [];
  #now = 0;
  #lines = 0;

  came(person: TestUser): void {
    const told = [`202 ${person.name}`];
    const from = this.shown.length;
    this.here.push({
      person,
      name: person.name,
      since: this.#now,
      from,
      announced: false,
      extended: false,
      welcomed: false,
      told,
    });
  }

  said(guest: Guest, text: string): void {
    if (text === "") return this.#refused(guest, "bad_text");
    this.#announced(guest, guest.name);
    this.shown.push(`200 ${++this.#lines} ${guest.name}: ${text}`);
  }

  renamed(guest: Guest, name: string): void {
    const old = guest.name;
    if (!this.#named(guest, name)) return;
    guest.told.push(`202 ${name}`);
    this.#announced(guest, old);
  }

  saidHello(guest: Guest, name: string | undefined): void {
    if (guest.welcomed) return this.#refused(guest, "bad_message");
    guest.extended = true;
    const old = guest.name;
    if (name !== undefined && !this.#named(guest, name)) return;
    guest.welcomed = true;
    guest.told.push(`210 ${guest.name}`);
    this.#announced(guest, old);
  }

  asked(guest: Guest): void {
    if (!guest.extended) return this.#refused(guest, "bad_message");
    this.#announced(guest, guest.name);
    guest.told.push(
      `209 ${this.here.filter(({ announced }) => announced).map(({ name }) => name).join(" ")}`,
    );
  }

  left(guest: Guest): void {
    this.here = this.here.filter((other) => other !== guest);
    if (guest.announced) this.shown.push(`204 ${guest.name}`);
  }

  waited(ms: number): void {
    this.#now += ms;
    for (const guest of this.here) {
      if (guest.since + ANNOUNCE_DELAY_MS <= this.#now) this.#announced(guest, guest.name);
    }
  }

  #announced(guest: Guest, old: string): void {
    if (!guest.announced) this.shown.push(`201 ${guest.name}`);
    else if (old !== guest.name) this.shown.push(`203 ${old} ${guest.name}`);
    guest.announced = true;
  }

  #named(guest: Guest, name: string): boolean {
    const key = name.toLowerCase();
    if (key === "a b") this.#refused(guest, "bad_name");
    else if (key === "server") this.#refused(guest, "name_reserved");
    else if (this.here.some((other) => other !== guest && other.name.toLowerCase() === key)) {
      this.#refused(guest, "name_taken");
    } else {
      guest.name = name;
      return true;
    }
    return false;
  }

  #refused(guest: Guest, error: string): void {
    guest.told.push(guest.extended ? `206 ${error}` : "200 server");
  }
}

/** A message in short; what the model's lists hold. */
function short(body: Body): string {
  const { code, message, new: name, old, username, error, users } = body;
  if (code === 200) {
    const { sequence, username, message: text } = message as Record<string, unknown>;
    return sequence === undefined ? `200 ${username}` : `200 ${sequence} ${username}: ${text}`;
  }
  const names = (users as { username: string }[] | undefined)?.map(({ username }) => username).join(" ");
  return [code, old, name ?? username ?? error ?? names].filter((part) => part !== undefined).join(" ");
}

function isShown(line: string): boolean {
  return /^(201|203|204|200 \d+) /.test(line);
}

Deno.test({
  name:
    "Hub does what the simplest model of it does, whatever people do: every transcript, reply and name agrees",
  permissions: "none",
  fn: () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const chat = new TestHub();
        const model = new Model();
        const check = ({ person, from, told, name }: Guest, shown: string[]) => {
          const heard = person.receives().map(short);
          assertEquals(heard.filter(isShown), shown.slice(from));
          assertEquals(heard.filter((line) => !isShown(line)), told);
          assertEquals(person.name, name);
        };
        for (const step of steps) {
          if (step.does === "connect") model.came(chat.connect());
          else if (step.does === "wait") {
            chat.advance(step.ms);
            model.waited(step.ms);
          } else {
            const guest = model.here[step.who % model.here.length];
            if (guest === undefined) continue;
            const { person } = guest;
            switch (step.does) {
              case "say":
                person.sends({ code: 100, message: step.text });
                model.said(guest, step.text);
                break;
              case "rename":
                person.sends({ code: 101, username: step.name });
                model.renamed(guest, step.name);
                break;
              case "hello":
                person.sends({
                  code: 102,
                  client: "test/1",
                  ...(step.name === undefined ? {} : { username: step.name }),
                });
                model.saidHello(guest, step.name);
                break;
              case "ask who is here":
                person.sends({ code: 106 });
                model.asked(guest);
                break;
              case "leave":
                check(guest, model.shown);
                person.disconnects();
                model.left(guest);
                break;
            }
          }
        }
        for (const guest of model.here) check(guest, model.shown);
        assertEquals(chat.hub.sessionCount, model.here.length);
      }),
      { numRuns: 500 },
    ),
});
