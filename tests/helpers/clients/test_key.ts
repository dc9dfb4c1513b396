/**
 * The key of a person, which signs at once.
 *
 * @module
 */
import {
  generatePrivateKey,
  HELLO_NAMESPACE,
  helloStatement,
  loadSyncSigning,
  type PrivateKey,
  publicKeyBlob,
  toBase64,
} from "../../../identity/mod.ts";

const { syncSignerOf } = await loadSyncSigning();

/** The key of a person. */
export class TestKey {
  /** The public key, as it is in a 102. */
  readonly key: string;
  readonly #sign: ReturnType<typeof syncSignerOf>;

  /**
   * Uses a private key.
   *
   * @param privateKey the key
   */
  constructor(privateKey: PrivateKey) {
    this.key = toBase64(publicKeyBlob(privateKey.key));
    this.#sign = syncSignerOf(privateKey);
  }

  /** Makes a new key. */
  static async make(): Promise<TestKey> {
    return new TestKey(await generatePrivateKey("test"));
  }

  /** Signs what a hello says; returns its fields `key` and `signature`. */
  proof(
    { identity, nonce }: { identity: string; nonce: string },
    username: string,
    namespace = HELLO_NAMESPACE,
  ): { key: string; signature: string } {
    const message = new TextEncoder().encode(helloStatement(identity, nonce, username));
    return { key: this.key, signature: toBase64(this.#sign({ namespace, message })) };
  }
}
