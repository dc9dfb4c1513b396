/**
 * Credentials of NATS as `nsc` makes them: an operator who signs accounts, an account that signs users.
 *
 * @module
 */
import { nkeys } from "@nats-io/nats-core/internal";

/** An operator with one account, as a server is configured with it. */
export class NatsOperator {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();
  readonly #system = nkeys.createAccount();

  /** Lines of the configuration of a server that knows the account. */
  get config(): string {
    const counts = ["subs", "data", "payload", "conn", "leaf", "imports", "exports"];
    const storage = ["mem_storage", "disk_storage", "streams", "consumer"];
    const limits = (names: string[]) => ({
      wildcards: true,
      ...Object.fromEntries(names.map((name) => [name, -1])),
    });
    const preload = [
      this.#accountLine(this.#account, limits([...counts, ...storage])),
      this.#accountLine(this.#system, limits(counts)),
    ];
    const operator = jwt(this.#operator, this.#operator.getPublicKey(), { type: "operator", version: 2 });
    return [
      `operator: ${operator}`,
      `system_account: ${this.#system.getPublicKey()}`,
      "resolver: MEMORY",
      `resolver_preload: { ${preload.join(", ")} }`,
    ].join("\n");
  }

  #accountLine(account: nkeys.KeyPair, limits: Record<string, unknown>): string {
    const key = account.getPublicKey();
    return `${key}: ${jwt(this.#operator, key, { type: "account", version: 2, limits })}`;
  }

  /**
   * Makes a file with credentials of a user of the account.
   *
   * @param path the file
   * @param permissions the claims of the user; all is allowed if not given
   */
  async writeCredentials(path: string, permissions: Record<string, unknown> = {}): Promise<void> {
    const user = nkeys.createUser();
    const userJwt = jwt(this.#account, user.getPublicKey(), {
      type: "user",
      version: 2,
      subs: -1,
      data: -1,
      payload: -1,
      ...permissions,
    });
    const seed = new TextDecoder().decode(user.getSeed());
    await Deno.writeTextFile(
      path,
      `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n` +
        `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    );
  }
}

function jwt(issuer: nkeys.KeyPair, subject: string, nats: Record<string, unknown>): string {
  const encode = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));
  const claims = {
    jti: crypto.randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: "test",
    sub: subject,
    nats,
  };
  const signed = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode(claims)}`;
  return `${signed}.${base64url(issuer.sign(new TextEncoder().encode(signed)))}`;
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
