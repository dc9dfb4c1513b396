/**
 * The message in the body of a request: a text, JSON with `message` and `id`, or a notification of Alertmanager.
 *
 * Rules: every text is taken as it is, whatever its `content-type`, as `curl -d` says that it is a form; only JSON is
 * read as JSON. A text may end with a line feed, as most programs write one, which is no part of the message.
 *
 * PURE.
 *
 * @module
 */
import { isMessageId } from "../../protocol/mod.ts";
import { alertText } from "./alertmanager.ts";
import { Problem } from "./problem.ts";

/** A message to send. */
export interface WantedMessage {
  /** The text. */
  message: string;
  /** Identifies it, so that it is sent once if the request is repeated. */
  id?: string;
  /** The number of an earlier message of the room that it answers. */
  reply_to?: number;
}

/**
 * Reads the message of a request.
 *
 * @param body the body
 * @param type its `content-type`, if it has one
 * @param id the `id` in the query, if there is one
 * @returns the message
 * @throws {Problem} `bad_message`, `bad_text`
 */
export function messageIn(body: Uint8Array, type: string | null, id: string | null): WantedMessage {
  const [essence = ""] = (type ?? "").toLowerCase().split(";");
  const kind = essence.trim();
  if (kind.startsWith("multipart/")) {
    throw new Problem(
      "bad_message",
      "Cannot read a form with several parts: send the text itself, such as with curl --data-binary @FILE",
      { status: 415 },
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Problem("bad_text", "Cannot send your message: it must be UTF-8");
  }
  const isJson = kind === "application/json" || kind.endsWith("+json");
  const wanted = isJson ? fromJson(text) : { message: text.replaceAll("\r\n", "\n").replace(/\n$/, "") };
  const named = id === null ? wanted : { ...wanted, id };
  if (named.id !== undefined && !isMessageId(named.id)) {
    throw new Problem("bad_message", "Cannot send your message: its id must be 1 to 64 visible characters");
  }
  return named;
}

function fromJson(text: string): WantedMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(
      "bad_message",
      "Cannot read your message: its content-type says JSON, and it is none; for a plain text use text/plain",
    );
  }
  const { message = alertText(value), id, reply_to: replyTo } = typeof value === "object" && value !== null
    ? value as Record<string, unknown>
    : {};
  if (typeof message !== "string") {
    throw new Problem(
      "bad_message",
      'Cannot read your message: it must be JSON such as {"message": "deployed", "id": "build-7"}, and message a text',
    );
  }
  if (id !== undefined && typeof id !== "string") {
    throw new Problem("bad_message", "Cannot read your message: its id must be a text");
  }
  if (replyTo !== undefined && !(Number.isSafeInteger(replyTo) && (replyTo as number) > 0)) {
    throw new Problem("bad_message", "Cannot read your message: reply_to must be the number of a message");
  }
  return {
    message,
    ...id === undefined ? {} : { id },
    ...replyTo === undefined ? {} : { reply_to: replyTo as number },
  };
}
