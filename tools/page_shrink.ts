/**
 * Makes the bundle of the page smaller than a minifier alone can: marks constants that may be left out, puts the codes
 * of messages in place of their names, removes the indentation of templates, and the spaces of style sheets.
 *
 * @module
 */

/** A line of a bundle that names the file of what follows. */
const FILE = /^\/\/ (\S+\.(?:m?[jt]s|json))$/;

/** A constant at the top of a module; its value may do anything if it is computed. */
const CONSTANT = /^(var [\w$]+ = )((?!class\b|function\b|async\b|\()[^]*);$/;

/** What computes a value, in contrast to one that stands there. */
const COMPUTES = /\(|\.\.\.|\bnew\b|\$\{|\.raw`| [*/+-] /;

/**
 * Marks the constants of our own modules, so that the minifier leaves out those that the page does not use. A minifier
 * has to keep a call that it does not know, as of a schema or a table; to compute a constant has no side effects here.
 *
 * @param code what `deno bundle` writes without `--minify`
 * @returns the same program
 */
export function markConstants(code: string): string {
  let isOurs = false;
  let open: string[] | undefined;
  return code.split("\n").flatMap((line) => {
    const [, file] = FILE.exec(line) ?? [];
    if (file !== undefined) isOurs = !file.includes("/npm/");
    if (open === undefined) {
      if (!isOurs || !/^var [\w$]+ = /.test(line)) return [line];
      open = [];
    }
    open.push(line);
    // A constant of several lines ends with a line that begins with its last bracket or quote.
    if (!line.endsWith(";") || (open.length > 1 && !/^[\])}`]/.test(line))) return [];
    const all = open.join("\n");
    open = undefined;
    return [
      all.replace(
        CONSTANT,
        (constant, begin, value) =>
          COMPUTES.test(value) ? `${begin}/* @__PURE__ */ (() => (${value}))();` : constant,
      ),
    ];
  }).concat(open ?? []).join("\n");
}

/**
 * Puts the codes of messages in place of their names: a minifier keeps the names of fields.
 *
 * @param code what `deno bundle` writes without `--minify`
 * @returns the same program
 */
export function inlineCodes(code: string): string {
  const [, table = ""] = /^var Code = \{\n([^}]*)\};$/m.exec(code) ?? [];
  const codes = new Map([...table.matchAll(/(\w+): (\d+)/g)].map(([, name, number]) => [name, number]));
  return code.replaceAll(/(?<![\w$.])Code\.(\w+)/g, (whole, name) => codes.get(name) ?? whole);
}

/**
 * Removes the indentation in the modules with templates of elements. The lines of a template mean the same without it.
 *
 * @param code what `deno bundle` writes without `--minify`
 * @returns a program that makes the same elements
 */
export function withoutIndentation(code: string): string {
  let hasTemplates = false;
  return code.split("\n").map((line) => {
    const [, file] = FILE.exec(line) ?? [];
    if (file !== undefined) hasTemplates = /\bweb\/(?:app|view)\//.test(file);
    return hasTemplates ? line.trimStart() : line;
  }).join("\n");
}

/**
 * Removes comments, needless spaces and needless zeros from a style sheet.
 *
 * @param css the style sheet; no string in it may contain a comment, or spaces at a bracket, comma or semicolon
 * @returns the same rules
 */
export function minifyCss(css: string): string {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,]) ?/g, "$1")
    .replaceAll(/: /g, ":")
    .replaceAll(/(?<!\d)0\.(?=\d)/g, ".")
    .replaceAll(";}", "}")
    .trim();
}
