/**
 * What axe-core finds on a page: faults that keep people with screen readers, keyboards or weak sight from using it.
 *
 * @module
 */
import axe from "axe-core";
import type { Page } from "./page.ts";

interface Violation {
  id: string;
  help: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/**
 * Checks a page as it is now, with all rules of axe-core.
 *
 * @param page the page
 * @returns a text for each fault: the rule, where it is, and what to do
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(`if (globalThis.axe === undefined) { ${axe.source} }; true`);
  const violations: Violation[] = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`)
  );
}
