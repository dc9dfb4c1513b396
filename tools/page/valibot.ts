/**
 * In place of the library `valibot`: the part of it with which the page checks the messages of a hub. A schema is the
 * function that reads a value; the first thing that is wrong is thrown.
 *
 * @module
 */

/** Reads a value. */
interface Schema {
  // deno-lint-ignore no-explicit-any
  (value: any): any;
  /** Whether it may be absent from an object. */
  isOptional?: boolean;
  /** The schemas of an object. */
  entries?: Record<string, Schema>;
}

/** What is wrong with a value. */
class Issue {
  /** Where the value is. */
  readonly path: (string | number)[] = [];

  constructor(readonly message: string | undefined, readonly input: unknown) {}
}

/** Takes a value for which a condition is true. */
export const check = (fits: Schema, message?: string): Schema => (value) => {
  if (fits(value)) return value;
  throw new Issue(message, value);
};

/** Takes texts. */
export const string = (message: string): Schema => check((value) => typeof value === "string", message);

/** Takes numbers. */
export const number = (message: string): Schema => check((value) => typeof value === "number", message);

/** Takes true and false. */
export const boolean = (message: string): Schema => check((value) => typeof value === "boolean", message);

/** Takes one value. */
export const literal = (wanted: unknown): Schema => check((value) => value === wanted);

/** Takes some values. */
export const picklist = (wanted: readonly unknown[], message?: string): Schema =>
  check((value) => wanted.includes(value), message);

/** Takes finite numbers. */
export const finite = (message: string): Schema => check(Number.isFinite, message);

/** Takes integers that a number holds exactly. */
export const safeInteger = (message: string): Schema => check(Number.isSafeInteger, message);

/** Takes numbers from a limit on. */
export const minValue = (least: number, message: string): Schema => check((value) => value >= least, message);

/** Takes numbers up to a limit. */
export const maxValue = (most: number, message: string): Schema => check((value) => value <= most, message);

/** Takes texts of at least a length. */
export const minLength = (least: number, message: string): Schema =>
  check(({ length }) => length >= least, message);

/** Takes texts of at most a length. */
export const maxLength = (most: number, message: string): Schema =>
  check(({ length }) => length <= most, message);

/** Applies schemas one after the other. */
export const pipe = (...steps: Schema[]): Schema => (value) =>
  steps.reduce((read, step) => step(read), value);

/** Lets a field be absent. */
export const exactOptional = (schema: Schema): Schema =>
  Object.assign((value: unknown) => schema(value), { isOptional: true });

/** Reads a part of a value. */
function readAt(key: string | number, schema: Schema, value: unknown): unknown {
  try {
    return schema(value);
  } catch (issue) {
    if (issue instanceof Issue) issue.path.unshift(key);
    throw issue;
  }
}

/** Takes arrays. */
export const array = (item: Schema, message: string): Schema => {
  const whole = check(Array.isArray, message);
  return (value) => whole(value).map((part: unknown, i: number) => readAt(i, item, part));
};

/** Takes objects, without the fields that are not named. */
export const object = (entries: Record<string, Schema>, message?: string): Schema => {
  const whole = check((value) => typeof value === "object" && value !== null, message);
  const missing = check(() => false, message);
  return Object.assign((value: Record<string, unknown>) => {
    whole(value);
    const read: Record<string, unknown> = {};
    for (const [key, schema] of Object.entries(entries)) {
      if (key in value) read[key] = readAt(key, schema, value[key]);
      else if (!schema.isOptional) readAt(key, missing, undefined);
    }
    return read;
  }, { entries });
};

/** Reads a value. */
export function safeParse(
  schema: Schema,
  value: unknown,
): { success: true; output: unknown } | { success: false; issues: Issue[] } {
  try {
    return { success: true, output: schema(value) };
  } catch (issue) {
    if (!(issue instanceof Issue)) throw issue;
    return { success: false, issues: [issue] };
  }
}

/** Says where something is wrong. */
export const getDotPath = ({ path }: Issue): string | null => path.length === 0 ? null : path.join(".");
