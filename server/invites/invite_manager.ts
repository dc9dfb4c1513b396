/**
 * Connects the invites with a hub, or with a command on its machine: the address for links, and the requests of
 * operators.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import {
  type InviteInfo,
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  type WantedInvite,
} from "../control/mod.ts";
import type { HubIdentity, Registry } from "../registry/mod.ts";
import { PUBLIC_ADDRESS_RULE, readPublicAddress } from "../settings/mod.ts";
import { inviteAddress, type ListenFacts } from "./invite_address.ts";
import { InviteDesk, type InviteRecord, NO_ADDRESS } from "./invite_desk.ts";
import type { Invite } from "./invites.ts";
import type { InviteParts } from "./open_invites.ts";

/** Where the facts are stored. */
const AT_FACT = "at";
const LISTENS_FACT = "listens";

/** Dependencies of {@linkcode InviteManager}. */
export interface InviteManagerDependencies extends InviteParts {
  /** Who owns what. */
  registry: Registry;
  /** The key of the hub. */
  identity: HubIdentity;
  /** The time of day and the elapsed time. */
  clock: Clock;
  /** Whether nobody gets in but owners of names and those with an invite. */
  only: boolean;
  /** Receives what happens, for the audit. */
  record?: ((record: InviteRecord) => void) | undefined;
  /** Called when a change could not be stored. */
  failed: (error: unknown) => void;
}

/** The invites of one hub. */
export class InviteManager {
  /** What the hub asks. */
  readonly desk: InviteDesk;
  readonly #dependencies: InviteManagerDependencies;

  /**
   * Takes the invites.
   *
   * @param dependencies see {@linkcode InviteManagerDependencies}
   */
  constructor(dependencies: InviteManagerDependencies) {
    this.#dependencies = dependencies;
    this.desk = new InviteDesk({ ...dependencies, address: () => this.#address() });
  }

  /**
   * Stores where the hub listens, for links that are made while it does not run.
   *
   * @param listens where it listens
   * @param at the setting `--at`; empty if there is none
   */
  start(listens: ListenFacts, at: string): void {
    const { invites, failed } = this.#dependencies;
    try {
      invites.setFact(LISTENS_FACT, JSON.stringify(listens));
      if (at !== "") invites.setFact(AT_FACT, at);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Carries out a request of an operator.
   *
   * @param request the request
   * @returns the answer; `undefined` if the request is not about invites
   * @throws {OperatorError} if it cannot be carried out
   */
  handle(request: OperatorRequest): OperatorAnswer | undefined {
    try {
      switch (request.do) {
        case "make invite": {
          const { link, invite } = this.#make(request);
          return { link, invite: this.#infoOf(invite) };
        }
        case "list invites":
          return { invites: this.#dependencies.invites.all.map((invite) => this.#infoOf(invite)) };
        case "revoke invite":
          return { invites: [this.#infoOf(this.desk.revoke(request.id, undefined))] };
        default:
          return undefined;
      }
    } catch (error) {
      if (error instanceof ProtocolError) throw new OperatorError(error.message);
      throw error;
    }
  }

  /** Closes the database. */
  close(): void {
    this.#dependencies.invites.close();
  }

  #make({ at, room, name, uses, expiresMs }: WantedInvite) {
    const { invites } = this.#dependencies;
    const given = at === undefined ? undefined : readPublicAddress(at);
    if (at !== undefined && given === undefined) {
      throw new OperatorError(`Cannot make an invite: --at must be ${PUBLIC_ADDRESS_RULE}: it is ${at}`);
    }
    const address = given === undefined ? this.#address() : inviteAddress(given, this.#listens());
    if (address === undefined) throw new OperatorError(this.#noAddressText(given !== undefined));
    if (at !== undefined) invites.setFact(AT_FACT, at);
    return this.desk.make({ by: undefined, room, name, uses, expiresMs });
  }

  #noAddressText(hasHost: boolean): string {
    if (hasHost) return "Cannot make an invite: the port of the hub is not known: give --at HOST:PORT";
    const listens = this.#listens();
    if (listens === undefined) return NO_ADDRESS;
    const { host, port, tlsPort = port } = listens;
    const where = host === "0.0.0.0" || host === "::" ? "all addresses of this machine" : host;
    return `Cannot make an invite: the hub listens on ${where}, port ${tlsPort}, which says nothing about how others ` +
      `reach it: give the address once, with --at HOST:${tlsPort}; it is remembered`;
  }

  #address() {
    const at = this.#dependencies.invites.fact(AT_FACT);
    return inviteAddress(at === undefined ? undefined : readPublicAddress(at), this.#listens());
  }

  #listens(): ListenFacts | undefined {
    const text = this.#dependencies.invites.fact(LISTENS_FACT);
    if (text === undefined) return undefined;
    const { host, port, tlsPort } = JSON.parse(text);
    return { host, port, tlsPort };
  }

  #infoOf(invite: Invite): InviteInfo {
    const { id, made, by, expires, uses, usesLeft, room, name, revoked } = invite;
    return {
      id,
      made,
      by,
      expires,
      uses,
      usesLeft,
      ...room === undefined ? {} : { room },
      ...name === undefined ? {} : { name },
      ...revoked === undefined ? {} : { revoked },
      usedBy: this.#dependencies.invites.usesOf(invite),
    };
  }
}
