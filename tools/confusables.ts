/**
 * Writes `protocol/confusables.ts`, the table of letters that look alike, from Unicode's `confusables.txt` as the
 * package `unhomoglyph` has it. `deno task confusables` runs this; a test checks that the file is up to date.
 *
 * Rules: the table has only characters of valid names, as they are written and as they are compared, and their
 * capitals.
 *
 * @module
 */
import data from "unhomoglyph/data.json" with { type: "json" };
import { checkName, nameKey, ProtocolError } from "../protocol/mod.ts";

/** The file with the table. */
export const TABLE = new URL("../protocol/confusables.ts", import.meta.url);

/** The longest line of a file. */
const MAX_COLUMNS = 110;

/** A letter of each script that has marks: a mark is valid only after a letter of its script. */
const BASES = ["", ..."あאاကকਕકକகకಕകකកກཀހक"];

const HEADER = `/**
 * Characters that look alike, of Unicode's \`confusables.txt\`, version 13.0.0: those of valid names, and their
 * capitals. Made by \`deno task confusables\` from the package \`unhomoglyph\`. Long because it is a table.
 *
 * Each line has the code point that others look like, or several of them joined by \`+\`, and then the others, all in
 * hexadecimal.
 *
 * Copyright © 1991-2020 Unicode, Inc. The license of the data is in \`docs/unicode-license.txt\`.
 *
 * @module
 */

/** The table, as text. */
export const CONFUSABLES = \``;

/**
 * Makes the file with the table.
 *
 * @returns its text
 */
export function tableFile(): string {
  const lookAlikes: Record<string, string> = data;
  const byTarget = new Map<string, string[]>();
  for (const character of charactersOfNames(lookAlikes)) {
    const target = lookAlikes[character]!;
    if (target === character) continue;
    const code = [...target].map(hex).join("+");
    byTarget.set(code, [...byTarget.get(code) ?? [], hex(character)]);
  }
  const lines = [...byTarget].flatMap(([target, others]) => {
    const lines = [target];
    for (const other of others) {
      if (lines.at(-1)!.length + other.length >= MAX_COLUMNS) lines.push(target);
      lines.push(`${lines.pop()} ${other}`);
    }
    return lines;
  });
  return `${HEADER}${lines.join("\n")}\`;\n`;
}

/**
 * Returns the characters of valid names that look like others, in their written and compared forms, and their capitals,
 * in order.
 */
function charactersOfNames(lookAlikes: Record<string, string>): string[] {
  const found = new Set<string>();
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if (!/^[\p{L}\p{M}\p{Nd}_.\-]$/u.test(character)) continue;
    const forms = [character, nameKey(character)].map((form) =>
      `${form}${form.toUpperCase()}`.normalize("NFD")
    );
    const alike = [...forms.join("")].filter((one) => Object.hasOwn(lookAlikes, one));
    // The check of a name is the slow part.
    if (alike.length === 0 || !BASES.some((base) => isValid(base + character))) continue;
    for (const one of alike) found.add(one);
  }
  return [...found].sort((one, other) => one.codePointAt(0)! - other.codePointAt(0)!);
}

function isValid(name: string): boolean {
  try {
    checkName(name);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

function hex(character: string): string {
  return character.codePointAt(0)!.toString(16);
}

if (import.meta.main) await Deno.writeTextFile(TABLE, tableFile());
