/**
 * Checks values against the part of JSON Schema that `docs/openapi.json` uses. A keyword that it does not know is an
 * error, so that no schema promises what is not checked.
 *
 * @module
 */

/** A schema. */
export type Schema = Record<string, unknown>;

const IGNORED = ["description"];

/**
 * Finds out why a value does not fit a schema.
 *
 * @param value the value, as JSON has it
 * @param schema the schema
 * @param document the document with the schemas that `$ref` names
 * @param path where the value is, for the problems
 * @returns the problems; none if it fits
 */
export function schemaProblems(value: unknown, schema: Schema, document: Schema, path = "$"): string[] {
  const problems: string[] = [];
  const is = (fits: boolean, what: string) => {
    if (!fits) problems.push(`${path} ${what}: it is ${JSON.stringify(value)}`);
  };
  for (const [keyword, rule] of Object.entries(schema)) {
    if (IGNORED.includes(keyword)) continue;
    switch (keyword) {
      case "$ref": {
        const [, ...names] = String(rule).split("/");
        const target = names.reduce<unknown>((node, name) => (node as Schema)?.[name], document);
        if (target === undefined) throw new Error(`there is no ${rule}`);
        problems.push(...schemaProblems(value, target as Schema, document, path));
        break;
      }
      case "type":
        is(
          typeOf(value) === rule || rule === "number" && typeOf(value) === "integer",
          `must be of type ${rule}`,
        );
        break;
      case "const":
        is(value === rule, `must be ${JSON.stringify(rule)}`);
        break;
      case "minimum":
        is(Number(value) >= Number(rule), `must be at least ${rule}`);
        break;
      case "maximum":
        is(Number(value) <= Number(rule), `must be at most ${rule}`);
        break;
      case "minLength":
        is(String(value).length >= Number(rule), `must have at least ${rule} characters`);
        break;
      case "maxLength":
        is(String(value).length <= Number(rule), `must have at most ${rule} characters`);
        break;
      case "required":
        for (const name of rule as string[]) {
          is(typeOf(value) === "object" && Object.hasOwn(value as Schema, name), `must have ${name}`);
        }
        break;
      case "properties":
        for (const [name, inner] of Object.entries(rule as Record<string, Schema>)) {
          if (typeOf(value) !== "object" || !Object.hasOwn(value as Schema, name)) continue;
          problems.push(...schemaProblems((value as Schema)[name], inner, document, `${path}.${name}`));
        }
        break;
      case "additionalProperties": {
        if (rule !== false) throw new Error("additionalProperties must be false");
        const known = Object.keys(schema.properties as Schema);
        for (const name of Object.keys(value as Schema)) is(known.includes(name), `must not have ${name}`);
        break;
      }
      case "items":
        for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
          problems.push(...schemaProblems(item, rule as Schema, document, `${path}[${index}]`));
        }
        break;
      case "oneOf":
      case "anyOf": {
        const results = (rule as Schema[]).map((one) => schemaProblems(value, one, document, path));
        const fitting = results.filter((result) => result.length === 0).length;
        is(keyword === "oneOf" ? fitting === 1 : fitting > 0, `must fit ${keyword}, and fits ${fitting}`);
        break;
      }
      default:
        throw new Error(`the keyword ${keyword} is not checked`);
    }
  }
  return problems;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
