/**
 * Whatever people with keys and guests do in whatever order, with restarts of the hub in between, a room and its
 * messages are for those of whom the simplest model says so: a list of members and a list of messages for each room
 * (`tests/helpers/hubs/reference_rooms.ts`).
 * Everyone receives what is said where they are, reads by 105 and 102 what the model allows, and a private room answers
 * those who are not its members as a room that does not exist.
 *
 * Whose name is whose is taken from the hub; `owned_names_model_test.ts` checks that. The file is long because it holds
 * every step and every check.
 *
 * @module
 */
import fc from "fast-check";
import { type Body, type ClientMessage, nameKey } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { cases } from "../../helpers/fuzz.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { OwnedHub, registryIn } from "../../helpers/hubs/owned_hub.ts";
import { type ReferenceAsker, ReferenceOwnedRoom } from "../../helpers/hubs/reference_rooms.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const KEYS = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);
const ROOMS = ["den", "ops"];

/** A step of a user; `who` is an index into the users online. */
type Step =
  | { does: "connect"; key?: number; name: string; rooms?: string[]; newest?: number }
  | { does: "send"; who: number; message: ClientMessage }
  | { does: "leave"; who: number }
  | { does: "restart the hub" };

/** What happens first, so that there are people who own names, and a private room. */
const PROLOGUE: Step[] = [
  { does: "connect", key: 0, name: "ana", rooms: ["den"] },
  { does: "connect", key: 1, name: "bo" },
  { does: "connect", key: 2, name: "cy" },
  { does: "send", who: 1, message: { code: 100, message: "hi" } },
  { does: "send", who: 2, message: { code: 100, message: "hi" } },
  { does: "send", who: 0, message: { code: 119, room: "den", mode: "private" } },
  { does: "send", who: 0, message: { code: 120, room: "den", username: "bo" } },
];

const who = fc.nat(3);
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom("ana", "bo", "cy") }, fc.constant("dee"));
/** Somebody with the own name, mostly, or a guest. */
const user = fc.oneof(
  { weight: 6, arbitrary: fc.nat(2).map((key) => ({ key, name: ["ana", "bo", "cy"][key]! })) },
  fc.record({ key: fc.nat(2), name }),
  fc.constant({ name: "guest" }),
);
const room = fc.constantFrom(...ROOMS, "Den");
const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.constant({ code: 100, message: "hi" } as const),
  fc.record({ code: fc.constant(101 as const), username: name }),
  { weight: 5, arbitrary: fc.record({ code: fc.constant(103 as const), room, message: fc.constant("") }) },
  { weight: 5, arbitrary: fc.record({ code: fc.constantFrom(107 as const, 107, 108 as const), room }) },
  fc.constant({ code: 113 } as const),
  {
    weight: 5,
    arbitrary: fc.record({
      code: fc.constant(119 as const),
      room,
      topic: fc.constantFrom("on call", ""),
      mode: fc.constantFrom("private" as const, "private", "open"),
      history: fc.constantFrom("all" as const, "joined"),
      owner: name,
    }, { requiredKeys: ["code", "room"] }),
  },
  { weight: 4, arbitrary: fc.record({ code: fc.constant(120 as const), room, username: name }) },
  { weight: 2, arbitrary: fc.record({ code: fc.constant(121 as const), room, username: name }) },
  fc.record({ code: fc.constant(122 as const), room }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      user,
      fc.record({ rooms: fc.subarray(ROOMS, { minLength: 1 }), newest: fc.constant(500) }, {
        requiredKeys: [],
      }),
    ).map(([user, more]) => ({ does: "connect" as const, ...user, ...more })),
  },
  { weight: 40, arbitrary: fc.record({ does: fc.constant("send" as const), who, message }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("leave" as const), who }) },
  fc.constant({ does: "restart the hub" as const }),
);

/** The person that a user is. */
const personOf = ({ session: { owner } }: TestUser) => owner?.id;

/** A hub, its users, and the model. */
class Scene implements Disposable {
  readonly #folder = new DataFolder();
  #history = this.#folder.open();
  #registry = registryIn(this.#folder.path);
  #chat = new OwnedHub(this.#registry, this.#history);
  users: TestUser[] = [];
  readonly rooms = new Map(ROOMS.map((name) => [name, new ReferenceOwnedRoom<TestUser>(name)]));
  /** What each user has received in the last step. */
  #received = new Map<TestUser, Body[]>();
  /** What was said in the last step, and who is to receive it. */
  #heard: { text: string; by: Set<TestUser> } | undefined;
  /** How much was said in all rooms. */
  #said = 0;

  /** Carries out a step. */
  run(step: Step): void {
    const user = "who" in step ? this.users[step.who % this.users.length] : undefined;
    const before = this.#insiders();
    this.#received = new Map();
    this.#heard = undefined;
    if (step.does === "connect") this.#connect(step);
    else if (step.does === "restart the hub") this.#restart();
    else if (user !== undefined && step.does === "leave") this.#leave(user);
    else if (user !== undefined && step.does === "send") this.#send(user, step.message);
    this.#settle();
    this.#checkNotices(before, this.#insiders());
  }

  #connect({ key, name, rooms = [], ...rest }: Step & { does: "connect" }): void {
    const { does: _, ...fields } = rest;
    const more = { rooms, after: Object.fromEntries(rooms.map((room) => [room, 0])), ...fields, ref: "r" };
    const user = key === undefined ? this.#chat.connect() : this.#chat.comes(KEYS[key]!, name, more);
    if (key === undefined) user.sends({ code: 102, client: "test/1", username: name, ...more });
    this.#chat.runTurns();
    const bodies = this.#take(user);
    if (!bodies.some(({ code }) => code === 210)) return user.disconnects();
    this.users.push(user);
    for (const name of rooms) this.#enter(user, this.rooms.get(name)!);
    for (const room of this.rooms.values()) {
      const pages = bodies.filter((body) => body.code === 208 && nameKey(String(body.room)) === room.name);
      assertEquals(textsOf(pages), room.inside.has(user) ? room.readableBy(personOf(user)) : []);
    }
    assertEquals(
      bodies.filter(({ code }) => code === 206).length,
      rooms.filter((name) => this.rooms.get(name)!.isHiddenFrom(personOf(user))).length,
    );
  }

  #leave(user: TestUser): void {
    this.users = this.users.filter((other) => other !== user);
    user.disconnects();
    for (const room of this.rooms.values()) room.exit(user);
  }

  #restart(): void {
    this.#registry.close();
    this.#history.close();
    this.#history = this.#folder.open();
    this.#registry = registryIn(this.#folder.path);
    this.#chat = new OwnedHub(this.#registry, this.#history);
    this.users = [];
    for (const room of this.rooms.values()) room.inside.clear();
  }

  #send(user: TestUser, message: ClientMessage): void {
    const freed = message.code === 113 ? user.session.owner?.id : undefined;
    const text = `text${this.#said}`;
    const target = "room" in message ? this.rooms.get(nameKey(message.room!)) : undefined;
    const expected = target === undefined ? undefined : target.refusalOf(message, this.#asker(user));
    user.sends({ ...message, ...message.code === 103 ? { message: text } : {}, ref: "r" } as ClientMessage);
    const answer = this.#take(user).find(({ ref }) => ref === "r")!;
    if (target === undefined) {
      if (freed !== undefined) { for (const room of this.rooms.values()) room.free(freed); }
      return;
    }
    assertEquals(answer.error, expected, JSON.stringify(message));
    if (expected !== undefined) return;
    switch (message.code) {
      case 103:
        target.said.push({ text, at: this.#said++ });
        this.#heard = { text, by: new Set(target.inside) };
        break;
      case 107:
        this.#enter(user, target);
        break;
      case 108:
        target.exit(user);
        break;
      default:
        target.carryOut(message, this.#asker(user));
    }
  }

  /** Who asks about a room. */
  #asker(user: TestUser): ReferenceAsker<TestUser> {
    return { user, person: personOf(user), personOf: (name) => this.#personOf(name), said: this.#said };
  }

  #personOf(name: string): number | undefined {
    return this.#registry.names.ownerOf(name)?.id;
  }

  #enter(user: TestUser, room: ReferenceOwnedRoom<TestUser>): void {
    if (!room.isHiddenFrom(personOf(user))) room.enter(user, personOf(user), this.#said);
  }

  /** Puts those out of private rooms who are not members, and reads what is still to be received. */
  #settle(): void {
    for (const room of this.rooms.values()) {
      for (const user of room.inside) if (room.isHiddenFrom(personOf(user))) room.exit(user);
    }
    for (const user of this.users) {
      this.#take(user);
      const texts = textsOf(this.#received.get(user)!.filter(({ code }) => code === 200));
      assertEquals(texts, this.#heard?.by.has(user) ? [this.#heard.text] : [], `what ${user.name} hears`);
      for (const room of this.rooms.values()) {
        const isInside = user.session.memberships.some(({ room: { name } }) => nameKey(name) === room.name);
        assertEquals(isInside, room.inside.has(user), `${user.name} is in ${room.name}`);
      }
    }
  }

  #take(user: TestUser): Body[] {
    const bodies = user.receives();
    this.#received.set(user, [...this.#received.get(user) ?? [], ...bodies]);
    return bodies;
  }

  /** Who is in a room or its member. */
  #insiders(): Map<string, Set<TestUser>> {
    return new Map(
      [...this.rooms.values()].map((
        room,
      ) => [
        room.name,
        new Set(this.users.filter((user) => room.inside.has(user) || room.isMember(personOf(user)))),
      ]),
    );
  }

  /** Checks that nobody receives anything of a room who was not in it and not its member, before or after the step. */
  #checkNotices(before: Map<string, Set<TestUser>>, after: Map<string, Set<TestUser>>): void {
    for (const [user, bodies] of this.#received) {
      for (const { code, room, message } of bodies) {
        const name = nameKey(String(room ?? (message as { room?: string } | undefined)?.room ?? ""));
        if (!this.rooms.has(name)) continue;
        const isInsider = before.get(name)!.has(user) || after.get(name)!.has(user);
        assert(isInsider, `${user.name} got a ${code} of ${name}`);
      }
    }
  }

  /** Checks what a user can find out about a room. */
  check(user: TestUser, room: ReferenceOwnedRoom<TestUser>): void {
    const { name } = room;
    const ask = (message: ClientMessage) => {
      user.sends({ ...message, ref: "r" });
      this.#chat.runTurns();
      return user.receives().find(({ ref }) => ref === "r")!;
    };
    const isVisible = room.exists && !room.isHiddenFrom(personOf(user));
    const listed = (ask({ code: 109 }).rooms as { name: string }[]).map(({ name }) => nameKey(name));
    assertEquals(listed.includes(name), isVisible, `${name} is listed`);
    if (!isVisible) {
      for (const request of requests(name)) {
        const other = ask({ ...request, room: "none" } as ClientMessage);
        assertEquals(ask(request), other, `${user.name} ${JSON.stringify(request)}`);
        assertEquals(other.error, "no_such_room");
      }
      const { users } = ask({ code: 106 });
      assert((users as { rooms: string[] }[]).every(({ rooms }) => !rooms.map(nameKey).includes(name)));
      return;
    }
    const { owner, mode, history, topic, members } = ask({ code: 118, room: name });
    assertEquals({ owner: owner && this.#personOf(String(owner)), mode, history, topic }, {
      owner: room.owner,
      mode: room.mode,
      history: room.history,
      topic: room.topic,
    });
    assertEquals((members as string[] | undefined ?? []).map((name) => this.#personOf(name)), [
      ...room.members.keys(),
    ]);
    const { error, ...page } = ask({ code: 105, room: name, limit: 500 });
    assertEquals(error, room.inside.has(user) ? undefined : "not_in_room");
    if (error !== undefined) return;
    const texts = room.readableBy(personOf(user));
    assertEquals(textsOf([page as Body]), texts, `${user.name} reads ${name}`);
    assertEquals(textsOf([ask({ code: 105, room: name, limit: 500, after: 0 })]), texts);
    for (const { text } of room.said) {
      const found = textsOf([ask({ code: 105, room: name, match: text })]);
      assertEquals(found.includes(text), texts.includes(text), `${user.name} finds ${text}`);
    }
  }

  [Symbol.dispose](): void {
    this.#registry.close();
    this.#history.close();
    assertEquals(this.#folder.reports, []);
    this.#folder[Symbol.dispose]();
  }
}

/** The requests about a room other than 107, which makes one. */
const requests = (room: string): ClientMessage[] => [
  { code: 103, room, message: "hi" },
  { code: 105, room },
  { code: 105, room, match: "text" },
  { code: 106, room },
  { code: 108, room },
  { code: 118, room },
  { code: 119, room, mode: "open", history: "all" },
  { code: 120, room, username: "ana" },
  { code: 121, room, username: "ana" },
  { code: 122, room },
];

/** The texts of messages, live and stored, in rooms of the model. */
function textsOf(bodies: readonly Body[]): string[] {
  type Line = { message: string; room?: string };
  return bodies.flatMap(({ code, message, messages }) =>
    code === 200 ? [message as Line] : code === 208 ? messages as Line[] : []
  ).filter(({ room }) => room !== undefined && room !== "main").map(({ message }) => message);
}

Deno.test({
  name: "Rooms and their messages are for those of whom the simplest model says so",
  permissions: { env: ["RIFTCHAT_FUZZ", "RIFTCHAT_SEED"], read: true, write: true },
  fn: () =>
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: "max" }), (steps) => {
        using scene = new Scene();
        for (const step of PROLOGUE) scene.run(step);
        steps.forEach((step, i) => {
          scene.run(step);
          const user = scene.users[i % scene.users.length];
          if (user !== undefined) scene.check(user, scene.rooms.get(ROOMS[i % ROOMS.length]!)!);
        });
        for (const room of scene.rooms.values()) {
          for (const user of scene.users) scene.check(user, room);
        }
      }),
      cases(25, 0.02),
    ),
});
