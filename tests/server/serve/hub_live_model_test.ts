/**
 * Whatever people do in whatever order on a real hub over real sockets, what each of them hears agrees with a reference that
 * is as simple as can be (`tests/helpers/hubs/reference_hub.ts`): they connect, say hello or not, talk in rooms and with each other,
 * stop reading and read again, vanish, and the hub is started anew, while the time of day jumps an hour either way.
 *
 * The sequences are the same each time in the gate; RIFTCHAT_FUZZ makes them more and others, from the seed in the name of the
 * test, which RIFTCHAT_SEED brings back. What fails is made shorter by fast-check, each time with a hub of its own.
 *
 * @module
 */
import fc from "fast-check";
import { getLogger } from "@logtape/logtape";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { type Json, OriginalClient, type Received } from "../../helpers/clients/original_client.ts";
import { ReferenceHub, type ReferenceUser, type Streams } from "../../helpers/hubs/reference_hub.ts";

const COUNT = howMany(100);

/** How many may be here beside the warden. */
const MAX_GUESTS = 6;

const HOUR_MS = 3_600_000;

/** Somebody who is really here, and as the reference knows them. */
interface Guest {
  client: OriginalClient;
  known: ReferenceUser;
  stalled: boolean;
}

/** A hub whose clock stands but for its time of day, which jumps. */
class LiveHub {
  hub!: RunningHub;
  /** Those who are here; the first one is the warden, who always reads and never goes. */
  guests: Guest[] = [];
  readonly model: { reference: ReferenceHub };
  /** Where the hub keeps what is said, where it does. */
  readonly #folder: DataFolder | undefined;
  #wall = START;
  #ids = 0;
  #texts = 0;
  #refs = 0;

  constructor(model: { reference: ReferenceHub }, folder?: DataFolder) {
    this.model = model;
    this.#folder = folder;
  }

  async start(): Promise<void> {
    const clock = { wall: () => this.#wall, elapsed: () => 0 };
    this.model.reference = new ReferenceHub(this.#folder !== undefined, this.model.reference);
    const history = this.#folder?.open({ now: this.#wall });
    this.hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, history }, getLogger("silent"), {
      clock,
    });
    await this.connect("warden");
  }

  jump(hours: number): void {
    this.#wall += hours * HOUR_MS;
  }

  nextText(): string {
    return `line ${++this.#texts}`;
  }

  /** Somebody comes, and says hello under a name where one is given. */
  async connect(name?: string): Promise<void> {
    const client = await OriginalClient.connect(this.hub.address.port);
    const { new: first } = await client.nextOf(202);
    const known = this.model.reference.connect(this.#ids++, String(first));
    const guest = { client, known, stalled: false };
    this.guests.push(guest);
    if (name === undefined) return;
    this.model.reference.hello(known, name);
    await this.asks(guest, { code: 102, client: "test/1", username: name });
  }

  /** Somebody asks for something, and waits for the answer. */
  async asks({ client, known }: Guest, request: Record<string, Json>): Promise<void> {
    if (known.extended) {
      const ref = String(++this.#refs);
      await client.sendJson({ ...request, ref });
      await client.until((message) => message.ref === ref && message.more !== true);
      return;
    }
    await client.sendJson(request);
    // What it asked, or why not.
    await client.until(({ code, message }) => {
      const line = message as { username: string; message: string; sequence?: number };
      if (code === 200 && line.username === "server" && line.sequence === undefined) return true;
      return request.code === 101 ? code === 202 : code === 200 && line.message === request.message;
    });
  }

  /** Somebody goes without a word; returns when the hub knows it. */
  async vanishes(guest: Guest): Promise<void> {
    this.guests = this.guests.filter((other) => other !== guest);
    this.model.reference.disconnect(guest.known);
    await guest.client.close();
    // It has closed before, so that it read less than it was told, if anything.
    this.compare(guest, true);
    const [warden] = this.guests as [Guest];
    const wanted = this.model.reference.announced.join();
    for (let seen = ""; seen !== wanted;) {
      await warden.client.sendJson({ code: 106, ref: "patrol" });
      const { users } = await warden.client.until(({ ref }) => ref === "patrol");
      seen = (users as { username: string }[]).map(({ username }) => username).join();
    }
  }

  /** The hub goes down; everyone reads to the end, and has heard what the reference says. */
  async stop(): Promise<void> {
    await this.hub.stop();
    for (const { client } of this.guests) client.resume();
    this.model.reference.shutDown();
    for (const guest of this.guests) {
      assertEquals(await guest.client.closed, undefined);
      this.compare(guest, false);
      await guest.client.close();
    }
    this.guests = [];
  }

  /** Compares what somebody has heard with what they ought to have: all of it, or as far as it came. */
  compare({ client, known }: Guest, asFar: boolean): void {
    const heard = streamsOf(client.received);
    for (const stream of new Set([...Object.keys(heard), ...Object.keys(known.expected)])) {
      const lines = heard[stream] ?? [];
      const ought = known.expected[stream] ?? [];
      assertEquals(lines, asFar ? ought.slice(0, lines.length) : ought, `${stream} of guest ${known.id}`);
    }
  }

  /** Ends all of it, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.guests) await client.close();
    await this.hub.stop();
  }
}

/** What a guest has heard, in short, as the reference writes it. */
function streamsOf(received: Received[]): Streams {
  const streams: Streams = {};
  let name = "";
  for (const body of received) {
    if (body.ref === "patrol") continue;
    if (body.code === 202 || body.code === 210) name = String(body.new ?? body.username);
    const [stream, line] = short(body, name);
    (streams[stream] ??= []).push(line);
  }
  return streams;
}

// deno-lint-ignore no-explicit-any -- what a hub really sent, of which each field is compared
function short({ code, message, room, ...rest }: any, name: string): [stream: string, line: string] {
  switch (code) {
    case 200:
      if (message.sequence === undefined) {
        return message.username === "server"
          ? ["answers", "200 server"]
          : ["mail", `200 ${message.username}: ${message.message}`];
      }
      return [
        `room ${message.room.toLowerCase()}`,
        `200 ${message.sequence} ${message.username}: ${message.message}`,
      ];
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
      const lines = rest.messages.map((line: { sequence: number; username: string; message: string }) =>
        `${line.sequence} ${line.username}: ${line.message}`
      );
      return ["answers", `208 ${room} ${lines.join(", ")}`];
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
  }
  throw new Error(`nobody expects ${code}`);
}

type Model = { reference: ReferenceHub };

/** Something that happens; `who` counts from those who are here, the warden left out. */
class Step implements fc.AsyncCommand<Model, LiveHub> {
  readonly #said: string;
  readonly #may: (model: Model) => boolean;
  readonly #does: (hub: LiveHub, model: Model) => Promise<void>;

  constructor(
    said: string,
    may: (model: Model) => boolean,
    does: (hub: LiveHub, model: Model) => Promise<void>,
  ) {
    this.#said = said;
    this.#may = may;
    this.#does = does;
  }

  check(model: Model): boolean {
    return this.#may(model);
  }

  async run(model: Model, hub: LiveHub): Promise<void> {
    await this.#does(hub, model);
  }

  toString(): string {
    return this.#said;
  }
}

const isThere = ({ reference }: Model) => reference.users.length > 1;
const hasSpace = ({ reference }: Model) => reference.users.length <= MAX_GUESTS;

/** A step of one guest who reads: the reference is asked for what ought to come of it, then the hub. */
function asks(
  said: string,
  who: number,
  expects: (reference: ReferenceHub, guest: ReferenceUser, text: string) => void,
  request: (text: string) => Record<string, Json>,
): Step {
  return new Step(`${who} ${said}`, isThere, async (hub, { reference }) => {
    const guest = guestOf(hub, who);
    if (guest.stalled) return;
    const text = hub.nextText();
    expects(reference, guest.known, text);
    await hub.asks(guest, request(text));
  });
}

function guestOf({ guests }: LiveHub, who: number): Guest {
  return guests[1 + who % (guests.length - 1)]!;
}

const who = fc.nat(MAX_GUESTS - 1);
const name = fc.constantFrom("ana", "Ana", "bo", "cy", "Cy", "server", "warden");
const room = fc.constantFrom("dev", "Dev", "ops", "main");

const steps: fc.Arbitrary<Step>[] = [
  fc.constant(new Step("connect", hasSpace, (hub) => hub.connect())),
  name.map((name) => new Step(`connect ${name}`, hasSpace, (hub) => hub.connect(name))),
  who.map((who) =>
    asks(
      "says",
      who,
      (reference, guest, text) => reference.say(guest, text),
      (message) => ({ code: 100, message }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `says in ${room}`,
      who,
      (reference, guest, text) => reference.say(guest, text, room),
      (message) => ({ code: 103, room, message }),
    )
  ),
  fc.tuple(who, name).map(([who, to]) =>
    asks(
      `says to ${to}`,
      who,
      (reference, guest, text) => reference.sayTo(guest, to, text),
      (message) => ({ code: 104, to, message }),
    )
  ),
  fc.tuple(who, name).map(([who, username]) =>
    asks(
      `takes the name ${username}`,
      who,
      (reference, guest) => reference.rename(guest, username),
      () => ({ code: 101, username }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `joins ${room}`,
      who,
      (reference, guest) => reference.join(guest, room),
      () => ({ code: 107, room }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `leaves ${room}`,
      who,
      (reference, guest) => reference.leave(guest, room),
      () => ({ code: 108, room }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `asks what was said in ${room}`,
      who,
      (reference, guest) => reference.history(guest, room),
      () => ({ code: 105, room, limit: 500 }),
    )
  ),
  who.map((who) =>
    asks("asks who is here", who, (reference, guest) => reference.who(guest), () => ({ code: 106 }))
  ),
  who.map((who) =>
    asks("asks for rooms", who, (reference, guest) => reference.list(guest), () => ({ code: 109 }))
  ),
  fc.tuple(who, fc.boolean()).map(([who, stalled]) =>
    new Step(`${who} ${stalled ? "stops reading" : "reads again"}`, isThere, (hub) => {
      const guest = guestOf(hub, who);
      guest.stalled = stalled;
      if (stalled) guest.client.pause();
      else guest.client.resume();
      return Promise.resolve();
    })
  ),
  who.map((who) => new Step(`${who} vanishes`, isThere, (hub) => hub.vanishes(guestOf(hub, who)))),
  fc.constantFrom(1, -1).map((hours) =>
    new Step(`the clock jumps ${hours} h`, () => true, (hub) => {
      hub.jump(hours);
      return Promise.resolve();
    })
  ),
  fc.constant(
    new Step("the hub is started anew", () => true, async (hub) => {
      await hub.stop();
      await hub.start();
    }),
  ),
];

for (
  const [what, kept, count] of [
    ["that keeps nothing", false, COUNT],
    // Each of these opens a database or several.
    ["that keeps what is said", true, Math.ceil(COUNT / 4)],
  ] as const
) {
  Deno.test(`A real hub ${what} does what the reference says: ${count} sequences of all that people do, every transcript (seed ${SEED})`, () =>
    fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: "max" }), async (commands) => {
        const model: Model = { reference: new ReferenceHub(kept) };
        using folder = kept ? new DataFolder() : undefined;
        await using hub = new LiveHub(model, folder);
        await hub.start();
        await fc.asyncModelRun(() => ({ model, real: hub }), commands);
        await hub.stop();
        await hub.start();
      }),
      { seed: SEED, numRuns: count },
    ));
}
