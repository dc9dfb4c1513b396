import { Ignored, ignoredNameIn, ignoredText, MAX_NEW_NAMES } from "../../../client/model/ignored.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "A user is ignored in any case of the name",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["Bo"]);
    assertEquals([ignored.has("bo"), ignored.has("BO"), ignored.has("bob")], [true, true, false]);
    assertEquals(ignored.ignoredAs("bo"), "Bo");
    assertEquals(new Ignored([]).has(""), false);
  },
});

Deno.test({
  name: "An ignored user who takes another name stays ignored until they leave",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo", "cy"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("bob", "Rob");
    ignored.renamed("ana", "anna");
    assertEquals([ignored.has("bob"), ignored.has("rob"), ignored.has("anna")], [false, true, false]);
    assertEquals(ignored.ignoredAs("rob"), "bo");
    assertEquals(ignored.list(), [{ name: "bo", currentName: "Rob" }, { name: "cy" }]);
    ignored.left("rob");
    assertEquals([ignored.has("rob"), ignored.has("bo")], [false, true]);
    assertEquals(ignored.list(), [{ name: "bo" }, { name: "cy" }]);
  },
});

Deno.test({
  name:
    "A user who is no longer ignored is not ignored under a new name either; a new connection forgets new names",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo", "cy"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("cy", "cyd");
    ignored.update(["cy", "dan"]);
    assertEquals([ignored.has("bob"), ignored.has("cyd"), ignored.has("dan")], [false, true, true]);
    ignored.reset();
    assertEquals([ignored.has("cyd"), ignored.has("cy")], [false, true]);
  },
});

Deno.test({
  name: "A hub cannot fill the memory with new names of ignored users, and the latest stay",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo"]);
    for (let i = 0; i <= MAX_NEW_NAMES; i++) ignored.renamed("bo", `bo${i}`);
    assertEquals(
      ["bo0", "bo1", `bo${MAX_NEW_NAMES}`, "bo"].map((name) => ignored.has(name)),
      [false, true, true, true],
    );
  },
});

Deno.test({
  name: "An ignored user who takes the ignored name again has no other name",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("bob", "bo");
    assertEquals(ignored.list(), [{ name: "bo" }]);
    assertEquals([ignored.has("bo"), ignored.has("bob")], [true, false]);
  },
});

const [KEY, SECOND, OTHER] = ["SHA256:abc", "SHA256:def", "SHA256:xyz"] as const;

Deno.test({
  name: "Whoever has the key of an ignored user is ignored under every name, and nobody else under theirs",
  permissions: "none",
  fn() {
    const ignored = new Ignored([ignoredText("bo", [KEY]), "cy"]);
    assertEquals([ignored.hasKeys, new Ignored(["bo"]).hasKeys], [true, false]);
    assertEquals([ignored.has("bo"), ignored.has("new"), ignored.has("cy")], [true, false, true]);
    assertEquals(ignored.learned("new", [SECOND, KEY]), { name: "bo", keys: [KEY, SECOND] });
    assertEquals(ignored.ignoredAs("NEW"), "bo");
    assertEquals(ignored.list(), [{ name: "bo", byKey: true, currentName: "new" }, { name: "cy" }]);
    assertEquals([ignored.learned("bo", [OTHER]), ignored.learned("cy", [OTHER])], [undefined, undefined]);
    assertEquals([ignored.has("bo"), ignored.has("new"), ignored.has("cy")], [false, true, true]);
    ignored.learned("new", [OTHER]);
    ignored.learned("bo", []);
    assertEquals([ignored.has("new"), ignored.has("bo")], [false, false]);
    ignored.left("bo");
    assertEquals(ignored.has("bo"), true);
  },
});

Deno.test({
  name: "An ignored user is saved with the name and the keys, and read again",
  permissions: "none",
  fn() {
    for (
      const [name, keys] of [["bo", []], ["bo", [KEY]], ["two words", [KEY, OTHER]]] as [string, string[]][]
    ) {
      const text = ignoredText(name, keys);
      assertEquals(ignoredNameIn(text), name);
      assertEquals(new Ignored([text]).learned("x", keys), keys.length === 0 ? undefined : { name, keys });
    }
    const hostile = ["no fingerprint", `SHA256:${"x".repeat(100)}`, ...Array(50).fill(KEY)];
    assertEquals(ignoredText("bo", hostile), `bo${` ${KEY}`.repeat(16)}`);
  },
});
