/**
 * `riftchat audit`: prints what was done by those who moderate. A running hub is asked; otherwise the data folder is
 * used.
 *
 * @module
 */
import { sanitize } from "../../runtime/mod.ts";
import { type AuditInfo, OperatorError } from "../control/mod.ts";
import { MAX_AUDIT_PAGE } from "../limits.ts";
import { reportingErrors } from "../offline/mod.ts";
import { askModeration } from "./operators.ts";
import { StdoutWriter } from "./streams.ts";

/** Which entries are printed, and how. */
export interface AuditOptions {
  /** Only those since then, in milliseconds since 1970. */
  since: number | undefined;
  /** How many of the newest ones. */
  count: number;
  /** Whether each is a line of JSON. */
  json: boolean;
}

/**
 * Prints entries of the audit, the oldest first.
 *
 * @param folder the data folder
 * @param options see {@linkcode AuditOptions}
 * @returns the exit status; errors were printed on stderr
 */
export function audit(folder: string, { since, count, json }: AuditOptions): Promise<number> {
  return reportingErrors(async () => {
    const entries: AuditInfo[] = [];
    while (entries.length < count) {
      const before = entries.at(-1)?.id;
      const wanted = Math.min(count - entries.length, MAX_AUDIT_PAGE);
      const { answer } = await askModeration(folder, {
        do: "read audit",
        ...since === undefined ? {} : { since },
        ...before === undefined ? {} : { before },
        count: wanted,
      });
      if (answer === undefined || !("audit" in answer)) {
        throw new OperatorError("Cannot read the answer of the hub: it is another version than this program");
      }
      entries.push(...answer.audit);
      if (answer.audit.length < wanted) break;
    }
    const out = new StdoutWriter();
    for (const entry of entries.reverse()) await out.write(json ? recordOf(entry) : auditText(entry));
    if (entries.length === 0 && !json) await out.write("nothing was done\n");
    await out.flush();
  });
}

/**
 * Formats an entry for people.
 *
 * @param entry the entry
 * @returns one line, such as `2026-11-27 22:40:05  ana  ban troll until 2026-11-28 10:00:00: spam`
 */
export function auditText({ at, by, action, target, room, until, reason, detail }: AuditInfo): string {
  const what = [
    action,
    ...target === undefined ? [] : [target],
    ...room === undefined ? [] : [`in #${room}`],
    ...until === undefined ? [] : [`until ${timeText(until)}`],
    ...detail === undefined ? [] : [`(${detail})`],
  ].join(" ");
  return sanitize(`${timeText(at)}  ${by}  ${what}${reason === undefined ? "" : `: ${reason}`}`) + "\n";
}

/** Formats a time as local time. */
function timeText(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime()) ? "?" : local.toISOString().slice(0, 19).replace("T", " ");
}

/** Formats an entry as one line of JSON. */
function recordOf({ byKey, byOperator, ...entry }: AuditInfo): string {
  return JSON.stringify({
    ...entry,
    ...byKey === undefined ? {} : { by_key: byKey },
    operator: byOperator,
  }) + "\n";
}
