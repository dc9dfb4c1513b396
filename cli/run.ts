/**
 * From the arguments to the exit status.
 *
 * Rules: whoever asks what this is has the answer at once, so the front page of help and the version need nothing that
 * takes long to load; all else is parsed.
 *
 * @module
 */
import { writeText } from "../runtime/mod.ts";
import { FRONT_PAGE, FRONT_PAGE_COLUMNS } from "./front_page.ts";
import { keepOnly } from "./permissions.ts";
import { VERSION_LINE } from "./version.ts";

/** A fault of the program, as all subcommands tell the shell. */
const FAULT = 1;

/**
 * Does what the arguments say. Permissions that are not needed for it are gone afterwards.
 *
 * @param args the arguments; without any, help is shown
 * @returns the exit status; what went wrong was told on stderr
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const answer = args.length <= 1 ? answerTo(args[0]) : undefined;
    if (answer === undefined) return await (await import("./parse.ts")).parse(args);
    keepOnly([]);
    await writeText(Deno.stdout, answer);
    return 0;
  } catch (error) {
    const fault = isOfTheSystem(error)
      ? `riftchat: the system refused: ${error.message}`
      : `riftchat: a fault of its own: ${Deno.inspect(error)}`;
    await writeText(Deno.stderr, `${fault}\n`);
    return FAULT;
  }
}

/** Whether an error is the machine's and no fault of the program, such as ENOSPC when stdout is a file on a full disk. */
function isOfTheSystem(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}

function answerTo(argument: string | undefined): string | undefined {
  switch (argument) {
    case "-V":
    case "--version":
      return `${VERSION_LINE}\n`;
    case undefined:
    case "-h":
    case "--help":
    case "help":
      // Where there is less room, lines are to be broken between words.
      return Deno.stdout.isTerminal() && Deno.consoleSize().columns < FRONT_PAGE_COLUMNS
        ? undefined
        : FRONT_PAGE;
    default:
      return undefined;
  }
}
