/**
 * Asks a person whether a hub is the one that was meant.
 *
 * @module
 */
import { readFingerprint } from "../../protocol/mod.ts";
import type { TrustQuestion } from "./secure_connector.ts";

/** How often it is asked before silence or nonsense counts as no. */
const TRIES = 3;

/**
 * Asks whether a certificate is that of the hub. Whoever has the fingerprint or its words from elsewhere can type them,
 * and they are compared.
 *
 * @param question what is to be answered
 * @param ask shows a question and gives the line that was typed, if any
 * @returns whether it is
 */
export async function askTrust(
  { where, fingerprint, words }: TrustQuestion,
  ask: (question: string) => Promise<string | undefined>,
): Promise<boolean> {
  let text = `The hub ${where} is not known here. Its certificate:\n  ${fingerprint}\n  ${words}\n` +
    "The hub said the same at its start; ask whoever runs it.\nIs it the same? yes, no, or the fingerprint or words: ";
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
