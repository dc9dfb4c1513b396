import { Ignored, MAX_NEW_NAMES } from "../../../client/model/ignored.ts";
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
