/**
 * Hubs of a cluster, as far as their people go: what they tell each other is read when the test wants it.
 *
 * @module
 */
import type { ClientMessage } from "../../../protocol/mod.ts";
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import type { History } from "../../../server/history/mod.ts";
import type { HubCluster } from "../../../server/hub/mod.ts";
import { InviteManager, loadInviteParts } from "../../../server/invites/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import type { Registry } from "../../../server/registry/mod.ts";
import type { HubStart, PeopleEvent } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../assert.ts";
import type { TestKey } from "../clients/test_key.ts";
import { DataFolder } from "./history.ts";
import { offerOf, OWNED_HUB_IDENTITY } from "./owned_hub.ts";
import { silentLog } from "./silent_log.ts";
import { START, TestHub, type TestUser } from "./test_hub.ts";

/** Where everybody is who comes. */
export const ADDRESS = "192.0.2.9";

/** The password of hubs that ask for one. */
export const PASSWORD = "the password";

const inviteParts = await loadInviteParts({
  folder: undefined,
  now: START,
  report: (text) => assertEquals(text, ""),
});

/** What the hubs have told, which they read when the test wants it. */
export class PeopleLog {
  /** What they have told, with the hub that did. */
  readonly events: { event: PeopleEvent; from: HubStart }[] = [];

  /** The names that were taken. */
  get taken(): string[] {
    return this.events.flatMap(({ event }) => event.kind === "take" ? [event.by.name] : []);
  }
}

/** What a hub lets in. */
export interface Door {
  /** Whether it asks for {@linkcode PASSWORD}. */
  password?: boolean;
  /** Whether newcomers need an invite. */
  inviteOnly?: boolean;
}

/** A hub of a cluster, as far as its people go. */
export class PeopleHub extends TestHub implements Disposable {
  /** The bans of the hub. */
  readonly moderation: Moderation;
  /** The names that it has given by `has`. */
  readonly given: string[] = [];
  readonly #log: PeopleLog;
  readonly #folder: DataFolder;
  readonly #history: History;
  #read = 0;

  /** Starts a hub that shares a log with others. */
  constructor(id: string, log: PeopleLog, registry: Registry, { password, inviteOnly }: Door = {}) {
    const folder = new DataFolder();
    const history = folder.open();
    const from: HubStart = { hub: id, epoch: "1" };
    const cluster: HubCluster = {
      log: silentLog(from),
      tell: (event) => log.events.push({ event: structuredClone(event), from }) > 0,
      announce() {},
    };
    const moderation = openModeration({
      folder: undefined,
      names: registry.names,
      now: START,
      report: (text) => assertEquals(text, ""),
    });
    const gate = password ? new PasswordGate((given) => given === PASSWORD) : undefined;
    super(history, gate, { registry, identity: OWNED_HUB_IDENTITY }, moderation, (clock) => ({
      cluster,
      ...inviteOnly
        ? {
          invites: new InviteManager({
            ...inviteParts,
            registry,
            identity: OWNED_HUB_IDENTITY,
            clock,
            only: true,
            failed: (error) => {
              throw error;
            },
          }).desk,
        }
        : {},
    }));
    this.moderation = moderation;
    this.#log = log;
    this.#folder = folder;
    this.#history = history;
  }

  /** Reads what the hubs have told, until nobody tells more. */
  async reads(): Promise<void> {
    for (;;) {
      while (this.#read < this.#log.events.length) {
        const { event, from } = this.#log.events[this.#read++]!;
        this.hub.tellPeople(event, from);
      }
      // Requests go on in tasks of their own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.#read === this.#log.events.length) return;
    }
  }

  /** Connects somebody who asks for a name, with a key or without one. */
  comes(username: string, key?: TestKey, more: Partial<ClientMessage & { code: 102 }> = {}): TestUser {
    const user = this.connect(ADDRESS);
    const proof = key?.proof(offerOf(user), username);
    user.sends({ code: 102, client: "test/1", username, ref: "hello", ...proof, ...more });
    return user;
  }

  /** Connects somebody who gets a name; what it has received is discarded. */
  async has(username: string): Promise<TestUser> {
    const user = this.comes(username);
    await this.reads();
    assertEquals(outcome(user), username);
    this.given.push(username);
    return user;
  }

  /** Removes its history. */
  [Symbol.dispose](): void {
    this.#history.close();
    this.#folder[Symbol.dispose]();
  }
}

/** How a request was answered: the name that its user has got, or why not. */
export function outcome(user: TestUser): unknown {
  const answer = user.receives().find(({ code }) => code === 210 || code === 206);
  return answer?.["code"] === 210 ? answer["username"] : answer?.["error"];
}
