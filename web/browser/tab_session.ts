/**
 * The secret by which the hub knows this tab again, so that a page that is loaded again takes its name over.
 *
 * A tab that is duplicated copies what is stored. So the secret is stored only while the page is away: two tabs never
 * have the same one.
 *
 * @module
 */

const KEY = "riftchat:session";

/**
 * Takes the secret that the page has stored when it was left, or makes one.
 *
 * @returns the secret
 */
export function tabSession(): string {
  const session = sessionStorage.getItem(KEY) ?? crypto.randomUUID();
  sessionStorage.removeItem(KEY);
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, session));
  addEventListener("pageshow", () => sessionStorage.removeItem(KEY));
  return session;
}
