/**
 * Writes `cli/front_page.ts`, the output of `riftchat --help`, from the definitions of the commands, so that printing
 * it loads none of them. `deno task man` runs this; a test checks that the file is up to date.
 *
 * @module
 */
import { FRONT_PAGE_COLUMNS, makeProgram } from "../cli/mod.ts";

const MODULE = new URL("../cli/front_page.ts", import.meta.url);

/**
 * Makes the front page of help.
 *
 * @returns the help of the program, as commander prints it
 */
export async function frontPage(): Promise<string> {
  const program = await makeProgram({ wanted: undefined });
  let page = "";
  program.configureOutput({ writeOut: (part) => page += part, getOutHelpWidth: () => FRONT_PAGE_COLUMNS });
  program.outputHelp();
  return page;
}

if (import.meta.main) {
  await Deno.writeTextFile(
    MODULE,
    `/**
 * The front page of help. Made by \`deno task man\` from the definitions of the commands.
 *
 * @module
 */

/** The columns that the front page needs. */
export const FRONT_PAGE_COLUMNS = ${FRONT_PAGE_COLUMNS};

/** What \`riftchat --help\` shows. */
export const FRONT_PAGE = \`${(await frontPage()).replace(/[\\`$]/g, "\\$&")}\`;
`,
  );
}
