/**
 * Compares a real hub over real sockets with a simple reference (`tests/helpers/hubs/reference_hub.ts`) in random
 * sequences of steps: users connect, send hello or not, send messages to rooms and to each other, stop and resume
 * reading, and disconnect; the hub restarts, and the time of day jumps an hour either way. Users join and leave rooms
 * with and without asking for an acknowledgement.
 *
 * By default the sequences are the same in each run. RIFTCHAT_FUZZ runs more and other ones; the seed is in the name of
 * the test, and RIFTCHAT_SEED sets it again. fast-check shortens a sequence that fails, each time with a new hub.
 *
 * The file is long because it names every step and every message that the model knows.
 *
 * @module
 */
import fc from "fast-check";
import { getLogger } from "@logtape/logtape";
import type { PastLine } from "../../../protocol/mod.ts";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { type Json, OriginalClient, type Received } from "../../helpers/clients/original_client.ts";
import {
  type ReferenceChange,
  ReferenceHub,
  type ReferenceUser,
  type Streams,
} from "../../helpers/hubs/reference_hub.ts";

const COUNT = howMany(100);

/** The maximum number of users beside the observer. */
const MAX_USERS = 6;

const HOUR_MS = 3_600_000;

/** A user of the real hub, and the same user in the reference. */
interface LiveUser {
  client: OriginalClient;
  known: ReferenceUser;
  stalled: boolean;
}

/** A hub whose clock hardly moves; only the time of day jumps. */
class LiveHub {
  hub!: RunningHub;
  /** The users online. The first one is the observer, who always reads and never disconnects. */
  users: LiveUser[] = [];
  readonly model: { reference: ReferenceHub };
  /** The data folder, if the hub stores messages. */
  readonly #folder: DataFolder | undefined;
  #wall = START;
  #elapsed = 0;
  #ids = 0;
  #texts = 0;
  #refs = 0;

  constructor(model: { reference: ReferenceHub }, folder?: DataFolder) {
    this.model = model;
    this.#folder = folder;
  }

  async start(): Promise<void> {
    // It hardly moves, but two connections never come at the same time.
    const clock = { wall: () => this.#wall, elapsed: () => this.#elapsed += 1e-6 };
    this.model.reference = new ReferenceHub(this.#folder !== undefined, this.#wall, this.model.reference);
    const history = this.#folder?.open({ now: this.#wall });
    this.hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, history }, getLogger("silent"), {
      clock,
    });
    await this.connect("observer");
  }

  jump(hours: number): void {
    this.#wall += hours * HOUR_MS;
    this.model.reference.now = this.#wall;
  }

  /** A new text, which mentions somebody. It is also the id of its message. */
  nextText(): string {
    return `line ${++this.#texts} for ${["ana", "Bo", "cy"][this.#texts % 3]}`;
  }

  /**
   * Connects a user, and sends hello if a name is given: as a quiet client in a room if one is given. The user may take
   * the name over from an older connection of the same session, which the hub then ends.
   */
  async connect(name?: string, quiet?: string, session?: string): Promise<void> {
    const client = await OriginalClient.connect(this.hub.address.port);
    const { new: first } = await client.nextOf(202);
    const known = this.model.reference.connect(this.#ids++, String(first));
    const user = { client, known, stalled: false };
    this.users.push(user);
    if (name === undefined) return;
    this.model.reference.hello(known, name, quiet, session);
    const more: Record<string, Json> = quiet === undefined ? {} : { quiet: true, rooms: [quiet] };
    if (session !== undefined) more.session = session;
    await this.asks(user, { code: 102, client: "test/1", username: name, ...more });
    await this.removeReplaced();
  }

  /** Waits until the users that the hub has ended have received that, unless they do not read. */
  async removeReplaced(): Promise<void> {
    const { users } = this.model.reference;
    for (const user of this.users.filter(({ known }) => !users.includes(known))) {
      this.users = this.users.filter((other) => other !== user);
      if (!user.stalled) await user.client.nextOf(216);
      this.compare(user, true);
      await user.client.close();
    }
  }

  /** Sends a request and waits for the answer. */
  async asks({ client, known }: LiveUser, request: Record<string, Json>): Promise<void> {
    if (known.extended) {
      const ref = String(++this.#refs);
      await client.sendJson({ ...request, ref });
      await client.until((message) => message.ref === ref && message.more !== true);
      return;
    }
    await client.sendJson(request);
    // The result of the request, or the reason of a refusal.
    await client.until(({ code, message }) => {
      const line = message as { username: string; message: string; sequence?: number };
      if (code === 200 && line.username === "server" && line.sequence === undefined) return true;
      return request.code === 101 ? code === 202 : code === 200 && line.message === request.message;
    });
  }

  /**
   * Sends requests in one write without a `ref`, so that none is acknowledged. Nothing else is sent until the user has
   * received all that the reference expects in a room.
   */
  async asksSilently(
    { client, known }: LiveUser,
    room: string,
    requests: Record<string, Json>[],
  ): Promise<void> {
    await client.sendFrames(requests);
    const stream = `room ${room.toLowerCase()}`;
    const count = known.expected[stream]?.length ?? 0;
    while ((streamsOf(client.received)[stream]?.length ?? 0) < count) await client.next();
    await client.sendJson({ code: 110, ref: "check" });
    await client.until(({ ref }) => ref === "check");
  }

  /** Disconnects a user; returns when the hub has noticed. */
  async vanishes(user: LiveUser): Promise<void> {
    this.users = this.users.filter((other) => other !== user);
    this.model.reference.disconnect(user.known);
    await user.client.close();
    // It closed the connection before, so it may have read only a part.
    this.compare(user, true);
    const [observer] = this.users as [LiveUser];
    const expected = this.model.reference.announced.join();
    for (let seen = ""; seen !== expected;) {
      await observer.client.sendJson({ code: 106, ref: "check" });
      const { users } = await observer.client.until(({ ref }) => ref === "check");
      seen = (users as { username: string }[]).map(({ username }) => username).join();
    }
  }

  /** Shuts the hub down. All users read to the end, and have received what the reference expects. */
  async stop(): Promise<void> {
    await this.hub.stop();
    for (const { client } of this.users) client.resume();
    this.model.reference.shutDown();
    for (const user of this.users) {
      assertEquals(await user.client.closed, undefined);
      this.compare(user, false);
      await user.client.close();
    }
    this.users = [];
  }

  /** Compares what a user has received with what the reference expects: completely, or only the part that arrived. */
  compare({ client, known }: LiveUser, partial: boolean): void {
    const received = streamsOf(client.received);
    for (const stream of new Set([...Object.keys(received), ...Object.keys(known.expected)])) {
      const lines = received[stream] ?? [];
      const expected = known.expected[stream] ?? [];
      assertEquals(
        lines,
        partial ? expected.slice(0, lines.length) : expected,
        `${stream} of user ${known.id}`,
      );
    }
  }

  /** Closes all connections and stops the hub, in any state. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.users) await client.close();
    await this.hub.stop();
  }
}

/** What a user has received, in the short form of the reference. */
function streamsOf(received: Received[]): Streams {
  const streams: Streams = {};
  let name = "";
  for (const body of received) {
    if (body.ref === "check") continue;
    if (body.code === 202 || body.code === 210) name = String(body.new ?? body.username);
    const [stream, line] = short(body, name);
    (streams[stream] ??= []).push(line);
  }
  return streams;
}

// deno-lint-ignore no-explicit-any -- a message of the hub, of which each field is compared
function short({ code, message, room, ...rest }: any, name: string): [stream: string, line: string] {
  switch (code) {
    case 200:
      if (message.sequence === undefined) {
        const stream = message.username.endsWith(" (edited)") ? "edits" : "mail";
        return message.username === "server"
          ? ["answers", "200 server"]
          : [stream, `200 ${message.username}: ${message.message}`];
      }
      return [`room ${message.room.toLowerCase()}`, `200 ${shownLine(message)}`];
    case 201:
      return ["room main", `201 ${rest.new}`];
    case 202:
      return ["answers", `202 ${rest.new}`];
    case 203:
      return ["room main", `203 ${rest.old} ${rest.new}`];
    case 204:
      return ["room main", `204 ${rest.username}`];
    case 205:
      return ["room main", "205"];
    case 206:
      return ["answers", `206 ${rest.error}`];
    case 207:
      return ["answers", rest.sequence === undefined ? "207" : `207 ${rest.sequence}`];
    case 208: {
      const lines = rest.messages.map((line: PastLine) => shownLine(line) + state(line, false));
      return ["answers", `208 ${room} ${lines.join(", ")}`];
    }
    case 226: {
      const what = rest.deleted
        ? "deleted"
        : rest.reaction === undefined
        ? message
        : `${rest.removed ? "unreact" : "react"} ${rest.reaction}${counted(rest.reactions)}`;
      return [
        room.startsWith("@") ? "mail" : `room ${room.toLowerCase()}`,
        `226 ${rest.change} ${rest.sequence} ${what} by ${rest.by}`,
      ];
    }
    case 227: {
      const lines = rest.changes.map((line: PastLine & { change: number }) =>
        `${line.change} ${line.sequence} ${line.username}${state(line, true)}`
      );
      return ["answers", `227 ${rest.last} ${lines.join(", ")}`];
    }
    case 228: {
      const lines = rest.messages.map((line: PastLine) => shownLine(line) + state(line, false));
      return ["answers", `228 ${lines.sort().join(", ")}`];
    }
    case 209:
      return ["answers", `209 ${rest.users.map(({ username }: { username: string }) => username).join(" ")}`];
    case 210:
      return ["answers", `210 ${rest.username} ${rest.rooms.join(" ")}`];
    case 211:
    case 212:
      return [`room ${room.toLowerCase()}`, `${code} ${rest.username}`];
    case 213:
      return [
        message.username === name ? "answers" : "mail",
        `213 ${message.username} to ${message.to}: ${message.message}`,
      ];
    case 214: {
      const rooms = rest.rooms.map((room: { name: string; users: number; last_sequence: number }) =>
        `${room.name}:${room.users}:${room.last_sequence}`
      );
      return ["answers", `214 ${rooms.sort().join(" ")}`];
    }
    case 217: {
      const shown = rest.conversations.map((one: { with: string; last_sequence: number }) =>
        `${one.with.toLowerCase()}:${one.last_sequence}`
      );
      return ["answers", `217 ${shown.join(" ")}`];
    }
    case 216:
      return ["answers", "216"];
  }
  throw new Error(`unexpected code ${code}`);
}

/** A message as text, as the reference has it. */
function shownLine({ sequence, username, message, reply_to: reply }: PastLine): string {
  return `${sequence} ${username}: ${message}${reply === undefined ? "" : ` to ${reply}`}`;
}

/** What has become of a message. */
function state({ deleted, edited, message, reactions = [] }: Partial<PastLine>, withText: boolean): string {
  if (deleted) return " deleted";
  return `${edited === undefined ? "" : ` edited${withText ? ` ${message}` : ""}`}${counted(reactions)}`;
}

function counted(reactions: NonNullable<PastLine["reactions"]>): string {
  return reactions.map(({ reaction, count, mine }) => ` ${reaction}*${count}${mine ? "!" : ""}`).join("");
}

type Model = { reference: ReferenceHub };

/** A step of a sequence; `who` is an index into the users online without the observer. */
class Step implements fc.AsyncCommand<Model, LiveHub> {
  readonly #description: string;
  readonly #isPossible: (model: Model) => boolean;
  readonly #perform: (hub: LiveHub, model: Model) => Promise<void>;

  constructor(
    description: string,
    isPossible: (model: Model) => boolean,
    perform: (hub: LiveHub, model: Model) => Promise<void>,
  ) {
    this.#description = description;
    this.#isPossible = isPossible;
    this.#perform = perform;
  }

  check(model: Model): boolean {
    return this.#isPossible(model);
  }

  async run(model: Model, hub: LiveHub): Promise<void> {
    await this.#perform(hub, model);
  }

  toString(): string {
    return this.#description;
  }
}

const isThere = ({ reference }: Model) => reference.users.length > 1;
const hasSpace = ({ reference }: Model) => reference.users.length <= MAX_USERS;

/** A request of a user who reads: first to the reference, then to the hub. */
function asks(
  description: string,
  who: number,
  expects: (reference: ReferenceHub, user: ReferenceUser, text: string) => void,
  request: (text: string) => Record<string, Json>,
): Step {
  return new Step(`${who} ${description}`, isThere, async (hub, { reference }) => {
    const user = userOf(hub, who);
    if (user.stalled) return;
    const text = hub.nextText();
    expects(reference, user.known, text);
    await hub.asks(user, request(text));
  });
}

function userOf({ users }: LiveHub, who: number): LiveUser {
  return users[1 + who % (users.length - 1)]!;
}

const who = fc.nat(MAX_USERS - 1);
const name = fc.constantFrom("ana", "Ana", "bo", "cy", "Cy", "server", "observer");
const room = fc.constantFrom("dev", "Dev", "ops", "main");

/** The request that changes a message. */
function changeRequest(change: ReferenceChange): Record<string, Json> {
  switch (change.does) {
    case "delete":
      return { code: 126 };
    case "edit":
      return { code: 127, message: change.text };
    case "react":
      return { code: 128, reaction: change.reaction };
    case "unreact":
      return { code: 128, reaction: change.reaction, remove: true };
  }
}

/** Deletes and edits messages, and reacts to them. */
const changes: fc.Arbitrary<Step> = fc.record({
  who,
  place: fc.oneof(room, name.map((name) => `@${name}`)),
  back: fc.nat(2),
  isNew: fc.boolean(),
  does: fc.constantFrom<("delete" | "edit" | "react" | "unreact")[]>(
    ["delete"],
    ["edit"],
    ["edit", "edit"],
    ["react"],
    ["unreact"],
    ["react", "unreact"],
  ),
  reaction: fc.constantFrom("+1", "tada"),
  proof: fc.boolean(),
}).map(({ who, place, back, isNew, does, reaction, proof }) =>
  new Step(
    `${who}: ${does.join(" and ")} ${isNew ? "new " : ""}message -${back} in ${place}, ${
      proof ? "with" : "no"
    } id`,
    isThere,
    async (hub, { reference }) => {
      const user = userOf(hub, who);
      if (user.stalled) return;
      if (isNew) {
        const message = hub.nextText();
        const to = place.slice(1);
        const isDirect = place.startsWith("@");
        if (isDirect) reference.sayTo(user.known, to, message);
        else reference.say(user.known, message, place);
        const request = isDirect ? { code: 104, to, message } : { code: 103, room: place, message };
        await hub.asks(user, { ...request, id: message });
      }
      for (const one of does) {
        const { sequence, id } = reference.find(user.known, place, back);
        const change: ReferenceChange = one === "edit"
          ? { does: one, text: hub.nextText() }
          : one === "delete"
          ? { does: one }
          : { does: one, reaction };
        reference.change(user.known, place, sequence, change, proof);
        const isProved = proof && id !== undefined && (one === "delete" || one === "edit");
        await hub.asks(user, {
          ...changeRequest(change),
          room: place,
          sequence,
          ...isProved ? { id } : {},
        });
      }
    },
  )
);

const steps: fc.Arbitrary<Step>[] = [
  fc.constant(new Step("connect", hasSpace, (hub) => hub.connect())),
  name.map((name) => new Step(`connect ${name}`, hasSpace, (hub) => hub.connect(name))),
  fc.tuple(name, fc.constantFrom("dev", "ops")).map(([name, room]) =>
    new Step(`connect ${name}, quietly in ${room}`, hasSpace, (hub) => hub.connect(name, room))
  ),
  fc.tuple(name, fc.constantFrom("the first secret", "the second secret")).map(([name, session]) =>
    new Step(
      `connect ${name} with ${session}`,
      hasSpace,
      (hub) => hub.connect(name, undefined, session),
    )
  ),
  who.map((who) =>
    asks(
      "sends",
      who,
      (reference, user, text) => reference.say(user, text),
      (message) => ({ code: 100, message }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `sends to ${room}`,
      who,
      (reference, user, text) => reference.say(user, text, room),
      (message) => ({ code: 103, room, message, id: message }),
    )
  ),
  fc.tuple(who, room, fc.nat(4)).map(([who, room, back]) =>
    new Step(`${who} replies in ${room} to message -${back}`, isThere, async (hub, { reference }) => {
      const user = userOf(hub, who);
      if (user.stalled) return;
      const { sequence } = reference.find(user.known, room, back);
      const message = hub.nextText();
      reference.say(user.known, message, room, sequence);
      await hub.asks(user, { code: 103, room, message, id: message, reply_to: sequence });
    })
  ),
  // Several times, since a change shows something only if another one came before.
  ...Array<fc.Arbitrary<Step>>(4).fill(changes),
  who.map((who) =>
    asks(
      "asks for all changes",
      who,
      (reference, user) => reference.askChanges(user),
      () => ({ code: 129, after: 0 }),
    )
  ),
  who.map((who) =>
    asks("asks who named it", who, (reference, user) => reference.mentions(user), () => ({ code: 130 }))
  ),
  fc.tuple(who, name).map(([who, to]) =>
    asks(
      `sends to ${to}`,
      who,
      (reference, user, text) => reference.sayTo(user, to, text),
      (message) => ({ code: 104, to, message, id: message }),
    )
  ),
  fc.tuple(who, name).map(([who, username]) =>
    new Step(`${who} takes the name ${username}`, isThere, async (hub, { reference }) => {
      const user = userOf(hub, who);
      if (user.stalled) return;
      reference.rename(user.known, username);
      await hub.asks(user, { code: 101, username });
      await hub.removeReplaced();
    })
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `joins ${room}`,
      who,
      (reference, user) => reference.join(user, room),
      () => ({ code: 107, room }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `leaves ${room}`,
      who,
      (reference, user) => reference.leave(user, room),
      () => ({ code: 108, room }),
    )
  ),
  fc.tuple(who, room, fc.integer({ min: 1, max: 3 })).map(([who, room, times]) =>
    new Step(
      `${who} joins and leaves ${room} ${times} times in one write, without ref`,
      isThere,
      async (hub, model) => {
        const user = userOf(hub, who);
        const { known } = user;
        // Without a hello each of the requests is refused; nobody may leave `main`.
        if (user.stalled || !known.extended || room === "main") return;
        for (let i = 0; i < times; i++) {
          model.reference.join(known, room, false);
          model.reference.leave(known, room, false);
        }
        const pair = [{ code: 107, room }, { code: 108, room }];
        await hub.asksSilently(user, room, Array(times).fill(pair).flat());
      },
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `asks for the history of ${room}`,
      who,
      (reference, user) => reference.history(user, room),
      () => ({ code: 105, room, limit: 500 }),
    )
  ),
  who.map((who) =>
    asks(
      "asks for its conversations",
      who,
      (reference, user) => reference.conversations(user),
      () => ({ code: 111 }),
    )
  ),
  who.map((who) =>
    asks("asks for the users", who, (reference, user) => reference.who(user), () => ({ code: 106 }))
  ),
  who.map((who) =>
    asks("asks for rooms", who, (reference, user) => reference.list(user), () => ({ code: 109 }))
  ),
  fc.tuple(who, fc.boolean()).map(([who, stalled]) =>
    new Step(`${who} ${stalled ? "stops reading" : "resumes reading"}`, isThere, (hub) => {
      const user = userOf(hub, who);
      user.stalled = stalled;
      if (stalled) user.client.pause();
      else user.client.resume();
      return Promise.resolve();
    })
  ),
  who.map((who) => new Step(`${who} disconnects`, isThere, (hub) => hub.vanishes(userOf(hub, who)))),
  fc.constantFrom(1, -1).map((hours) =>
    new Step(`the clock jumps ${hours} h`, () => true, (hub) => {
      hub.jump(hours);
      return Promise.resolve();
    })
  ),
  fc.constant(
    new Step("the hub restarts", () => true, async (hub) => {
      await hub.stop();
      await hub.start();
    }),
  ),
];

for (
  const [what, stored, count] of [
    ["without a history", false, COUNT],
    // Each of these opens at least one database.
    ["with a history", true, Math.ceil(COUNT / 4)],
  ] as const
) {
  Deno.test(`A hub ${what} does the same as the reference in ${count} random sequences (seed ${SEED})`, () =>
    fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: "max" }), async (commands) => {
        const model: Model = { reference: new ReferenceHub(stored, START) };
        using folder = stored ? new DataFolder() : undefined;
        await using hub = new LiveHub(model, folder);
        await hub.start();
        await fc.asyncModelRun(() => ({ model, real: hub }), commands);
        await hub.stop();
        await hub.start();
      }),
      { seed: SEED, numRuns: count },
    ));
}
