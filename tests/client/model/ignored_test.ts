import { Ignored } from "../../../client/model/ignored.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "Who is ignored is so under any spelling of the name",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["Bo"]);
    assertEquals([ignored.has("bo"), ignored.has("BO"), ignored.has("bob")], [true, true, false]);
    assertEquals(ignored.given("bo"), "Bo");
    assertEquals(new Ignored([]).has(""), false);
  },
});

Deno.test({
  name: "Who takes another name stays ignored, until gone",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo", "cy"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("bob", "Rob");
    ignored.renamed("ana", "anna");
    assertEquals([ignored.has("bob"), ignored.has("rob"), ignored.has("anna")], [false, true, false]);
    assertEquals(ignored.given("rob"), "bo");
    assertEquals(ignored.list(), [{ name: "bo", now: "Rob" }, { name: "cy" }]);
    ignored.left("rob");
    assertEquals([ignored.has("rob"), ignored.has("bo")], [false, true]);
    assertEquals(ignored.list(), [{ name: "bo" }, { name: "cy" }]);
  },
});

Deno.test({
  name: "Who is not ignored any more is not so under the other name either, nor after another connection",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo", "cy"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("cy", "cyd");
    ignored.update(["cy", "dan"]);
    assertEquals([ignored.has("bob"), ignored.has("cyd"), ignored.has("dan")], [false, true, true]);
    ignored.forget();
    assertEquals([ignored.has("cyd"), ignored.has("cy")], [false, true]);
  },
});

Deno.test({
  name: "Coming back to the name that was given is being there as given",
  permissions: "none",
  fn() {
    const ignored = new Ignored(["bo"]);
    ignored.renamed("bo", "bob");
    ignored.renamed("bob", "bo");
    assertEquals(ignored.list(), [{ name: "bo" }]);
    assertEquals([ignored.has("bo"), ignored.has("bob")], [true, false]);
  },
});
