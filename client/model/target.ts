/**
 * Where a message goes: a room or one person.
 *
 * PURE. The user writes a room as `#dev` and a person as `@bo`; the protocol has neither sign. Two targets are the
 * same if their keys are the same, as with names.
 *
 * @module
 */
import { checkName, nameKey, ProtocolError } from "../../protocol/mod.ts";
import { sanitize, sanitizeName } from "../text/mod.ts";

/** A room or a direct conversation with one person. */
export interface Target {
  /** Whether it is a room or a person. */
  readonly kind: "room" | "person";
  /** The name of the room or of the person, without a sign. */
  readonly name: string;
}

/** The room that every user is in. */
export const MAIN: Target = { kind: "room", name: "main" };

/**
 * Makes the target for a room.
 *
 * @param name its name, without `#`
 * @returns the target
 */
export function roomOf(name: string): Target {
  return { kind: "room", name };
}

/**
 * Makes the target for a person.
 *
 * @param name the name of that person
 * @returns the target
 */
export function personOf(name: string): Target {
  return { kind: "person", name };
}

/**
 * Returns the key of a target, for comparison.
 *
 * @param target the target
 * @returns its sign and the key of its name
 */
export function targetKey({ kind, name }: Target): string {
  return (kind === "room" ? "#" : "@") + nameKey(name);
}

/**
 * Whether a target is the room that every user is in.
 *
 * @param target the target
 * @returns whether it is
 */
export function isMain(target: Target): boolean {
  return targetKey(target) === "#main";
}

/**
 * Formats a target for the user.
 *
 * @param target the target
 * @returns such as `#dev` or `@bo`, sanitized and one word
 */
export function targetLabel({ kind, name }: Target): string {
  return (kind === "room" ? "#" : "@") + sanitizeName(name);
}

/**
 * Parses the name of a room that the user typed.
 *
 * @param text the text, with or without `#` before it
 * @returns the name in Unicode form NFC, without `#`
 * @throws {ProtocolError} as `checkName` does
 */
export function parseRoomName(text: string): string {
  return parseName("room", text.replace(/^#/, ""));
}

/**
 * Parses the name of a person that the user typed.
 *
 * @param text the text, with or without `@` before it
 * @returns the name in Unicode form NFC, without `@`
 * @throws {ProtocolError} as `checkName` does
 */
export function parsePersonName(text: string): string {
  return parseName("person", text.replace(/^@/, ""));
}

function parseName(kind: Target["kind"], text: string): string {
  const name = text.normalize("NFC");
  try {
    checkName(name);
    return name;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const what = kind === "room" ? `the room #${sanitize(name)}` : `the name ${sanitize(name)}`;
    const message = error.message.replace(/^Cannot use .*?: /s, `Cannot use ${what}: `);
    throw new ProtocolError(error.word, message, { cause: error });
  }
}
