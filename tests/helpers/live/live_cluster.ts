/**
 * Two real hubs that are one chat, whose users own names and rooms and moderate, each beside the same user of the
 * reference (`tests/helpers/hubs/reference_cluster.ts`).
 *
 * A step ends when both hubs have read what the other one has done. An observer at each hub, an operator, makes the one
 * at the other a moderator, or no longer: rows have one order at all hubs, so whoever is told of that has everything
 * before it. Then it sends a direct message, behind all that followed from the rows. What follows may change rows
 * again, so both happen twice. Then what each user was told is compared, and what both hubs have stored.
 *
 * The file is long because what is done, and what is compared after it, belong together.
 *
 * @module
 */
import { fingerprintOf, fromBase64 } from "../../../identity/mod.ts";
import { nameKey } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { type Json, OriginalClient, type Received } from "../clients/original_client.ts";
import { TestKey } from "../clients/test_key.ts";
import { type ClusterRequest, type ClusterStep, ReferenceCluster } from "../hubs/reference_cluster.ts";
import { START } from "../hubs/test_hub.ts";
import type { TwoLiveHubs } from "./hubs.ts";
import { CHECK } from "./received.ts";

/** How long a message may take: short, since a sequence that fails is shortened by running it many times. */
const DEADLINE_MS = 4000;

/** The rooms. */
export const CLUSTER_ROOMS = ["den", "ops"] as const;

/** The keys of users. */
export const USER_KEYS: readonly TestKey[] = await Promise.all([
  TestKey.make(),
  TestKey.make(),
  TestKey.make(),
]);

/** The keys of the observers. */
export const OBSERVER_KEYS: readonly TestKey[] = await Promise.all([TestKey.make(), TestKey.make()]);

/** The names of the observers. */
export const OBSERVERS = ["observer", "watcher"] as const;

/** The rooms of the observers, which the reference does not know. */
const ROOMS_OF_OBSERVERS = ["watch", "look"] as const;

/** What a hub stores besides messages. */
type Stores = TwoLiveHubs["stores"][number];

/** What hubs must agree on, in short form. */
type Stored = Record<"names" | "rooms" | "sanctions" | "moderators", string[]> & { operators: boolean[] };

/** A user of a real hub. */
interface Live {
  readonly client: OriginalClient;
  readonly hub: number;
  /** How much of what it has received is compared. */
  seen: number;
  /** The name that it had then. */
  name: string;
  /** The name that it has. */
  next: string;
}

/** Two hubs, their users, and the reference. */
export class LiveCluster implements AsyncDisposable {
  /** The reference. */
  model: ReferenceCluster;
  readonly #hubs: TwoLiveHubs;
  readonly #ports: number[] = [];
  readonly #observers: OriginalClient[] = [];
  readonly #users = new Map<number, Live>();
  readonly #clock = { wall: () => this.#wall, elapsed: () => this.#elapsed += 1e-6 };
  #wall = START;
  #elapsed = 0;
  #refs = 0;
  #ids = 0;
  #texts = 0;
  #checks = 0;

  /**
   * Starts nothing yet.
   *
   * @param hubs the hubs, whose operators are the observers
   */
  constructor(hubs: TwoLiveHubs) {
    this.#hubs = hubs;
    this.model = new ReferenceCluster({
      now: START,
      rooms: CLUSTER_ROOMS,
      keys: USER_KEYS.map(({ key }) => key),
      operators: OBSERVER_KEYS.map(({ key }) => key),
    });
  }

  /** Starts both hubs, and connects their observers. */
  async start(): Promise<void> {
    for (const hub of [0, 1]) await this.#startHub(hub);
    await this.#synced();
  }

  async #startHub(hub: number): Promise<void> {
    this.#ports[hub] = await this.#hubs.start(hub, this.#clock);
    const client = this.#observers[hub] = await this.#open(hub);
    await this.#hello(client, OBSERVERS[hub]!, OBSERVER_KEYS[hub], [ROOMS_OF_OBSERVERS[hub]!]);
    await this.#asks(client, { code: 103, room: ROOMS_OF_OBSERVERS[hub]!, message: "here" });
    // The other hub must know whose the name is.
    const other = this.#observers[1 - hub];
    while (other !== undefined) {
      const { since } = await this.#asks(other, { code: 123, username: OBSERVERS[hub]! });
      if (since !== undefined) break;
    }
  }

  #open(hub: number): Promise<OriginalClient> {
    return OriginalClient.connect(this.#ports[hub]!, { deadlineMs: DEADLINE_MS });
  }

  async #hello(
    client: OriginalClient,
    username: string,
    key: TestKey | undefined,
    rooms: readonly string[],
  ): Promise<Received> {
    const { server } = await client.nextOf(202) as unknown as { server: { identity: string; nonce: string } };
    const proof = key?.proof(server, username) ?? {};
    return await this.#asks(client, { code: 102, client: "test/1", username, rooms: [...rooms], ...proof });
  }

  async #asks(client: OriginalClient, request: Record<string, Json>): Promise<Received> {
    const ref = `r${++this.#refs}`;
    await client.sendJson({ ...request, ref });
    return await client.until((message) => message.ref === ref);
  }

  /** A new text of a message. */
  nextText(): string {
    return `text${++this.#texts}`;
  }

  /**
   * Finds a user who is online.
   *
   * @param who any number
   * @param hub only at this hub, if it is given
   * @returns its number; `undefined` if there is none
   */
  userAt(who: number, hub?: number): number | undefined {
    const users = this.model.users.filter((user) => hub === undefined || user.hub === hub);
    return users[who % Math.max(1, users.length)]?.id;
  }

  /** Connects a user with one of the keys, or none. */
  async connects(hub: number, key: number | undefined, name: string, rooms: string[]): Promise<void> {
    const client = await this.#open(hub);
    const id = ++this.#ids;
    const live = { client, hub, seen: 0, name: "", next: "" };
    this.#users.set(id, live);
    const signer = key === undefined ? undefined : USER_KEYS[key]!;
    const answer = await this.#hello(client, name, signer, rooms);
    const random = String(client.received[0]!.new);
    live.name = live.next = answer.code === 210 ? name : random;
    const step = { do: "connect" as const, id, hub, name, rooms, random };
    const expected = this.model.apply(signer === undefined ? step : { ...step, key: signer.key });
    assertEquals(short(answer, []), expected, `the answer to ${name} at hub ${hub}`);
    if (expected !== "210" && !this.model.told.get(id)!.isEnded) {
      this.#users.delete(id);
      await client.close();
    }
    await this.#check(`${name} with key ${key} connects to hub ${hub}`);
  }

  /** A user disconnects. */
  async leaves(id: number): Promise<void> {
    const { client, hub } = this.#users.get(id)!;
    this.#users.delete(id);
    await client.close();
    this.model.apply({ do: "disconnect", id });
    await this.#sessionsAre(hub);
    await this.#check(`user ${id} leaves`);
  }

  /** Waits until a hub has noticed who is gone. */
  async #sessionsAre(hub: number): Promise<void> {
    const count = this.model.users.filter((user) => user.hub === hub).length + 1;
    while (this.#hubs.sessionCount(hub) !== count) await this.#asks(this.#observers[hub]!, { code: 110 });
  }

  /** A user asks for something. */
  async asks(id: number, request: ClusterRequest): Promise<void> {
    const live = this.#users.get(id)!;
    const what = `user ${id}, ${live.name}, at hub ${live.hub}: ${JSON.stringify(request)}`;
    this.#pass(1);
    const answer = await this.#asks(live.client, request as unknown as Record<string, Json>);
    assertEquals(short(answer, []), this.model.apply({ do: "ask", id, request }), what);
    if (request.code === 101 && answer.code === 202) live.next = request.username;
    await this.#check(what);
  }

  /** Two users, at one hub each, ask for something in the same moment. */
  async ask(first: [id: number, request: ClusterRequest], second: typeof first): Promise<void> {
    const both = [first, second];
    const steps = both.map(([id, request]): ClusterStep => ({ do: "ask", id, request }));
    const base = this.model.after();
    const answers = await Promise.all(
      both.map(([id, request]) =>
        this.#asks(this.#users.get(id)!.client, request as unknown as Record<string, Json>)
          .then((answer) => short(answer, []), () => "gone")
      ),
    );
    await this.#synced();
    const what = `at once: ${JSON.stringify(both)}`;
    const stored = storedOf(this.#hubs.stores[0]!, this.#wall);
    assertEquals(storedOf(this.#hubs.stores[1]!, this.#wall), stored, `what both hubs have after ${what}`);
    const [one, other] = steps as [ClusterStep, ClusterStep];
    const orders = [base.after(one, other), base.after(other, one)];
    // Of two changes of the same row only the first one remains.
    const all = [...orders, base.after(one), base.after(other)];
    for (const [index, [, request]] of both.entries()) {
      if (request.code !== 122) continue;
      all.push(base.after(steps[1 - index]!, { do: "empty", room: request.room, hub: index }));
    }
    for (const model of all) model.pass(this.#wall - model.now);
    const found = all.find((model) => JSON.stringify(storedIn(model)) === JSON.stringify(stored));
    if (found === undefined) assertEquals([stored], orders.map(storedIn), `what hubs have after ${what}`);
    for (const [index, answer] of answers.entries()) {
      const possible = [steps[index]!, ...steps].map((step, at) =>
        at === 0 ? base.after().apply(step) : base.after(step).apply(steps[index]!)
      );
      assert(possible.includes(answer), `${what}: ${answer}, not ${possible}`);
    }
    this.model = found!;
    for (const [id, live] of this.#users) {
      await this.#asks(live.client, { code: 110 }).catch(() => {});
      live.seen = live.client.received.length;
      if (this.model.user(id) !== undefined) continue;
      await live.client.closed;
      this.#users.delete(id);
    }
    await this.#check(what, false);
  }

  /** On the machine of a hub a key becomes that of an operator, or is that no longer. */
  async operator(hub: number, key: number, isOne: boolean): Promise<void> {
    const { moderation } = this.#hubs.stores[hub]!;
    const { key: text } = USER_KEYS[key]!;
    if (isOne) moderation.addOperator(text, "", this.#wall);
    else moderation.removeOperator(text, this.#wall);
    this.model.apply({ do: isOne ? "op" : "unop", hub, key: text });
    await this.#check(`key ${key} is ${isOne ? "an operator" : "no operator"} at hub ${hub}`);
  }

  /** Time passes. */
  async waits(ms: number): Promise<void> {
    this.#pass(ms - 1);
    this.model.apply({ do: "wait", ms: 1 });
    this.#wall++;
    this.#elapsed++;
    await this.#check(`${ms} ms pass`);
  }

  #pass(ms: number): void {
    this.#wall += ms;
    this.#elapsed += ms;
    this.model.pass(ms);
  }

  /** A hub restarts, and its users are gone. */
  async restarts(hub: number): Promise<void> {
    const users = [...this.#users].filter(([, live]) => live.hub === hub);
    await this.#hubs.stop(hub);
    for (const [id, { client }] of users) {
      await client.close();
      this.#users.delete(id);
    }
    await this.#observers[hub]!.close();
    this.model.apply({ do: "stop", hub });
    await this.#startHub(hub);
    await this.#check(`hub ${hub} restarts`);
  }

  /** Waits until both hubs have read what the other one has done. */
  async #synced(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      // Two entries of the audit in one millisecond may have the same id.
      this.#pass(1);
      const check = ++this.#checks;
      const action = check % 2 === 1 ? "mod" : "unmod";
      await Promise.all(this.#observers.map((client, index) => {
        const [room, target, ref] = [ROOMS_OF_OBSERVERS[index]!, OBSERVERS[1 - index]!, `r${++this.#refs}`];
        return client.sendJson({ code: 124, action, room, target, ref });
      }));
      for (const [index, client] of this.#observers.entries()) {
        const other = ROOMS_OF_OBSERVERS[1 - index]!;
        await client.until(({ code, rooms }) =>
          code === 230 && (rooms as string[]).includes(other) === (action === "mod")
        );
      }
      const text = `check ${check}`;
      await Promise.all(
        this.#observers.map((client, index) =>
          client.sendJson({ code: 104, to: OBSERVERS[1 - index]!, message: text, ref: CHECK })
        ),
      );
      for (const [index, client] of this.#observers.entries()) {
        await client.until(({ code, message }) => {
          const { username, message: said } = message as { username?: string; message?: string } ?? {};
          return code === 213 && said === text && username === OBSERVERS[1 - index];
        });
      }
    }
  }

  /** Compares what everyone is told with the reference, and what the hubs have stored. */
  async #check(what: string, comparesTold = true): Promise<void> {
    await this.#synced();
    const expected = storedIn(this.model);
    for (const hub of [0, 1]) {
      assertEquals(storedOf(this.#hubs.stores[hub]!, this.#wall), expected, `hub ${hub}, ${what}`);
    }
    for (const [id, live] of this.#users) {
      const told = this.model.told.get(id) ?? { lines: [], maybe: [], isEnded: false };
      if (comparesTold) await this.#compareTold(live, told, `what user ${id} is told: ${what}`);
      if (told.isEnded) {
        await live.client.closed;
        this.#users.delete(id);
        continue;
      }
      const user = this.model.user(id);
      if (user.name.startsWith("?")) this.model.named(id, live.client.username);
      live.name = live.next = this.model.user(id).name;
      await this.#comparePowers(live, this.model.powersOf(this.model.user(id)), what);
    }
  }

  async #compareTold(live: Live, told: { lines: string[]; maybe: string[] }, what: string): Promise<void> {
    const { client } = live;
    const lines = () =>
      client.received.slice(live.seen).flatMap((message) => {
        const line = short(message, [live.name, live.next]);
        return line === "" || message.ref !== undefined ? [] : [line];
      });
    const missing = () => without(told.lines, lines());
    // What follows at the other hub comes a moment later.
    while (missing().length > 0) {
      const isOver = await client.next().then(() => false, () => true);
      if (isOver) break;
    }
    if (!told.lines.some((line) => line.startsWith("216"))) {
      await this.#asks(client, { code: 110 }).catch(() => {});
    }
    const extra = without(without(lines(), told.lines), told.maybe);
    assertEquals({ missing: missing(), extra }, { missing: [], extra: [] }, what);
    live.seen = client.received.length;
  }

  async #comparePowers(live: Live, expected: string, what: string): Promise<void> {
    const { client } = live;
    const powers = () => powersIn(client.received) ?? "";
    while (powers() !== expected) {
      const isOver = await client.next().then(() => false, () => true);
      if (isOver) break;
    }
    assertEquals(powers(), expected, `what ${live.name} may moderate: ${what}`);
  }

  /** Compares what a user can find out about who is here, and about a room, with the reference. */
  async explores(id: number, roomName: string): Promise<void> {
    const { client, name } = this.#users.get(id)!;
    const user = this.model.user(id);
    const room = this.model.rooms.get(roomName)!;
    const isVisible = room.exists && !room.isHiddenFrom(user.owner?.id);
    const { rooms } = await this.#asks(client, { code: 109 });
    const listed = (rooms as { name: string }[]).map((one) => one.name);
    assertEquals(listed.includes(roomName), isVisible, `${name} sees #${roomName}`);
    const { users } = await this.#asks(client, { code: 106 });
    const shown = (users as { username: string; rooms: string[]; verified: boolean }[])
      .filter(({ username }) => !OBSERVERS.some((observer) => observer === username))
      .map(({ username, rooms, verified }) => `${username} ${verified} ${rooms.sort().join(" ")}`).sort();
    const expected = [...new Set(this.model.users.map((one) => one.name))].map((one) => {
      const devices = this.model.users.filter((user) => user.name === one);
      const isIn = (room: { name: string }) =>
        devices.some(({ id }) => this.model.rooms.get(room.name)!.inside.has(id));
      const visible = [...this.model.rooms.values()].filter((room) =>
        isIn(room) && !room.isHiddenFrom(user.owner?.id)
      );
      const names = ["main", ...visible.map(({ name }) => name)].sort();
      return `${one} ${devices[0]!.owner !== undefined} ${names.join(" ")}`;
    }).sort();
    assertEquals(shown, expected, `whom ${name} sees`);
    for (const username of [...new Set(this.model.users.map((one) => one.name)), "dee"]) {
      const { online, verified, since } = await this.#asks(client, { code: 123, username });
      const found = this.model.users.find((one) => one.name === username);
      assertEquals(
        { online, verified, isOwned: since !== undefined },
        {
          online: found !== undefined,
          verified: found?.owner !== undefined,
          isOwned: this.model.names.ownerOf(username) !== undefined,
        },
        `what ${name} knows of ${username}`,
      );
    }
    const page = await this.#asks(client, { code: 105, room: roomName, limit: 500, after: 0 });
    const error = !isVisible ? "no_such_room" : room.inside.has(id) ? undefined : "not_in_room";
    assertEquals(page.error, error, `${name} reads #${roomName}`);
    if (error !== undefined) return;
    const texts = (page.messages as { message: string }[]).map(({ message }) => message);
    assertEquals(texts, room.readableBy(user.owner?.id), `what ${name} reads in #${roomName}`);
  }

  /** Stops both hubs. */
  async stop(): Promise<void> {
    for (const hub of [0, 1]) await this.#hubs.stop(hub);
  }

  /** Closes all connections and stops the hubs, in any state. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [...this.#observers, ...[...this.#users.values()].map(({ client }) => client)]) {
      await client.close();
    }
    await this.stop();
  }
}

/** The lines of a list that are not in another one, each as often as it is missing there. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What a client was told last that it may moderate; `undefined` if it was told nothing. */
function powersIn(received: readonly Received[]): string | undefined {
  const last = received.findLast(({ code }) => code === 230);
  if (last === undefined) return undefined;
  return [last.operator === true ? "operator" : [], ...(last.rooms as string[]).sort()].flat().join(" ");
}

/** Texts from the hub, and what the reference has for them. */
const TEXTS: [pattern: RegExp, short: string][] = [
  [/^you are banned from #(\S+?)[:;, ]?.*$/s, "banned from #$1"],
  [/^you are muted in #(\S+?)(?:[:; ].*)?$/s, "muted in #$1"],
  [/^you are muted on .*$/s, "muted"],
  [/^\S+ has put you out of #(\S+?)(?::.*)?$/s, "put out of #$1"],
  [/^The name \S+ belongs to other keys.*$/s, "other keys own the name"],
  [/^You do not own the name (\S+):.*$/s, "not the owner of $1"],
  [/^A key was added to the name (\S+):.*$/s, "key added to $1"],
  [/^Slow mode is (on|off) in each room.*$/s, "slow mode $1 everywhere"],
  [/^Slow mode is (on|off) in #(\S+?)(?::.*)?$/s, "slow mode $1 $2"],
];

/**
 * A message in the short form of the reference; empty for one that is not compared.
 *
 * @param body the message
 * @param own the names of whoever has received it
 */
function short(body: Received, own: readonly string[]): string {
  const { code, room, error, names } = body;
  switch (code) {
    case 200: {
      const line = body.message as {
        username: string;
        message: string;
        sequence?: number;
        room?: string;
        verified?: boolean;
      };
      if (line.username !== "server") {
        return `200 ${line.room} ${line.username} ${line.verified ? "verified " : ""}${line.message}`;
      }
      const [pattern, text] = TEXTS.find(([pattern]) => pattern.test(line.message)) ?? [];
      return pattern === undefined ? `server: ${line.message}` : line.message.replace(pattern, text!);
    }
    case 206:
      return body.ref === undefined ? `206 ${error}` : String(error);
    case 212:
      return own.includes(String(body.username)) ? `212 ${room}` : "";
    case 216:
      return `216 ${error}`;
    case 222: {
      const { topic, owner, mode, history, invited, removed, deleted } = body;
      const news = [
        topic === undefined ? [] : `topic ${topic}`,
        owner === undefined ? [] : `owner ${owner}`,
        mode === undefined ? [] : `${mode} ${history}`,
        invited === undefined ? [] : `invited ${invited}`,
        removed === undefined ? [] : `removed ${removed}`,
        deleted === true ? "deleted" : [],
      ].flat();
      return `222 ${room} ${news.join(" ")}`;
    }
    case 223:
      return `223 ${room}`;
    case 224: {
      const isFull = ["kick", "ban", "mute"].includes(String(body.action));
      return isFull ? `224 ${(names as string[]).sort().join(" ")}`.trimEnd() : "224";
    }
    case 202:
      return body.server === undefined ? "202" : "";
    case 207:
    case 210:
      return String(code);
    default:
      return "";
  }
}

/** Whether somebody is a user, and no observer. */
const isUser = (name: string) => !OBSERVERS.some((observer) => observer === nameKey(name));

/** The number of a key, by the key or its fingerprint. */
const numberOf = (key: string) => KEY_NUMBERS.get(key) ?? key;
const KEY_NUMBERS = new Map<string, string>();
for (const [index, { key }] of USER_KEYS.entries()) {
  for (const text of [key, await fingerprintOf(fromBase64(key)!)]) KEY_NUMBERS.set(text, `key ${index}`);
}

/** What a hub has stored of names, rooms and moderation. */
function storedOf({ registry: { names, rooms }, moderation }: Stores, now: number): Stored {
  return {
    names: [...names.all].filter(({ name }) => isUser(name)).map(({ name, keys }) =>
      [nameKey(name), ...keys.map(({ key }) => numberOf(key)).sort()].join()
    ).sort(),
    rooms: CLUSTER_ROOMS.map((name) => {
      const room = rooms.find(name);
      if (room === undefined) return `${name} of nobody`;
      const { owner, isPrivate, wholeHistory, topic, members } = room;
      const state = [isPrivate ? "private" : "open", wholeHistory ? "all" : "joined", topic].join();
      return `${name} of ${owner.name}: ${state}: ${[...members.values()].map(({ owner }) => owner.name)}`;
    }),
    sanctions: moderation.listAll(now).map(({ kind, target, room, until, byOperator, keys, everyMs, mode }) =>
      [kind, numberOf(target), room, until, byOperator, everyMs ?? mode, ...keys.map(numberOf).sort()].join()
    ).sort(),
    moderators: CLUSTER_ROOMS.map((room) =>
      moderation.moderatorsOf(room).map(({ name }) => name).sort().join()
    ),
    operators: USER_KEYS.map(({ key }) => moderation.isOperator(key)),
  };
}

/** What the reference has of the same. */
function storedIn(
  { names, rooms, sanctions, slow, lockdown, moderators, operators, now }: ReferenceCluster,
): Stored {
  const nameOf = (id: number | undefined) => names.all.find((owner) => owner.id === id)?.name;
  const times = [...slow].map(([room, everyMs]) => ["slow", "", room, "", true, everyMs]);
  return {
    names: names.all.map(({ name, keys }) => [name, ...keys.map(numberOf).sort()].join()).sort(),
    rooms: [...rooms.values()].map(({ name, owner, mode, history, topic, members }) =>
      owner === undefined
        ? `${name} of nobody`
        : `${name} of ${nameOf(owner)}: ${[mode, history, topic].join()}: ${[...members.keys()].map(nameOf)}`
    ),
    sanctions: [
      ...sanctions.all.filter(({ until }) => until > now).map((one) => [
        ...[one.kind, numberOf(one.target), one.room, one.until === Infinity ? "" : one.until],
        ...[one.byOperator, "", ...[...one.keys].map(numberOf).sort()],
      ]),
      ...times,
      ...lockdown === "off" ? [] : [["lockdown", "", "", "", true, lockdown]],
    ].map((one) => one.join()).sort(),
    moderators: [...moderators.values()].map((ids) =>
      [...ids].flatMap((id) => nameOf(id) ?? []).sort().join()
    ),
    operators: USER_KEYS.map(({ key }) => operators.has(key)),
  };
}
