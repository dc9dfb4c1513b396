/**
 * Reads and checks the files in `deploy/`: YAML, resources of Kubernetes by its OpenAPI schema, and compose files by
 * the schema of the compose specification.
 *
 * @module
 */
import { parseAll } from "@std/yaml";
import { DCLinter } from "dclint";

/** What a YAML document holds. */
// deno-lint-ignore no-explicit-any
export type Yaml = any;

const ROOT = new URL("../../", import.meta.url);

/**
 * Reads a file of the repository.
 *
 * @param path its path in the repository
 * @returns its text
 */
export async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

/**
 * Reads a YAML file.
 *
 * @param path its path in the repository
 * @returns its documents
 */
export async function readYaml(path: string): Promise<Yaml[]> {
  return parseAll(await readText(path));
}

/**
 * Reads a file of variables, `NAME=VALUE` a line, as docker and kustomize do.
 *
 * @param path its path in the repository
 * @returns the variables
 */
export async function readVariables(path: string): Promise<Record<string, string>> {
  const lines = (await readText(path)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const [name] = line.split("=", 1);
    return [name!, line.slice(name!.length + 1)];
  }));
}

/** What the schema of compose files demands, and the rules that hold for any compose file. */
const COMPOSE_RULES = {
  "no-build-and-image": 0,
  "no-unbound-port-interfaces": 0,
  "require-project-name-field": 0,
  "require-quotes-in-ports": 0,
  "service-image-require-explicit-tag": 0,
  "service-keys-order": 0,
  "services-alphabetical-order": 0,
  "top-level-properties-order": 0,
} as const;

/**
 * Checks a compose file by the schema of the compose specification and the rules of the linter, apart from those about
 * style.
 *
 * @param path its path, absolute or from the root of the repository
 * @returns what is wrong with it, a line each
 */
export function checkComposeFile(path: string): string[] {
  const linter = new DCLinter({ rules: COMPOSE_RULES, quiet: false, debug: false, exclude: [] });
  const results = linter.lintFiles([new URL(path, ROOT).pathname], false);
  if (results.length !== 1) throw new Error(`the linter has ${results.length} results for ${path}`);
  return results[0]!.messages.map(({ line, rule, message }) => `line ${line}: ${rule}: ${message}`);
}

/** A function of `kubernetes-models`, made from the OpenAPI schema of Kubernetes. */
interface Validate {
  (data: unknown): boolean;
  errors?: { instancePath: string; message?: string; keyword: string; params: unknown }[] | null;
}

/**
 * Checks a resource of Kubernetes by its schema: required fields, types, values and formats, and that the schema knows
 * all fields, as `kubectl apply --validate=strict` does.
 *
 * @param resource a resource with `apiVersion` and `kind`
 * @returns what is wrong with it, a line each
 */
export async function checkResource(resource: Yaml): Promise<string[]> {
  const [version, group = "core"] = String(resource.apiVersion).split("/").reverse();
  const schema = ["IoK8sApi", capital(group.split(".")[0]!), capital(version!), resource.kind].join("");
  return await checkBySchema(resource, schema);
}

/**
 * Checks a part of a resource of Kubernetes, as {@linkcode checkResource}.
 *
 * @param data the part
 * @param schema the name of its schema in `kubernetes-models`, such as `IoK8sApiCoreV1Container`
 * @returns what is wrong with it, a line each
 */
export async function checkBySchema(data: unknown, schema: string): Promise<string[]> {
  const { validate } = await import(`kubernetes-models/_schemas/${schema}`) as { validate: Validate };
  const watch = new ReadFields();
  validate(watch.proxyOf(data, ""));
  const problems = (validate.errors ?? []).map(({ instancePath, keyword, message, params }) =>
    `${instancePath}: ${message ?? keyword} ${JSON.stringify(params)}`
  );
  return [...problems, ...watch.unread().map((path) => `${path}: unknown field`)];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/**
 * Which fields are read. A validator reads all fields that its schema knows, and takes no offense at others, so those
 * that it does not read are unknown.
 */
class ReadFields {
  readonly #objects: { path: string; fields: string[]; read: Set<string | symbol> }[] = [];

  /** Returns an equal object, which notes what is read. */
  proxyOf(value: unknown, path: string): unknown {
    if (Array.isArray(value)) return value.map((item, index) => this.proxyOf(item, `${path}/${index}`));
    if (typeof value !== "object" || value === null) return value;
    const copy = Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [field, this.proxyOf(inner, `${path}/${field}`)]),
    );
    const read = new Set<string | symbol>();
    this.#objects.push({ path, fields: Object.keys(copy), read });
    return new Proxy(copy, {
      get(target, field) {
        read.add(field);
        return Reflect.get(target, field);
      },
    });
  }

  /** The paths of fields that were not read; not those inside of another one. */
  unread(): string[] {
    const paths = this.#objects.flatMap(({ path, fields, read }) =>
      fields.filter((field) => !read.has(field)).map((field) => `${path}/${field}`)
    );
    return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
  }
}
