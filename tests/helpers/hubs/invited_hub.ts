/**
 * A hub of tests with invites.
 *
 * @module
 */
import {
  INVITE_NAMESPACE,
  inviteSigner,
  inviteStatement,
  parseInviteSecret,
  type Signer,
  signMessage,
  toBase64,
} from "../../../identity/mod.ts";
import type { ClientMessage } from "../../../protocol/mod.ts";
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import { InviteManager, type InviteRecord, loadInviteParts } from "../../../server/invites/mod.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import type { Registry } from "../../../server/registry/mod.ts";
import { assertEquals } from "../assert.ts";
import type { TestKey } from "../clients/test_key.ts";
import { offerOf, OWNED_HUB_IDENTITY, registryIn } from "./owned_hub.ts";
import { START, TestHub, type TestUser } from "./test_hub.ts";

/** What a hub with invites is like. */
export interface InvitedHubOptions {
  /** Its password, if it has one. */
  password?: string;
  /** Whether it lets in only owners of names, and those with an invite. */
  only?: boolean;
  /** The data folder for the invites; by default they are in memory. */
  folder?: string;
  /** The keys of operators. */
  operators?: string[];
}

/** A hub with invites. */
export class InvitedHub extends TestHub {
  /** Who owns what. */
  readonly registry: Registry;
  /** Who is banned, and who moderates. */
  readonly moderation: Moderation;
  /** The invites. */
  readonly manager: InviteManager;
  /** What was recorded for the audit. */
  readonly records: InviteRecord[];

  private constructor(
    options: InvitedHubOptions,
    registry: Registry,
    parts: Awaited<ReturnType<typeof loadInviteParts>>,
  ) {
    const { password, only = false, operators = [] } = options;
    const gate = password === undefined ? undefined : new PasswordGate((given) => given === password);
    const records: InviteRecord[] = [];
    let manager: InviteManager | undefined;
    const report = (text: string) => assertEquals(text, "");
    const moderation = openModeration({ folder: undefined, names: registry.names, now: START, report });
    for (const key of operators) moderation.addOperator(key, "", START);
    super(undefined, gate, { registry, identity: OWNED_HUB_IDENTITY }, moderation, (clock) => {
      manager = new InviteManager({
        ...parts,
        registry,
        identity: OWNED_HUB_IDENTITY,
        clock,
        only,
        record: (record) => void records.push(record),
        failed: (error) => {
          throw error;
        },
      });
      manager.start({ host: "192.0.2.7", port: 8000, tlsPort: undefined }, "");
      return { invites: manager.desk };
    });
    this.registry = registry;
    this.moderation = moderation;
    this.manager = manager!;
    this.records = records;
  }

  /**
   * Makes a hub.
   *
   * @param options see {@linkcode InvitedHubOptions}
   */
  static async make(options: InvitedHubOptions = {}): Promise<InvitedHub> {
    const report = (text: string) => assertEquals(text, "");
    const parts = await loadInviteParts({ folder: options.folder, now: START, report });
    return new InvitedHub(options, registryIn(undefined), parts);
  }

  /** Makes an invite, as the operator on the machine does; returns its link and its id. */
  invite(wanted: { uses?: number; expiresMs?: number; room?: string; name?: string } = {}): Invitation {
    const answer = this.manager.handle({ do: "make invite", ...wanted });
    if (answer === undefined || !("link" in answer)) throw new Error("no link");
    return { link: answer.link, id: answer.invite.id };
  }

  /** Connects somebody with an invite, and with a key if one is given; the answers wait at the user. */
  async shows(
    link: string,
    more: Partial<ClientMessage & { code: 102 }> = {},
    key?: TestKey,
  ): Promise<TestUser> {
    const user = this.connect();
    await this.showsAgain(user, offerOf(user), link, more, key);
    return user;
  }

  /** Sends a hello with an invite. */
  async showsAgain(
    user: TestUser,
    offer: { identity: string; nonce: string },
    link: string,
    more: Partial<ClientMessage & { code: 102 }> = {},
    key?: TestKey,
  ): Promise<void> {
    const { username } = more;
    const invite = await inviteProof(await signerOfLink(link), offer, username);
    const proof = key === undefined ? {} : key.proof(offer, username ?? "");
    user.sends({ code: 102, client: "test/1", invite, ref: "hello", ...proof, ...more });
  }
}

/** A link and the id of its invite. */
export interface Invitation {
  /** The link. */
  link: string;
  /** The id. */
  id: string;
}

/** Makes what signs with the token of a link. */
export function signerOfLink(link: string): Promise<Signer> {
  return inviteSigner(parseInviteSecret(link.split("#")[1]!).token);
}

/** Signs with an invite, as a client does in its hello. */
export async function inviteProof(
  signer: Signer,
  { identity, nonce }: { identity: string; nonce: string },
  username = "",
): Promise<string> {
  const message = new TextEncoder().encode(inviteStatement(identity, nonce, username));
  return toBase64(await signMessage(signer, { namespace: INVITE_NAMESPACE, message }));
}
