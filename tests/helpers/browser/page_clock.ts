/**
 * The clock and timers of a page, which a test can put ahead. Time goes on as it does; {@linkcode leap} adds to it, and
 * runs the timers that are due meanwhile in their order. Virtual time of the browser is no way: the protocol cannot end
 * it, and the answers of a real hub take none of it.
 *
 * @module
 */
import type { Page } from "./page.ts";

/** Replaces the clock and the timers of a page; for `PageOptions.before`. */
export const PAGE_CLOCK = `(() => {
  const { setTimeout, clearTimeout, Date } = globalThis;
  const now = performance.now.bind(performance);
  const timers = new Map();
  let ahead = 0, last = 0;
  performance.now = () => now() + ahead;
  globalThis.Date = class extends Date {
    constructor(...parts) {
      if (parts.length === 0) super(Date.now() + ahead);
      else super(...parts);
    }
    static now() {
      return Date.now() + ahead;
    }
  };
  const arm = (timer) => {
    clearTimeout(timer.real);
    timer.real = setTimeout(timer.run, Math.max(0, timer.due - performance.now()));
  };
  globalThis.setTimeout = (run, ms = 0, ...args) => {
    const id = ++last;
    const timer = {
      due: performance.now() + ms,
      run: () => {
        clearTimeout(timer.real);
        timers.delete(id);
        run(...args);
      },
    };
    timers.set(id, timer);
    arm(timer);
    return id;
  };
  globalThis.clearTimeout = (id) => {
    clearTimeout(timers.get(id)?.real);
    timers.delete(id);
  };
  globalThis.__leap = async (ms) => {
    const end = performance.now() + ms;
    for (;;) {
      const next = [...timers.values()].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      ahead += Math.max(0, next.due - performance.now());
      next.run();
      await new Promise((resolve) => setTimeout(resolve));
    }
    ahead += Math.max(0, end - performance.now());
    timers.forEach(arm);
  };
})()`;

/**
 * Puts the clock of a page ahead.
 *
 * @param page a page with {@linkcode PAGE_CLOCK}
 * @param ms how far, in milliseconds
 */
export async function leap(page: Page, ms: number): Promise<void> {
  await page.evaluate(`__leap(${ms})`);
}
