/**
 * A hub of tests with an operator.
 *
 * @module
 */
import type { Body, ClientMessage, Moderate } from "../../../protocol/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import type { Registry } from "../../../server/registry/mod.ts";
import { assertEquals } from "../assert.ts";
import { TestKey } from "../clients/test_key.ts";
import { OwnedHub, registryIn } from "./owned_hub.ts";
import { START, type TestUser } from "./test_hub.ts";

/** What a test says of a 124. */
export type Action = Moderate extends infer One ? One extends Moderate ? Omit<One, "code"> : never : never;

/** A hub with an operator, whose address is 198.51.100.1. */
export class ModeratedHub extends OwnedHub {
  /** Who is banned or muted, and who moderates. */
  readonly moderation: Moderation;
  /** The key of the operator. */
  readonly opKey: TestKey;
  /** The operator, under the name `op`. */
  readonly op: TestUser;

  private constructor(registry: Registry, moderation: Moderation, opKey: TestKey, history?: History) {
    super(registry, history, moderation);
    this.moderation = moderation;
    this.opKey = opKey;
    this.op = this.comes(opKey, "op", {}, "198.51.100.1");
    this.op.sends({ code: 100, message: "I keep order" });
    this.op.receives();
  }

  /** Opens a hub whose operator is here; `history` stores its messages. */
  static async open(
    { contact, history }: { contact?: string; history?: History } = {},
  ): Promise<ModeratedHub> {
    const registry = registryIn(undefined);
    const opKey = await TestKey.make();
    const moderation = openModeration({
      folder: undefined,
      now: START,
      names: registry.names,
      contact,
      report: (text) => assertEquals(text, ""),
    });
    moderation.setOperatorsFile([{ key: opKey.key, comment: "op@example.com" }]);
    return new ModeratedHub(registry, moderation, opKey, history);
  }

  /** Connects somebody with a key, who says something and so owns the name, from an address. */
  ownsAt(address: string, key: TestKey, username: string): TestUser {
    const user = this.comes(key, username, {}, address);
    user.sends({ code: 100, message: "hello" });
    return user;
  }

  /** Connects somebody without a key, from an address. */
  guest(username: string, address?: string, more: Partial<ClientMessage & { code: 102 }> = {}): TestUser {
    const user = this.connect(address);
    user.sends({ code: 102, client: "test/1", username, ...more });
    return user;
  }

  /** Moderates as a user, by default the operator; returns the answer. What everybody received before is discarded. */
  does(action: Action, user: TestUser = this.op, ...others: TestUser[]): Body {
    for (const one of [user, this.op, ...others]) one.receives();
    user.sends({ code: 124, ref: "m", ...action } as Moderate);
    const answers = user.receives().filter(({ ref }) => ref === "m");
    assertEquals(answers.length, 1);
    return answers[0]!;
  }
}
