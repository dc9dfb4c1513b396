/**
 * Asks the user whether a certificate is that of the hub.
 *
 * @module
 */
import { readFingerprint } from "../../identity/mod.ts";
import type { TrustQuestion } from "./secure_connector.ts";

/** How often the question is asked. An answer that cannot be read counts as no after the last one. */
const TRIES = 3;

/**
 * Asks whether a certificate is that of the hub. The user can also type the fingerprint or its words, as the hub's
 * operator has given them; they are compared.
 *
 * @param question the hub and its certificate
 * @param ask shows a question; resolves with the typed line, or `undefined` if there is none
 * @returns whether the user accepts the certificate
 */
export async function askTrust(
  { where, fingerprint, words }: TrustQuestion,
  ask: (question: string) => Promise<string | undefined>,
): Promise<boolean> {
  let text =
    `The hub ${where} is not known on this machine. Its certificate:\n  ${fingerprint}\n  ${words}\n` +
    "Compare it with what the hub printed at its start, or ask its operator.\n" +
    "Is it the same? Type yes, no, or the fingerprint or words to compare: ";
  for (let tries = 0; tries < TRIES; tries++) {
    const line = await ask(text);
    if (line === undefined) return false;
    const answer = line.trim().replace(/\s+/g, " ");
    if (/^(no?)$/i.test(answer)) return false;
    if (/^yes$/i.test(answer)) return true;
    if (answer.toLowerCase() === words || readFingerprint(answer) === fingerprint) return true;
    if (readFingerprint(answer) !== undefined || answer.includes(" ")) return false;
    text = "Type yes, no, or the fingerprint or words to compare: ";
  }
  return false;
}
