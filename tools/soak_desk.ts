/**
 * The part of the soak test about what can be taken back: clients in the room `desk` edit, delete, answer and react to
 * messages all the time, and an operator kicks, bans, mutes and slows them down, deletes their messages, and makes
 * invites, which two use at once. In the end the view of each client must be equal to that of the hub, and of the two
 * one must have come in.
 *
 * @module
 */
import type { ClientMessage } from "../protocol/mod.ts";
import { ChangingClient, type StoredView } from "../tests/helpers/clients/changing_client.ts";
import { MessageView } from "../tests/helpers/clients/message_view.ts";
import { OriginalClient } from "../tests/helpers/clients/original_client.ts";
import { TestKey } from "../tests/helpers/clients/test_key.ts";
import { inviteProof, signerOfLink } from "../tests/helpers/hubs/invited_hub.ts";

/** The room. */
const ROOM = "desk";

/** The number of clients, and the time between two requests of each, in milliseconds. */
const CLIENTS = 4;
const REQUEST_INTERVAL_MS = 200;

/** How long a ban or mute holds, in milliseconds. */
const SANCTION_MS = 1000;

/** How long an invite is valid, in milliseconds: it must outlast a jump of the clock. */
const YEAR_MS = 365 * 86_400_000;

/** The deadline of an answer to the operator, in milliseconds: the hub may be stopped for a minute. */
const DEADLINE_MS = 90_000;

const sleep = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** The result of the comparison. */
export interface DeskResult {
  /** What was counted, in one line. */
  text: string;
  /** What is wrong. */
  faults: string[];
}

/** The clients of the room and their operator. */
export class Desk {
  /** The clients. */
  readonly clients: readonly ChangingClient[];
  /** A line of the file of operators. */
  readonly operatorLine: string;
  readonly #operator: TestKey;
  readonly #random: () => number;
  readonly #faults: string[] = [];
  #sanctions = 0;
  #invites = 0;

  private constructor(operator: TestKey, keys: readonly TestKey[], random: () => number) {
    this.#operator = operator;
    this.operatorLine = `ssh-ed25519 ${operator.key} operator\n`;
    this.#random = random;
    const options = { room: ROOM, everyMs: REQUEST_INTERVAL_MS, random };
    this.clients = keys.map((key, i) => new ChangingClient(`writer${i}`, key, options));
  }

  /**
   * Makes the keys of all.
   *
   * @param random returns a random number from 0 to below 1
   */
  static async make(random: () => number): Promise<Desk> {
    const keys = await Promise.all(Array.from({ length: CLIENTS }, () => TestKey.make()));
    return new Desk(await TestKey.make(), keys, random);
  }

  /**
   * Joins as the operator, does one thing to one client, and takes it back.
   *
   * @param port the port of the hub
   * @throws {Error} if the connection ends before the answers are there
   */
  async moderate(port: number): Promise<void> {
    await using operator = await this.#join(port, "operator", this.#operator);
    const ask = async (message: ClientMessage) => {
      await operator.sendJson({ ...message, ref: "moderate" });
      return await operator.until(({ ref }) => ref === "moderate");
    };
    const target = this.clients[Math.floor(this.#random() * CLIENTS)]!.name;
    const [room, duration_ms] = [ROOM, SANCTION_MS];
    switch (Math.floor(this.#random() * 7)) {
      case 0:
        await ask({ code: 124, action: "kick", target });
        break;
      case 1:
        await ask({ code: 124, action: "ban", target, duration_ms });
        break;
      case 2:
        await ask({ code: 124, action: "ban", target, room, duration_ms });
        break;
      case 3:
        await ask({ code: 124, action: "mute", target, duration_ms });
        break;
      case 4:
        await ask({ code: 124, action: "slow", room, every_ms: 2 * REQUEST_INTERVAL_MS });
        await sleep(SANCTION_MS);
        await ask({ code: 124, action: "slow", room, every_ms: 0 });
        break;
      case 5: {
        const made = await ask({ code: 131, uses: 1, expires_ms: YEAR_MS });
        if (made.code !== 229) return void this.#faults.push(`no invite was made: ${JSON.stringify(made)}`);
        return await this.#useTwice(port, String(made.link));
      }
      default:
        await ask({ code: 126, room, username: target, within_ms: SANCTION_MS });
    }
    this.#sanctions++;
  }

  /** Lets two clients use the last use of an invite at once. */
  async #useTwice(port: number, link: string): Promise<void> {
    const signer = await signerOfLink(link);
    await using first = await OriginalClient.connect(port, { deadlineMs: DEADLINE_MS });
    await using second = await OriginalClient.connect(port, { deadlineMs: DEADLINE_MS });
    const results = await Promise.all([first, second].map(async (client) => {
      const { server } = await client.nextOf(202) as unknown as {
        server: { identity: string; nonce: string };
      };
      const invite = await inviteProof(signer, server);
      await client.sendJson({ code: 102, client: "soak/1", invite, ref: "hello" });
      const { code, error } = await client.until(({ ref }) => ref === "hello");
      return error ?? code;
    }));
    this.#invites++;
    if (results.toSorted().join() !== "210,bad_invite") {
      this.#faults.push(`two who used one invite got ${results.join(" and ")}`);
    }
  }

  /**
   * Ends everything that is still in force, such as a slow mode whose end a restart has swallowed.
   *
   * @param port the port of the hub
   */
  async lift(port: number): Promise<void> {
    await using operator = await this.#join(port, "operator", this.#operator);
    await operator.sendJson({ code: 124, action: "slow", room: ROOM, every_ms: 0, ref: "lift" });
    await operator.until(({ ref }) => ref === "lift");
    for (const { name: target } of this.clients) {
      for (const action of ["unban", "unmute"]) {
        for (const room of [{}, { room: ROOM }]) {
          await operator.sendJson({ code: 124, action, target, ...room, ref: "lift" });
          await operator.until(({ ref }) => ref === "lift");
        }
      }
    }
  }

  /**
   * Compares the view of each client with that of the hub.
   *
   * @param port the port of the hub; all clients must have stopped
   */
  async compare(port: number): Promise<DeskResult> {
    const faults = [...this.#faults, ...this.clients.flatMap(({ faults }) => faults)];
    const view = await this.#read(port);
    const stored = linesOf(view);
    for (const client of this.clients) {
      const known = linesOf(client.view);
      for (const [sequence, line] of stored) {
        const own = known.get(sequence);
        if (JSON.stringify(own) !== JSON.stringify(line)) {
          faults.push(`${client.name} has ${JSON.stringify(own)} where the hub has ${JSON.stringify(line)}`);
        }
      }
      faults.push(...client.check(stored));
    }
    const texts = [...stored.values()].filter(({ deleted }) => !deleted).map(({ message }) => message);
    if (new Set(texts).size < texts.length) faults.push(`messages in #${ROOM} are doubled`);
    const sum = (what: "acknowledged" | "refused") =>
      this.clients.reduce((total, { counts }) => total + counts[what], 0);
    const counted =
      `${sum("acknowledged")} requests done, ${sum("refused")} refused; ${this.#sanctions} times kicked, ` +
      `banned, muted or the like; ${this.#invites} invites used by one of two`;
    const text = `${counted}; ${stored.size} messages are left, equal at all ${CLIENTS} clients`;
    return { text, faults };
  }

  /** Reads all messages of the room as a newcomer. */
  async #read(port: number): Promise<MessageView> {
    await using reader = await this.#join(port, "reader", await TestKey.make());
    const view = new MessageView("reader");
    for (let after = 0;;) {
      await reader.sendJson({ code: 105, room: ROOM, after, limit: 500, ref: `page ${after}` });
      const page = await reader.until(({ ref }) => ref === `page ${after}`);
      if (page.code !== 208) throw new Error(`The hub does not show #${ROOM}: ${JSON.stringify(page)}`);
      view.take(page as never);
      const last = (page.messages as { sequence: number }[]).at(-1)?.sequence;
      if (last === undefined || page.more !== true) return view;
      after = last;
    }
  }

  async #join(port: number, username: string, key: TestKey): Promise<OriginalClient> {
    const client = await OriginalClient.connect(port, { deadlineMs: DEADLINE_MS });
    try {
      const { server } = await client.nextOf(202) as unknown as {
        server: { identity: string; nonce: string };
      };
      const proof = key.proof(server, username);
      await client.sendJson({ code: 102, client: "soak/1", username, rooms: [ROOM], ...proof });
      await client.nextOf(210);
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** The messages of the room in a view, without what depends on the reader. */
function linesOf(view: MessageView): Map<number, StoredView> {
  return new Map(
    view.lines(ROOM).map((text) => {
      const line = JSON.parse(text) as StoredView & { reactions?: { mine?: boolean }[] };
      for (const reaction of line.reactions ?? []) delete reaction.mine;
      return [line.sequence, line];
    }),
  );
}
