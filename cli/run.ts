/**
 * Runs the program: from the arguments to the exit status.
 *
 * Rules:
 * - The front page of the help and the version must be fast, so they load neither the parser nor any definition.
 * - Everything that imports a package is loaded after the permissions are dropped: neither this file nor what it
 *   imports may import one.
 *
 * @module
 */
import { errorText, sanitizeLines, writeText } from "../runtime/mod.ts";
import { FRONT_PAGE, FRONT_PAGE_COLUMNS } from "./front_page.ts";
import { dropPermissionsBeforeParsing, dropPermissionsExcept } from "./permissions.ts";
import { VERSION_LINE } from "./version.ts";

/** The exit status of all subcommands for an internal or system error. */
const INTERNAL_ERROR = 1;

/**
 * Runs the program. It drops the permissions that the subcommand does not need.
 *
 * @param args the arguments; without any, it prints the help
 * @returns the exit status; errors are printed on stderr
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const answer = args.length <= 1 ? quickAnswer(args[0]) : undefined;
    if (answer === undefined) {
      dropPermissionsBeforeParsing(args);
      return await (await import("./parse.ts")).parse(args);
    }
    dropPermissionsExcept([]);
    await writeText(Deno.stdout, answer);
    return 0;
  } catch (error) {
    const text = isSystemError(error)
      ? errorText(`system error: ${error.message}`)
      : `riftchat: internal error: ${sanitizeLines(Deno.inspect(error)).join("\n")}\n`;
    await writeText(Deno.stderr, text);
    return INTERNAL_ERROR;
  }
}

/** Tells whether the system caused an error, such as ENOSPC when stdout is a file on a full disk. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}

function quickAnswer(argument: string | undefined): string | undefined {
  switch (argument) {
    case "-V":
    case "--version":
      return `${VERSION_LINE}\n`;
    case undefined:
    case "-h":
    case "--help":
    case "help":
      // On a narrower terminal the lines must be wrapped, which `program.ts` does.
      return Deno.stdout.isTerminal() && Deno.consoleSize().columns < FRONT_PAGE_COLUMNS
        ? undefined
        : FRONT_PAGE;
    default:
      return undefined;
  }
}
