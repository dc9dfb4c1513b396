/**
 * The message for a notification of Prometheus Alertmanager: a line about the group, then one for each alert.
 *
 * PURE.
 *
 * @module
 */
import { MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { sanitize } from "../../runtime/mod.ts";

/** How many bytes stay free for the line that says how many alerts are left out. */
const REST_BYTES = 40;

type Texts = Record<string, unknown>;

const utf8 = new TextEncoder();

/**
 * Makes the message for a notification.
 *
 * @param body the JSON of a request
 * @returns the message; `undefined` if the body is no notification of Alertmanager
 */
export function alertText(body: unknown): string | undefined {
  const { status, alerts, groupLabels, commonLabels, externalURL } = textsOf(body);
  if (typeof status !== "string" || !Array.isArray(alerts)) return undefined;
  const common = textsOf(commonLabels);
  const name = textOf(textsOf(groupLabels).alertname) ?? textOf(common.alertname) ?? "alerts";
  const severity = textOf(common.severity);
  const url = textOf(externalURL);
  const lines = [
    `[${textOf(status)?.toUpperCase() ?? "ALERTS"} ${alerts.length}] ${name}` +
    `${severity === undefined ? "" : ` (${severity})`}${url === undefined ? "" : ` ${url}`}`,
  ];
  let bytes = utf8.encode(lines[0]).length;
  if (bytes > MAX_TEXT_BYTES - REST_BYTES) return `[${alerts.length} alerts with labels that are too long]`;
  for (const [index, alert] of alerts.entries()) {
    const line = lineOf(textsOf(alert));
    bytes += 1 + utf8.encode(line).length;
    if (bytes > MAX_TEXT_BYTES - REST_BYTES) {
      lines.push(`and ${alerts.length - index} more`);
      break;
    }
    lines.push(line);
  }
  return lines.join("\n");
}

function lineOf({ status, labels, annotations }: Texts): string {
  const { summary, description } = textsOf(annotations);
  const { instance, alertname } = textsOf(labels);
  const what = textOf(summary) ?? textOf(description) ?? textOf(alertname) ?? "alert";
  const where = textOf(instance);
  return `${textOf(status) ?? "unknown"}: ${
    where === undefined || what.includes(where) ? "" : `${where}: `
  }${what}`;
}

function textsOf(value: unknown): Texts {
  return typeof value === "object" && value !== null ? value as Texts : {};
}

/** Takes a text of a label or an annotation as one line without hidden characters. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return sanitize(value.slice(0, MAX_TEXT_BYTES).trim().replaceAll(/\s+/g, " "));
}
