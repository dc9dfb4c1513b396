/**
 * Claims of names: one hub of all holds a name. A claim is a message in a stream with one message a subject, created on
 * the condition that the subject has none.
 *
 * Rules: a claim is released by a purge of its subject. After a deletion, or with a condition on another last message,
 * two hubs can win on a replicated stream.
 *
 * @module
 */
import { fromBase64 } from "../../identity/mod.ts";
import { JetStreamApi } from "./api.ts";
import type { NatsConnection } from "./connection.ts";
import { NatsError } from "./nats_error.ts";
import type { Publisher } from "./publisher.ts";
import { StreamReader } from "./reader.ts";
import type { StreamMessage } from "./message.ts";
import { fromKey, type StreamNames, toKey } from "./subjects.ts";

/** How many times a name is tried that is released each time between the refusal and the look at its owner. */
const TRIES = 5;

/** Who holds a name. */
export interface ClaimOwner {
  /** The hub. */
  readonly hub: string;
  /** The epoch of the hub. */
  readonly epoch: number;
  /** The session of the hub. */
  readonly session: string;
}

/** A name that is held. */
export interface Claim {
  /** The name, or the key of it, that was claimed. */
  readonly name: string;
  /** Who holds it. */
  readonly owner: ClaimOwner;
  /** The sequence of the claim in its stream: its identity. */
  readonly sequence: number;
}

/** The outcome of a claim. */
export interface ClaimResult {
  /** Whether it is held by the one who claims it, from now on or already. */
  readonly won: boolean;
  /** The claim that holds. */
  readonly claim: Claim;
}

/** The claims of a cluster. */
export class Claims {
  readonly #connection: NatsConnection;
  readonly #publisher: Publisher;
  readonly #api: JetStreamApi;
  readonly #stream: string;
  readonly #prefix: string;

  /**
   * Uses the streams of a cluster.
   *
   * @param connection the connection
   * @param publisher writes through it
   * @param names the names of the streams
   */
  constructor(connection: NatsConnection, publisher: Publisher, names: StreamNames) {
    this.#connection = connection;
    this.#publisher = publisher;
    this.#api = new JetStreamApi(connection);
    this.#stream = names.names;
    this.#prefix = names.subjects.names;
  }

  /**
   * Claims a name. It may be called again with the same owner when the outcome was unknown.
   *
   * @param name the name
   * @param owner who claims it
   * @returns whether it is held by the owner
   * @throws {NatsError} if that cannot be told at present
   */
  async claim(name: string, owner: ClaimOwner): Promise<ClaimResult> {
    const subject = this.#prefix + toKey(name);
    const { hub, epoch, session } = owner;
    for (let tries = 1;; tries++) {
      try {
        const { sequence } = await this.#publisher.publish(subject, JSON.stringify({ hub, epoch, session }), {
          expectLastSubjectSequence: 0,
        });
        return { won: true, claim: { name, owner, sequence } };
      } catch (error) {
        if (!(error instanceof NatsError) || error.kind !== "wrong_sequence") throw error;
        const claim = await this.find(name);
        if (claim !== undefined) return { won: isSameOwner(claim.owner, owner), claim };
        if (tries === TRIES) throw error;
      }
    }
  }

  /**
   * Releases a claim. No effect if it does not hold; a later claim of the same name stays.
   *
   * @param claim the claim
   * @throws {NatsError} if it is not known to be released
   */
  async release({ name, sequence }: Pick<Claim, "name" | "sequence">): Promise<void> {
    // The server purges what is older than `seq`.
    await this.#api.call(`STREAM.PURGE.${this.#stream}`, {
      filter: this.#prefix + toKey(name),
      seq: sequence + 1,
    });
  }

  /**
   * Looks up a claim.
   *
   * @param name the name
   * @returns the claim; `undefined` if nobody holds the name
   * @throws {NatsError} if that cannot be told at present
   */
  async find(name: string): Promise<Claim | undefined> {
    try {
      const { message } = await this.#api.call<{ message: { seq: number; data?: string } }>(
        `STREAM.MSG.GET.${this.#stream}`,
        { last_by_subj: this.#prefix + toKey(name) },
      );
      const owner = ownerFrom(fromBase64(message.data ?? ""));
      return owner && { name, owner, sequence: message.seq };
    } catch (error) {
      if (error instanceof NatsError && error.kind === "not_found") return undefined;
      throw error;
    }
  }

  /**
   * Lists all claims.
   *
   * @param signal gives up
   * @returns the claims
   * @throws {NatsError} `closed` if the signal is aborted
   */
  async list(signal?: AbortSignal): Promise<Claim[]> {
    const claims = new Map<string, Claim>();
    const reader = new StreamReader({
      connection: this.#connection,
      stream: this.#stream,
      after: 0,
      deliver: (message) => {
        const claim = this.#claimFrom(message);
        if (claim !== undefined) claims.set(claim.name, claim);
      },
      rewound: () => {
        claims.clear();
        return 0;
      },
    });
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(new NatsError("closed", "listing the claims was given up"));
    signal?.addEventListener("abort", abort);
    const stopListening = this.#connection.onChange((change) => change === "closed" && abort());
    try {
      if (signal?.aborted) abort();
      reader.start();
      await Promise.race([reader.caughtUp, aborted]);
    } finally {
      signal?.removeEventListener("abort", abort);
      stopListening();
      reader.close();
    }
    return [...claims.values()];
  }

  #claimFrom({ subject, data, sequence }: StreamMessage): Claim | undefined {
    const name = fromKey(subject.slice(this.#prefix.length));
    const owner = ownerFrom(data);
    return name === undefined || owner === undefined ? undefined : { name, owner, sequence };
  }
}

/** Whether two owners are the same session of the same run of a hub. */
function isSameOwner(one: ClaimOwner, other: ClaimOwner): boolean {
  return one.hub === other.hub && one.epoch === other.epoch && one.session === other.session;
}

/** Reads an owner; one of another version of this program may have other fields. */
function ownerFrom(data: Uint8Array | undefined): ClaimOwner | undefined {
  try {
    const { hub, epoch, session } = JSON.parse(new TextDecoder().decode(data));
    return { hub: String(hub), epoch: Number(epoch), session: String(session) };
  } catch {
    return undefined;
  }
}
