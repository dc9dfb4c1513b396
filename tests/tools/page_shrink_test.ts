/** What makes the bundle of the page small keeps what it means. */
import { inlineCodes, markConstants, minifyCss, withoutIndentation } from "../../tools/page_shrink.ts";
import { assertEquals } from "../helpers/assert.ts";

/** Runs a script, and returns the value of the variable `result` in it. */
const run = (script: string): unknown => new Function(`${script}\nreturn result;`)();

Deno.test("A constant whose value is computed is marked as one that may be left out, and keeps its value", () => {
  const bundle = [
    "// protocol/text.ts",
    "var words = `",
    "one;two",
    "`.trim().split(/;/);",
    "var copy = [",
    "  ...words,",
    '  "three"',
    "];",
    "function join(list) {",
    '  return list.join("-");',
    "}",
    "var size = 2 * 3;",
    "var letters = String.raw`\\p{L}`;",
    "var result = join(copy) + size + letters;",
  ];
  const marked = markConstants(bundle.join("\n"));
  assertEquals(marked.match(/__PURE__/g)?.length, 5);
  assertEquals(run(marked), "one-two-three6\\p{L}");
});

Deno.test("Functions, classes, plain values, statements and libraries are not marked", () => {
  const bundle = [
    "// client/link/link.ts",
    "var Link = class extends Object {",
    "  name = String(1);",
    "};",
    "var limit = 5;",
    "var later = async () => {",
    "  call();",
    "};",
    "var sum = (a, b) => add(a, b);",
    "started();",
    "// ../../deno/npm/registry.npmjs.org/preact/dist/preact.mjs",
    "var cache = create();",
  ].join("\n");
  assertEquals(markConstants(bundle), bundle);
});

Deno.test("The codes of messages stand in place of their names, and nothing else is replaced", () => {
  const bundle = [
    "// protocol/message.ts",
    "var Code = {",
    "  Say: 100,",
    "  AskKeyCode: 117",
    "};",
    "var its = { Code: { Say: 1 } }, KeyCode = { Say: 2 };",
    "var result = [Code.Say, { [Code.AskKeyCode]: Code.Say }, its.Code.Say, KeyCode.Say, Code.Other];",
  ].join("\n");
  const inlined = inlineCodes(bundle);
  assertEquals(
    inlined.split("\n").at(-1),
    "var result = [100, { [117]: 100 }, its.Code.Say, KeyCode.Say, Code.Other];",
  );
  assertEquals(run(inlined), run(bundle));
});

Deno.test("Templates of elements lose their indentation, and nothing else does", () => {
  const lines = ["  <p>", "    a b", "  </p>"];
  const bundle = ["// protocol/a.ts", ...lines, "// web/view/chat_view.ts", ...lines].join("\n");
  assertEquals(
    withoutIndentation(bundle).split("\n"),
    ["// protocol/a.ts", ...lines, "// web/view/chat_view.ts", "<p>", "a b", "</p>"],
  );
});

Deno.test("A style sheet loses comments and spaces between its parts, and keeps those that mean something", () => {
  const css = `
    /* The page. */
    .a > .b, .c :hover {
      margin: calc(1px + 2px) 0.5rem 10.5rem auto;
      grid-template: "a b" auto;
    }
    @media (min-width: 30rem) {
      .a { color: red; }
    }
  `;
  assertEquals(
    minifyCss(css),
    '.a > .b,.c :hover{margin:calc(1px + 2px) .5rem 10.5rem auto;grid-template:"a b" auto}' +
      "@media (min-width:30rem){.a{color:red}}",
  );
});
