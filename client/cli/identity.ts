/**
 * `riftchat identity`: shows, exports and imports the user's key.
 *
 * Rules: stdout has what was asked for, so that it can be piped; stderr says what was done. Nothing prints a private
 * key except `export`.
 *
 * @module
 */
import {
  formatPublicKey,
  KeyError,
  keyFingerprint,
  MAX_KEY_FILE_BYTES,
  parsePrivateKey,
  type PrivateKey,
  type PublicKey,
  signerOf,
} from "../../identity/mod.ts";
import { ConfigError, findConfigFolder } from "../config/mod.ts";
import {
  chooseIdentity,
  ensureOwnKey,
  fileOf,
  IdentityError,
  importOwnKey,
  privateKeyIn,
  readKeyFile,
  readOwnKey,
  writePublicKey,
} from "../identity/mod.ts";
import { ExitStatus, type Machine, Output, type Report, thisMachine } from "../machine/mod.ts";
import { sanitize } from "../text/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";
import { reporter } from "./subcommand.ts";

/** The options, as they were typed. */
export interface IdentityOptions {
  /** What to do; the default is `show`. */
  action?: "show" | "export" | "import" | undefined;
  /** The file to export to or to import; the default is stdout or stdin. */
  file?: string | undefined;
  /** The key to show in place of the own one; see `chooseIdentity`. */
  identity?: string | undefined;
  /** Whether an export may replace a file, and an import the own key. */
  replace?: boolean | undefined;
}

/** The command line is invalid. */
class UsageError extends Error {}

/** Where the output of an action goes. */
interface Streams {
  machine: Machine;
  out: Output;
  report: Report;
}

/**
 * Shows, exports or imports the user's key.
 *
 * @param options see {@linkcode IdentityOptions}
 * @param machine the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; errors were reported on stderr
 */
export async function identity(
  options: IdentityOptions,
  machine: Machine = thisMachine(),
): Promise<number> {
  const [out, err] = [new Output(machine.stdout), new Output(machine.stderr)];
  const report = reporter(err, machine);
  let status: number = ExitStatus.Ok;
  out.failed.then((error) => {
    if (error instanceof Deno.errors.BrokenPipe) return;
    status = ExitStatus.Fault;
    report(`Cannot write to stdout: ${reasonOf(error)}`);
  });
  try {
    checkOptions(options);
    const { action = "show" } = options;
    await ({ show, export: exportKey, import: importKey }[action])(options, { machine, out, report });
  } catch (error) {
    const isExpected = error instanceof IdentityError || error instanceof ConfigError ||
      error instanceof UsageError;
    if (!isExpected) throw error;
    status = error instanceof UsageError ? ExitStatus.Usage : ExitStatus.Fault;
    report(error.message);
  }
  await out.flush();
  await err.flush();
  return status;
}

function checkOptions({ action = "show", file, identity, replace }: IdentityOptions): void {
  if (action === "show" && file !== undefined) {
    throw new UsageError(`Cannot take ${file}: show takes no file; show another key with --identity`);
  }
  if (action === "show" && replace) throw new UsageError("Cannot take --replace: show replaces nothing");
  if (action !== "show" && identity !== undefined) {
    throw new UsageError(`Cannot take --identity: ${action} is about your own key`);
  }
}

async function show({ identity }: IdentityOptions, { machine, out, report }: Streams): Promise<void> {
  if (identity !== undefined) {
    out.write(await described(await chooseIdentity(identity, machine)));
    return;
  }
  const folder = await findConfigFolder();
  const { privateKey, path, isNew } = await ensureOwnKey(folder);
  await checkWhole(privateKey, path);
  if (isNew) report("made a new key, as there was none");
  else await writePublicKey(folder, privateKey);
  out.write(await described(privateKey) + `private key: ${sanitize(path)}\n`);
}

async function described({ key, comment }: PublicKey): Promise<string> {
  return `fingerprint: ${await keyFingerprint(key)}\npublic key:  ${
    sanitize(formatPublicKey({ key, comment }))
  }\n`;
}

/** Checks that both halves of a key belong together. */
async function checkWhole(privateKey: PrivateKey, source: string): Promise<void> {
  try {
    await signerOf(privateKey);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new IdentityError(`Cannot use the key ${source}: ${error.message}`, { cause: error });
  }
}

async function exportKey({ file = "-", replace = false }: IdentityOptions, streams: Streams): Promise<void> {
  const { out, report } = streams;
  const folder = await findConfigFolder();
  const privateKey = await readOwnKey(folder);
  if (privateKey === undefined) {
    throw new IdentityError("Cannot export your key: you have none; riftchat identity makes one");
  }
  if (file === "-") out.write(fileOf(privateKey));
  else await writeFile(file, fileOf(privateKey), replace);
  const fingerprint = await keyFingerprint(privateKey.key);
  report(`exported the key ${fingerprint}${file === "-" ? "" : ` to ${file}`}: whoever has it is you`);
}

async function writeFile(path: string, text: string, replace: boolean): Promise<void> {
  try {
    using file = await Deno.open(path, {
      write: true,
      mode: 0o600,
      ...replace ? { create: true, truncate: true } : { createNew: true },
    });
    // A file that is replaced keeps its mode.
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  } catch (error) {
    const reason = error instanceof Deno.errors.AlreadyExists
      ? "there is such a file; give another name, or --replace"
      : reasonOf(error);
    throw new IdentityError(`Cannot export your key to ${path}: ${reason}`, { cause: error });
  }
}

async function importKey({ file = "-", replace = false }: IdentityOptions, streams: Streams): Promise<void> {
  const { report } = streams;
  const source = file === "-" ? "on stdin" : file;
  const privateKey = file === "-" ? await readStdin(streams) : await readFile(file);
  await checkWhole(privateKey, source);
  const { path, isSame, replacedAt } = await importOwnKey(await findConfigFolder(), privateKey, { replace });
  const fingerprint = await keyFingerprint(privateKey.key);
  if (isSame) return void report(`the key ${fingerprint} is yours already: it is in ${path}`);
  report(`imported the key ${fingerprint}: it is in ${path}`);
  if (replacedAt !== undefined) report(`your key before is now in ${replacedAt}`);
}

async function readFile(path: string): Promise<PrivateKey> {
  const file = await readKeyFile(path);
  if (file === undefined) throw new IdentityError(`Cannot import ${path}: it does not exist`);
  return privateKeyIn(path, file);
}

async function readStdin({ machine, report }: Streams): Promise<PrivateKey> {
  if (machine.stdinIsTerminal) {
    await report("paste the private key, with its first and last line, and press Enter");
  }
  const utf8 = new TextDecoder();
  let text = "";
  for await (const part of machine.stdin()) {
    text += utf8.decode(part, { stream: true });
    // On a terminal the input does not end by itself.
    if (text.length > MAX_KEY_FILE_BYTES || /^-----END .+-----\r?\n/m.test(text)) break;
  }
  try {
    return parsePrivateKey(text);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new IdentityError(`Cannot import the key on stdin: ${error.message}`, { cause: error });
  }
}
