/**
 * What a screen reader says by itself as a page changes: the text that is added to its live regions (WAI-ARIA 1.2,
 * section 6.6), except while a region is busy.
 *
 * @module
 */
import type { Page } from "./page.ts";

/** Collects what is announced; for `PageOptions.before`. */
export const ANNOUNCEMENTS = `(() => {
  globalThis.__announced = [];
  const implied = { log: "polite", status: "polite", alert: "assertive" };
  const regionOf = (element) => {
    for (; element; element = element.parentElement) {
      const live = element.getAttribute("aria-live") ?? implied[element.getAttribute("role")];
      if (live !== undefined && live !== null) return live === "off" ? undefined : element;
    }
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes, type } of changes) {
      const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      const region = regionOf(element);
      if (region === undefined || region.closest("[aria-busy=true]")) continue;
      for (const node of type === "characterData" ? [target] : addedNodes) {
        const text = node.textContent.trim();
        if (text !== "") __announced.push(text);
      }
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
})()`;

/**
 * Returns what was announced since the page was loaded.
 *
 * @param page a page with {@linkcode ANNOUNCEMENTS}
 * @returns the texts, in order
 */
export function announced(page: Page): Promise<string[]> {
  return page.evaluate("__announced");
}
