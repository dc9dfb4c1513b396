/**
 * Whatever users do in whatever order, the hub agrees with a model that is as simple as possible: a list of the users
 * online, searched from the front, and one list of all messages that were ever shown. After each step a write is
 * scheduled to every user for whom something waits.
 *
 * The file is long because it holds every step and the whole model.
 *
 * @module
 */
import fc from "fast-check";
import type { Body } from "../../../protocol/mod.ts";
import { ANNOUNCE_SILENT_MS } from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestHub, type TestUser } from "../../helpers/hubs/test_hub.ts";

/** An action of a user; `who` is an index into the users online. */
type Step =
  | { does: "connect" }
  | { does: "say"; who: number; text: string }
  | { does: "rename"; who: number; name: string }
  | { does: "hello"; who: number; name: string | undefined; quiet: boolean; room: string | undefined }
  | { does: "ask who is online"; who: number }
  | { does: "join a room"; who: number; room: string; ref: boolean }
  | { does: "leave a room"; who: number; room: string; ref: boolean }
  | { does: "join and leave a room"; who: number; room: string; ref: boolean }
  | { does: "leave"; who: number }
  | { does: "write round" }
  | { does: "wait"; ms: number };

const who = fc.nat(5);
const room = fc.constantFrom("dev", "ops");
const name = fc.constantFrom("ana", "Ana", "ANA", "bo", "Bo", "cy", "Server", "a b");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ does: "connect" as const }),
  fc.record({ does: fc.constant("say" as const), who, text: fc.constantFrom("hi", "ho", "") }),
  fc.record({ does: fc.constant("rename" as const), who, name }),
  fc.record({
    does: fc.constant("hello" as const),
    who,
    name: fc.option(name, { nil: undefined }),
    quiet: fc.boolean(),
    room: fc.option(room, { nil: undefined }),
  }),
  fc.record({ does: fc.constant("ask who is online" as const), who }),
  fc.record({ does: fc.constant("join a room" as const), who, room, ref: fc.boolean() }),
  fc.record({ does: fc.constant("leave a room" as const), who, room, ref: fc.boolean() }),
  fc.record({ does: fc.constant("join and leave a room" as const), who, room, ref: fc.boolean() }),
  fc.record({ does: fc.constant("leave" as const), who }),
  { weight: 4, arbitrary: fc.constant({ does: "write round" as const }) },
  fc.record({ does: fc.constant("wait" as const), ms: fc.constantFrom(1, 100, ANNOUNCE_SILENT_MS) }),
);

/** A user in the model. */
interface ModelUser {
  testUser: TestUser;
  name: string;
  since: number;
  from: number;
  announced: boolean;
  extended: boolean;
  welcomed: boolean;
  quiet: boolean;
  /** How many messages `main` had when this user left it; `undefined` for a user in `main`. */
  to: number | undefined;
  replies: string[];
  /** What it was shown in rooms other than `main`, by room. */
  inRooms: Record<string, string[]>;
  /** What it has received so far. */
  received: string[];
}

/** The model: what the hub should do. */
class Model {
  online: ModelUser[] = [];
  shown: string[] = [];
  #rooms: Record<string, ModelUser[]> = {};
  #now = 0;
  #messages = 0;

  connected(testUser: TestUser): void {
    const replies = [`202 ${testUser.name}`];
    const from = this.shown.length;
    this.online.push({
      testUser,
      name: testUser.name,
      since: this.#now,
      from,
      announced: false,
      extended: false,
      welcomed: false,
      quiet: false,
      to: undefined,
      replies,
      inRooms: {},
      received: [],
    });
  }

  sent(user: ModelUser, text: string): void {
    if (text === "") return this.#refused(user, "bad_text");
    if (user.to !== undefined) return this.#refused(user, "not_in_room");
    this.#announced(user, user.name);
    this.shown.push(`200 ${++this.#messages} ${user.name}: ${text}`);
  }

  renamed(user: ModelUser, name: string): void {
    const old = user.name;
    if (!this.#claimName(user, name)) return;
    user.replies.push(`202 ${name}`);
    this.#announced(user, old);
  }

  sentHello(
    user: ModelUser,
    { name, quiet, room }: { name: string | undefined; quiet: boolean; room: string | undefined },
  ): void {
    if (user.welcomed) return this.#refused(user, "bad_message");
    user.extended = true;
    const old = user.name;
    if (name !== undefined && !this.#claimName(user, name)) return;
    user.welcomed = true;
    if (quiet) {
      const count = this.shown.length;
      if (user.announced) this.shown.push(`204 ${old}`);
      if (room !== undefined) user.to = count;
    }
    user.quiet = quiet;
    user.replies.push(`210 ${user.name}`);
    if (quiet) user.announced = true;
    else this.#announced(user, old);
    if (room !== undefined) this.joinedRoom(user, room, false);
  }

  askedWho(user: ModelUser): void {
    if (!user.extended) return this.#refused(user, "bad_message");
    this.#announced(user, user.name);
    user.replies.push(
      `209 ${this.online.filter(({ announced }) => announced).map(({ name }) => name).join(" ")}`,
    );
  }

  joinedRoom(user: ModelUser, room: string, ref: boolean): void {
    if (!user.extended) return this.#refused(user, "bad_message");
    this.#announced(user, user.name);
    const members = this.#rooms[room] ??= [];
    if (!members.includes(user)) {
      members.push(user);
      for (const { inRooms } of user.quiet ? [] : members) {
        (inRooms[room] ??= []).push(`211 ${room} ${user.name}`);
      }
    }
    if (ref) user.replies.push("207");
  }

  leftRoom(user: ModelUser, room: string, ref: boolean): void {
    if (!user.extended) return this.#refused(user, "bad_message");
    const members = this.#rooms[room] ?? [];
    if (members.length === 0) return this.#refused(user, "no_such_room");
    if (!members.includes(user)) return this.#refused(user, "not_in_room");
    this.#announced(user, user.name);
    this.#rooms[room] = members.filter((other) => other !== user);
    for (const { inRooms } of user.quiet ? [] : this.#rooms[room]) {
      (inRooms[room] ??= []).push(`212 ${room} ${user.name}`);
    }
    if (ref) user.replies.push("207");
  }

  left(user: ModelUser): void {
    for (const [room, members] of Object.entries(this.#rooms)) {
      this.#rooms[room] = members.filter((other) => other !== user);
    }
    this.online = this.online.filter((other) => other !== user);
    if (user.announced && !user.quiet) this.shown.push(`204 ${user.name}`);
  }

  waited(ms: number): void {
    this.#now += ms;
    for (const user of this.online) {
      if (user.since + ANNOUNCE_SILENT_MS <= this.#now) this.#announced(user, user.name);
    }
  }

  #announced(user: ModelUser, old: string): void {
    if (user.quiet) return;
    if (!user.announced) this.shown.push(`201 ${user.name}`);
    else if (old !== user.name) this.shown.push(`203 ${old} ${user.name}`);
    user.announced = true;
  }

  #claimName(user: ModelUser, name: string): boolean {
    const key = name.toLowerCase();
    if (key === "a b") this.#refused(user, "bad_name");
    else if (key === "server") this.#refused(user, "name_reserved");
    else if (this.online.some((other) => other !== user && other.name.toLowerCase() === key)) {
      this.#refused(user, "name_taken");
    } else {
      user.name = name;
      return true;
    }
    return false;
  }

  #refused(user: ModelUser, error: string): void {
    user.replies.push(user.extended ? `206 ${error}` : "200 server");
  }
}

/** The short form of a message, as in the lists of the model. */
function short(body: Body): string {
  const { code, message, new: name, old, username, error, users, room } = body;
  if (code === 200) {
    const { sequence, username, message: text } = message as Record<string, unknown>;
    return sequence === undefined ? `200 ${username}` : `200 ${sequence} ${username}: ${text}`;
  }
  if (code === 211 || code === 212) return `${code} ${room} ${username}`;
  const names = (users as { username: string }[] | undefined)?.map(({ username }) => username).join(" ");
  return [code, old, name ?? username ?? error ?? names].filter((part) => part !== undefined).join(" ");
}

function isShown(line: string): boolean {
  return /^(201|203|204|200 \d+) /.test(line);
}

/** Sorts what a user has received in rooms other than `main` by room. */
function byRoom(lines: string[]): Record<string, string[]> {
  const inRooms: Record<string, string[]> = {};
  for (const line of lines) (inRooms[line.split(" ")[1]!] ??= []).push(line);
  return inRooms;
}

Deno.test({
  name: "Hub agrees with the simplest model of it, whatever users do, in every message, reply and name",
  permissions: "none",
  fn: () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const chat = new TestHub();
        const model = new Model();
        const runRound = () => {
          for (const [user, bodies] of chat.writeRound(model.online)) {
            user.received.push(...bodies.map(short));
          }
        };
        const join = (user: ModelUser, { room, ref }: { room: string; ref: boolean }) => {
          user.testUser.sends({ code: 107, room, ...(ref ? { ref: "1" } : {}) });
          model.joinedRoom(user, room, ref);
        };
        const leave = (user: ModelUser, { room, ref }: { room: string; ref: boolean }) => {
          user.testUser.sends({ code: 108, room, ...(ref ? { ref: "1" } : {}) });
          model.leftRoom(user, room, ref);
        };
        const check = (
          { testUser, from, to, replies, name, inRooms, received }: ModelUser,
          shown: string[],
        ) => {
          const isOfRoom = (line: string) => /^21[12] /.test(line);
          assertEquals(received.filter(isShown), shown.slice(from, to));
          assertEquals(received.filter((line) => !isShown(line) && !isOfRoom(line)), replies);
          assertEquals(byRoom(received.filter(isOfRoom)), inRooms);
          assertEquals(testUser.name, name);
        };
        for (const step of steps) {
          if (step.does === "connect") model.connected(chat.connect());
          else if (step.does === "write round") runRound();
          else if (step.does === "wait") {
            chat.advance(step.ms);
            model.waited(step.ms);
          } else {
            const user = model.online[step.who % model.online.length];
            if (user === undefined) continue;
            const { testUser } = user;
            switch (step.does) {
              case "say":
                testUser.sends({ code: 100, message: step.text });
                model.sent(user, step.text);
                break;
              case "rename":
                testUser.sends({ code: 101, username: step.name });
                model.renamed(user, step.name);
                break;
              case "hello":
                // A user that leaves main gets no more of what waits there.
                runRound();
                testUser.sends({
                  code: 102,
                  client: "test/1",
                  ...(step.name === undefined ? {} : { username: step.name }),
                  ...(step.quiet ? { quiet: true } : {}),
                  ...(step.room === undefined ? {} : { rooms: [step.room] }),
                });
                model.sentHello(user, step);
                break;
              case "ask who is online":
                testUser.sends({ code: 106 });
                model.askedWho(user);
                break;
              case "join a room":
                join(user, step);
                break;
              case "leave a room":
                leave(user, step);
                break;
              case "join and leave a room":
                join(user, step);
                leave(user, step);
                break;
              case "leave":
                runRound();
                check(user, model.shown);
                testUser.disconnects();
                model.left(user);
                break;
            }
          }
          for (const { testUser } of model.online) {
            assert(testUser.session.waitingBytes === 0 || chat.isScheduled(testUser), "a write is forgotten");
          }
        }
        runRound();
        for (const user of model.online) check(user, model.shown);
        assertEquals(chat.hub.sessionCount, model.online.length);
      }),
      { numRuns: 500 },
    ),
});
