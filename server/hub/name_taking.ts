/**
 * Taking names in a cluster: a client gets a name once all hubs know that nobody else has it. Its request waits until
 * then; see `RemotePeople`.
 *
 * Rule: a request that this hub refuses by itself takes nothing, so that nobody keeps a name from others whom a hub
 * does not let in, or who does not own it.
 *
 * PURE.
 *
 * @module
 */
import { nameKey, ProtocolError } from "../../protocol/mod.ts";
import { CLUSTER_RETRY_MS } from "../limits.ts";
import type { HubStart, PeopleEvent, PeopleNews, Session } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { NameRequests, WantedName } from "./name_requests.ts";
import type { Presence } from "./presence.ts";

/** A name that is being taken. */
interface Taking {
  session: Session;
  key: string;
  /** What the hubs are told, until it comes back. */
  event: PeopleEvent;
  /** Carries the request on. */
  done: () => void;
  /** Refuses the request, as the other hubs are not reached. */
  failed: () => void;
}

/** Takes names, and passes on what other hubs tell of their people. */
export class NameTaking {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #nameRequests: NameRequests;
  readonly #takings = new Map<number, Taking>();
  #count = 0;

  /**
   * Takes nothing yet.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   * @param nameRequests gives names
   */
  constructor(core: HubCore, presence: Presence, nameRequests: NameRequests) {
    this.#core = core;
    this.#presence = presence;
    this.#nameRequests = nameRequests;
  }

  /**
   * Takes a name at all hubs of a cluster for a request, which then knows by `Session.taken` whether that was possible.
   *
   * @param session the session of the client
   * @param wanted the name, which this hub would give it; `undefined` if no other hub need be asked
   * @param ref the `ref` of the request
   * @param carryOut carries the request on, at once if nobody is asked; what it throws otherwise refuses the request
   */
  withName(
    session: Session,
    wanted: WantedName | undefined,
    ref: string | undefined,
    carryOut: () => void,
  ): void {
    if (wanted === undefined) return carryOut();
    const cluster = this.#core.dependencies.cluster!;
    if (cluster.log.refusal !== undefined) throw unreached();
    const taking = ++this.#count;
    const key = nameKey(wanted.name);
    const { promise, resolve } = Promise.withResolvers<void>();
    const finish = (run: () => void) => () => {
      this.#takings.delete(taking);
      this.#core.hold(session, promise, run);
      resolve();
    };
    const event: PeopleEvent = { kind: "take", taking, by: { session: session.id, ...wanted } };
    this.#takings.set(taking, {
      session,
      key,
      event,
      done: finish(() => {
        if (!session.closed && !this.#core.shuttingDown) {
          try {
            carryOut();
          } catch (error) {
            this.#core.fail(session, error, ref);
          }
        }
        if (session.key !== key || session.closed) this.#giveBack(session);
      }),
      failed: finish(() => {
        this.#presence.resumeMain(session);
        this.#core.fail(session, unreached(), ref);
      }),
    });
    session.busy = promise;
    cluster.tell(event);
  }

  /** Frees a name that a session has taken and did not get. */
  #giveBack(session: Session): void {
    session.taken = undefined;
    this.#presence.endReplaced(session);
    if (session.told && !session.closed) this.#presence.changed(session);
    else this.#core.dependencies.cluster!.tell({ kind: "left", session: session.id });
  }

  /** Tells the hubs again which names are being taken, after what was told may have been lost. */
  tellAgain(): void {
    for (const { event } of this.#takings.values()) this.#core.dependencies.cluster!.tell(event);
  }

  /** Refuses all requests that wait for a name, as the other hubs are not reached. */
  refuseAll(): void {
    for (const { failed } of [...this.#takings.values()]) failed();
  }

  /**
   * Takes what a hub tells of its people, this one included. To be called in the order of the log.
   *
   * @param event what it tells
   * @param from the hub
   */
  take(event: PeopleEvent, from: HubStart): void {
    const { people, sessions, shuttingDown } = this.#core;
    const { taken, replaced, gone = [], lost = [], respelled = [], mustTell } = people!.take(event, from);
    if (shuttingDown) return;
    if (taken !== undefined) this.#taken(taken);
    const older = replaced === undefined ? undefined : sessions.get(replaced);
    if (older !== undefined) this.#presence.replaceElsewhere(older);
    if (gone.length > 0) this.#presence.tellGone(gone);
    for (const name of respelled) this.#presence.respell(name);
    for (const id of lost) {
      const session = sessions.get(id);
      if (session === undefined) continue;
      const why =
        `The name ${session.name} was given to somebody else while this hub did not reach the others, so ` +
        "you have another name";
      this.#nameRequests.loseName(session, why);
    }
    if (event.kind !== "take") {
      this.#core.bigRooms.told(
        event.kind === "here" ? [event.is] : event.kind === "all" ? event.sessions : [],
      );
    }
    if (mustTell) this.#presence.tellAll();
  }

  #taken({ taking, name, holder, replaced }: NonNullable<PeopleNews["taken"]>): void {
    const found = this.#takings.get(taking);
    if (found === undefined) return;
    const { session, key, done } = found;
    session.taken = { key, name, holder };
    // Nobody else knew of a quiet one.
    session.continues = replaced?.quiet ? undefined : replaced;
    done();
  }
}

function unreached(): ProtocolError {
  return new ProtocolError(
    "unavailable",
    "Cannot give you that name now: this hub does not reach the other hubs; try again later",
    { retryAfterMs: CLUSTER_RETRY_MS },
  );
}
