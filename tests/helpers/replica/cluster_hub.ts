/**
 * A hub of tests with everything that it stores, in a cluster: its names, rooms, bans, invites and tokens are those of
 * the other hubs.
 *
 * @module
 */
import type { ClientMessage, Moderate } from "../../../protocol/mod.ts";
import { InviteManager, loadInviteParts } from "../../../server/invites/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import type { Registry } from "../../../server/registry/mod.ts";
import { Replica, type StatePort } from "../../../server/replica/mod.ts";
import type { ReplicatedDatabase } from "../../../server/sqlite/mod.ts";
import { loadOpenTokens, type TokenManager, type TokenUse } from "../../../server/tokens/mod.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "../../../runtime/mod.ts";
import { assertEquals } from "../assert.ts";
import type { TestKey } from "../clients/test_key.ts";
import { inviteProof, signerOfLink } from "../hubs/invited_hub.ts";
import { offerOf, OWNED_HUB_IDENTITY, registryIn } from "../hubs/owned_hub.ts";
import { START, TestHub, type TestUser } from "../hubs/test_hub.ts";

/** What a hub of a cluster is like. */
export interface ClusterHubOptions {
  /** Its data folder; by default everything is in memory. */
  folder?: string | undefined;
  /** The shared state. */
  port: StatePort;
  /** Its timers; by default those of the machine. */
  timers?: Timers | undefined;
  /** The clock of its replica; by default that of the machine. */
  clock?: Clock | undefined;
}

/** The stores of a hub. */
export interface Stores {
  /** Who owns what. */
  registry: Registry;
  /** Who is banned, and who moderates. */
  moderation: Moderation;
  /** The invites. */
  invites: Awaited<ReturnType<typeof loadInviteParts>>;
  /** The tokens. */
  tokens: Awaited<ReturnType<Awaited<ReturnType<typeof loadOpenTokens>>["openTokens"]>>;
}

/** Opens the stores of a hub. */
export async function openStores(folder: string | undefined): Promise<Stores> {
  const report = (text: string) => assertEquals(text, "");
  const registry = registryIn(folder);
  const moderation = openModeration({ folder, names: registry.names, now: START, report });
  const invites = await loadInviteParts({ folder, now: START, report });
  const tokens = await (await loadOpenTokens()).openTokens({ folder, now: START, report });
  return { registry, moderation, invites, tokens };
}

/** The databases of stores. */
export function databasesOf({ registry, moderation, invites, tokens }: Stores): ReplicatedDatabase[] {
  return [registry.replicated, moderation.replicated, invites.invites.replicated, tokens.replicated];
}

/** A hub of a cluster. */
export class ClusterHub extends TestHub {
  /** Its stores. */
  readonly stores: Stores;
  /** What makes them the same as those of others. */
  readonly replica: Replica;
  /** The shared state. */
  readonly port: StatePort;
  /** Its invites. */
  readonly invites: InviteManager;
  /** Its tokens. */
  readonly tokens: TokenManager;
  /** The tokens that it was told are revoked. */
  readonly revoked: TokenUse[] = [];
  /** Why what it had read was not what the state has. */
  readonly mended: string[] = [];
  /** Resolves when that happens first. */
  readonly firstMended = Promise.withResolvers<void>();
  /** The tables of changes that were undone. */
  readonly undone: string[] = [];

  private constructor(
    stores: Stores,
    { port, timers = systemTimers, clock: time = systemClock }: ClusterHubOptions,
  ) {
    const { registry, moderation } = stores;
    let invites: InviteManager | undefined, tokens: TokenManager | undefined;
    super(undefined, undefined, { registry, identity: OWNED_HUB_IDENTITY }, moderation, (clock) => {
      const failed = (error: unknown) => {
        throw error;
      };
      invites = new InviteManager({
        ...stores.invites,
        registry,
        identity: OWNED_HUB_IDENTITY,
        clock,
        only: false,
        failed,
      });
      tokens = stores.tokens.manage({
        registry,
        clock,
        moderation,
        keysChanged: (owner) => this.hub.keysChanged(owner),
        free: (owner) => this.hub.freeName(owner),
        failed,
      });
      return { invites: invites.desk };
    });
    this.stores = stores;
    this.port = port;
    this.invites = invites!;
    this.tokens = tokens!;
    this.tokens.revoked = (token) => this.revoked.push(token);
    registry.changedElsewhere = (changes) => this.hub.registryChanged(changes);
    this.replica = new Replica({
      databases: databasesOf(stores),
      port,
      timers,
      clock: time,
      undone: (table) => this.undone.push(table),
      mended: (why) => {
        this.mended.push(why);
        this.firstMended.resolve();
      },
      failed: (error) => this.storageEvents.push(error),
    });
  }

  /** Makes a hub that has not joined its cluster. */
  static async make(options: ClusterHubOptions): Promise<ClusterHub> {
    return new ClusterHub(await openStores(options.folder), options);
  }

  /** Makes a hub, and joins its cluster. */
  static async start(options: ClusterHubOptions): Promise<ClusterHub> {
    const hub = await ClusterHub.make(options);
    await hub.replica.start();
    hub.invites.start({ host: "192.0.2.7", port: 8000, tlsPort: undefined }, "");
    return hub;
  }

  /** Who owns what. */
  get registry(): Registry {
    return this.stores.registry;
  }

  /** Who is banned, and who moderates. */
  get moderation(): Moderation {
    return this.stores.moderation;
  }

  /** Connects somebody with a key, who asks for a name. */
  comes(
    key: TestKey | undefined,
    username: string,
    more: Partial<ClientMessage & { code: 102 }> = {},
  ): TestUser {
    const user = this.connect("192.0.2.9");
    const offer = offerOf(user);
    user.sends({ code: 102, client: "test/1", username, ...key?.proof(offer, username), ...more });
    return user;
  }

  /** Connects somebody with an invite, and with a key. */
  async shows(link: string, username: string, key: TestKey): Promise<TestUser> {
    const guest = await this.ready(link, username, key);
    guest.arrives();
    return await guest.settled();
  }

  /** Connects somebody who will show an invite, and a key if one is given. */
  async ready(link: string, username: string, key?: TestKey): Promise<ReadyGuest> {
    const user = this.connect("192.0.2.9");
    const offer = offerOf(user);
    const invite = await inviteProof(await signerOfLink(link), offer, username);
    const proof = key?.proof(offer, username);
    return {
      arrives: () => user.sends({ code: 102, client: "test/1", ref: "hello", username, invite, ...proof }),
      async settled() {
        // The invite counts once no other hub can have used it up.
        while (user.session.busy !== undefined) await user.session.busy;
        return user;
      },
    };
  }

  /** Closes the stores, without a word to the others. */
  close(): void {
    this.replica.close();
    this.registry.close();
    this.moderation.close();
    this.invites.close();
    this.tokens.close();
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Somebody who will show an invite. */
export interface ReadyGuest {
  /** Sends the hello. */
  arrives(): void;
  /** Waits until it is answered. */
  settled(): Promise<TestUser>;
}

/** Sends a request of a user; returns what it is answered. */
export function asks(user: TestUser, message: ClientMessage | (Omit<Moderate, "code"> & { code: 124 })) {
  user.receives();
  user.sends({ ref: "asked", ...message } as ClientMessage);
  return user.receives().filter(({ ref }) => ref === "asked");
}

/** Waits until all hubs have taken what each of them has changed. */
export async function synced(...hubs: readonly ClusterHub[]): Promise<void> {
  await Promise.all(hubs.map(({ replica }) => replica.settled()));
  const { last } = await hubs[0]!.port.facts();
  await Promise.all(hubs.map(({ replica }) => replica.reached(last)));
}
