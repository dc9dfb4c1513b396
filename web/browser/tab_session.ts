/**
 * The secret by which the hub knows this tab again, so that a page that is loaded again takes its name over.
 *
 * A tab that is duplicated copies what is stored. So the secret is stored only while the page is away: two tabs never
 * have the same one.
 *
 * @module
 */
import { keptValues } from "./kept_values.ts";

const KEY = "riftchat:session";

/**
 * Takes the secret that the page has stored when it was left, or makes one.
 *
 * @returns the secret
 */
export function tabSession(): string {
  const values = keptValues("sessionStorage");
  const session = values.getItem(KEY) || crypto.randomUUID();
  values.setItem(KEY, "");
  addEventListener("pagehide", () => values.setItem(KEY, session));
  addEventListener("pageshow", () => values.setItem(KEY, ""));
  return session;
}
