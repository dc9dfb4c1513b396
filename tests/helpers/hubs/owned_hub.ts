/**
 * A hub of tests where names can be owned.
 *
 * @module
 */
import { generatePrivateKey } from "../../../identity/mod.ts";
import { type ClientMessage, nameSkeletons, type ServerOffer } from "../../../protocol/mod.ts";
import type { GuessGate } from "../../../server/admission/mod.ts";
import { hubIdentityOf, openRegistry, type Registry } from "../../../server/registry/mod.ts";
import type { Moderation } from "../../../server/moderation/mod.ts";
import { assertEquals } from "../assert.ts";
import type { TestKey } from "../clients/test_key.ts";
import { START, TestHub, type TestUser } from "./test_hub.ts";

const DAY_MS = 86_400_000;

/** The key of every {@linkcode OwnedHub}. */
export const OWNED_HUB_IDENTITY = await hubIdentityOf(await generatePrivateKey("hub"));

/** A hub where names can be owned. */
export class OwnedHub extends TestHub {
  /** Who owns what. */
  readonly registry: Registry;

  /**
   * Creates a hub without users.
   *
   * @param registry who owns what; by default nobody owns anything, and nothing is stored
   * @param history stores messages, if the hub has a history
   * @param moderation who is banned or muted, and who moderates, if anybody does
   * @param codeGate limits how fast codes are guessed, if anything does
   */
  constructor(
    registry = registryIn(undefined),
    history?: ConstructorParameters<typeof TestHub>[0],
    moderation?: Moderation,
    codeGate?: GuessGate,
  ) {
    super(history, undefined, { registry, identity: OWNED_HUB_IDENTITY, codeGate }, moderation);
    this.registry = registry;
  }

  /** Connects somebody with a key, who asks for a name. */
  comes(
    key: TestKey,
    username: string,
    more: Partial<ClientMessage & { code: 102 }> = {},
    address?: string,
  ): TestUser {
    const user = this.connect(address);
    const proof = key.proof(offerOf(user), username);
    user.sends({ code: 102, client: "test/1", username, ...proof, ...more });
    return user;
  }

  /** Connects somebody with a key, who says something and so owns the name; everyone's messages are discarded. */
  owns(key: TestKey, username: string, ...others: TestUser[]): TestUser {
    const user = this.comes(key, username);
    user.sends({ code: 100, message: "hello" });
    for (const other of [user, ...others]) other.receives();
    return user;
  }
}

/**
 * Opens a registry as a hub does.
 *
 * @param folder the data folder; `undefined` to keep all in memory
 * @param days how many days a name is owned without being used
 */
export function registryIn(folder: string | undefined, days = 90): Registry {
  return openRegistry({
    folder,
    nameMs: days * DAY_MS,
    skeletons: nameSkeletons,
    now: START,
    report: (text) => assertEquals(text, ""),
  });
}

/** Takes the offer of the hub from the first message to a user. */
export function offerOf(user: TestUser): { identity: string; nonce: string } {
  const { server } = user.receives()[0]! as unknown as { server: ServerOffer };
  return { identity: server.identity!, nonce: server.nonce };
}
