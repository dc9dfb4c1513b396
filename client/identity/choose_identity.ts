/**
 * Finds the key that the user wants to use: the own one, the one in a file, or one in ssh-agent.
 *
 * @module
 */
import { KeyError, parsePublicKey, type Signer, signerOf } from "../../identity/mod.ts";
import { type AgentMachine, agentSigner } from "./agent.ts";
import { cannotUse, privateKeyIn, readKeyFile } from "./key_file.ts";

/** The value of `--identity` for the key in ssh-agent. */
export const AGENT = "agent";

/**
 * Finds the key that `--identity` names.
 *
 * @param identity the path of a file with a private key; that of a public key, whose private key ssh-agent has; or
 * `agent` for the only Ed25519 key that ssh-agent has
 * @param machine the environment, and a clock for the agent
 * @returns signs with that key
 * @throws {IdentityError} if the key cannot be used
 */
export async function chooseIdentity(identity: string, machine: AgentMachine): Promise<Signer> {
  if (identity === AGENT) return await agentSigner(undefined, machine);
  const file = await readKeyFile(identity);
  if (file === undefined) throw cannotUse(identity, new KeyError("it does not exist"));
  try {
    if (looksPublic(file.text)) return await agentSigner(parsePublicKey(file.text), machine);
    return await signerOf(privateKeyIn(identity, file));
  } catch (error) {
    throw error instanceof KeyError ? cannotUse(identity, error) : error;
  }
}

/** Whether a text begins as the line of a public key does, of any type. */
function looksPublic(text: string): boolean {
  return /^\s*(?:ssh-|ecdsa-|sk-)/.test(text);
}
