/**
 * The program with a time of day that jumps: it is ahead by the number of milliseconds in the file
 * {@linkcode clockFile}, which is read again several times a second. Everything else is the real program.
 *
 * Usage: `jumping_hub.ts serve --data FOLDER …`
 *
 * @module
 */

/** How often the file is read, in milliseconds. */
const READ_EVERY_MS = 100;

/**
 * Returns the path of the file that sets the clock.
 *
 * @param folder the data folder of the hub
 */
export function clockFile(folder: string): string {
  return `${folder}.clock`;
}

if (import.meta.main) {
  const path = clockFile(Deno.args[Deno.args.indexOf("--data") + 1]!);
  const aheadMs = () => {
    try {
      return Number(Deno.readTextFileSync(path));
    } catch {
      return 0;
    }
  };
  let ahead = aheadMs();
  const now = Date.now.bind(Date);
  Date.now = () => now() + ahead;
  Deno.unrefTimer(setInterval(() => ahead = aheadMs(), READ_EVERY_MS));
  await import("../../../main.ts");
}
