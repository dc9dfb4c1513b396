/**
 * Asks for the link of an invite where `-` stands for it, so that it need not stand in the list of processes.
 *
 * On a terminal the link is typed or pasted without being shown. Otherwise it is the first line of stdin; what follows
 * is the input of the command.
 *
 * @module
 */
import type { Machine } from "./machine.ts";
import type { Report } from "./output.ts";

/** What stands for the link. */
const ASK = "-";

/** More than a link may have. */
const MAX_LINK_BYTES = 4096;

/**
 * Replaces `-` by the link that the user gives.
 *
 * @param options the options of a command
 * @param machine the machine
 * @param context receives why there is no link; gives up when the signal is aborted
 * @returns the options with the link, and the machine with the rest of its stdin; `undefined` if there is no link
 */
export async function withLink<Options extends { address?: string | undefined }>(
  options: Options,
  machine: Machine,
  { report, signal }: { report: Report; signal: AbortSignal },
): Promise<{ options: Options; machine: Machine } | undefined> {
  if (options.address !== ASK) return { options, machine };
  let stdin = machine.stdin;
  let link: string | undefined;
  if (machine.askSecret !== undefined) link = await machine.askSecret("Link of the invite: ", signal);
  else if (!machine.stdinIsTerminal) {
    const { line, rest } = await firstLine(machine.stdin());
    link = line;
    stdin = () => rest;
  }
  const address = link?.trim() ?? "";
  if (address === "" || address === ASK) {
    report(
      machine.stdinIsTerminal
        ? "cannot join: you gave no link"
        : "cannot join -: the first line of stdin must be the link of an invite: it is empty",
    );
    return undefined;
  }
  return { options: { ...options, address }, machine: { ...machine, stdin } };
}

/** Reads the first line of a stream; the rest can be read from another one. */
async function firstLine(
  stream: ReadableStream<Uint8Array>,
): Promise<{ line: string; rest: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader();
  let read = new Uint8Array(0);
  let end = -1;
  while (end < 0 && read.length <= MAX_LINK_BYTES) {
    const { value, done } = await reader.read();
    if (done) break;
    const joined = new Uint8Array(read.length + value.length);
    joined.set(read);
    joined.set(value, read.length);
    read = joined;
    end = read.indexOf(0x0a);
  }
  const line = new TextDecoder().decode(end < 0 ? read : read.subarray(0, end));
  let before: Uint8Array | undefined = end < 0 ? undefined : read.slice(end + 1);
  const rest = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (before !== undefined && before.length > 0) {
        controller.enqueue(before);
        before = undefined;
        return;
      }
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { line, rest };
}
