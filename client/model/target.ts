/**
 * Where something is said: in a room, or to one person alone.
 *
 * PURE. People write a room `#dev` and a person `@bo`; on the wire neither has its sign. Two places are the same where
 * their keys are, as with names.
 *
 * @module
 */
import { checkName, nameKey, ProtocolError } from "../../protocol/mod.ts";
import { sanitize, sanitizeName } from "../text/mod.ts";

/** A room, or a conversation with one person. */
export interface Target {
  /** Which of the two. */
  readonly kind: "room" | "person";
  /** The name of the room or of the person, without a sign. */
  readonly name: string;
}

/** The room that everyone is in. */
export const MAIN: Target = { kind: "room", name: "main" };

/**
 * Makes a room.
 *
 * @param name its name, without `#`
 * @returns the place
 */
export function roomOf(name: string): Target {
  return { kind: "room", name };
}

/**
 * Makes the conversation with a person.
 *
 * @param name the name of that person
 * @returns the place
 */
export function personOf(name: string): Target {
  return { kind: "person", name };
}

/**
 * Makes the form of a place under which it is looked up.
 *
 * @param place the place
 * @returns its sign and the key of its name
 */
export function targetKey({ kind, name }: Target): string {
  return (kind === "room" ? "#" : "@") + nameKey(name);
}

/**
 * Tells whether a place is the room that everyone is in.
 *
 * @param place the place
 * @returns whether
 */
export function isMain(target: Target): boolean {
  return targetKey(target) === "#main";
}

/**
 * Writes a place for people.
 *
 * @param place the place
 * @returns such as `#dev` or `@bo`, harmless and one word
 */
export function targetLabel({ kind, name }: Target): string {
  return (kind === "room" ? "#" : "@") + sanitizeName(name);
}

/**
 * Makes the name of a room of what was typed.
 *
 * @param text what was typed, with `#` before it or without
 * @returns the name in Unicode form NFC, without `#`
 * @throws {ProtocolError} as `checkName` does
 */
export function readRoom(text: string): string {
  return readNameOf("room", text.replace(/^#/, ""));
}

/**
 * Makes the name of a person of what was typed.
 *
 * @param text what was typed, with `@` before it or without
 * @returns the name in Unicode form NFC, without `@`
 * @throws {ProtocolError} as `checkName` does
 */
export function readPerson(text: string): string {
  return readNameOf("person", text.replace(/^@/, ""));
}

function readNameOf(kind: Target["kind"], text: string): string {
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
