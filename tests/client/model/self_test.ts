import { Self } from "../../../client/model/self.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "One's own coming is expected once on each connection, under the name of that time",
  permissions: "none",
  fn() {
    const self = new Self();
    assertEquals(self.hasCome(""), false);
    self.named("x7f3");
    self.named("ana");
    assertEquals([self.hasCome("x7f3"), self.hasCome("Ana"), self.hasCome("ana")], [false, true, false]);
    self.begin();
    assertEquals(self.hasCome("ana"), false);
    self.named("ana");
    assertEquals(self.hasCome("ana"), true);
  },
});

Deno.test({
  name: "One's own change of name is expected once, and only where everyone knew the name before",
  permissions: "none",
  fn() {
    const self = new Self();
    self.named("x7f3");
    self.named("ana");
    assertEquals(self.hasRenamed("x7f3", "ana"), false);
    self.hasCome("ana");
    self.named("anna");
    assertEquals([self.hasRenamed("bo", "anna"), self.hasRenamed("ana", "zoe")], [false, false]);
    assertEquals([self.hasRenamed("ana", "anna"), self.hasRenamed("ana", "anna")], [true, false]);
    self.named("zoe");
    self.begin();
    assertEquals(self.hasRenamed("anna", "zoe"), false);
  },
});

Deno.test({
  name: "A name is told when it is another one, also over connections",
  permissions: "none",
  fn() {
    const self = new Self();
    assertEquals(self.isNews(), false);
    self.named("ana");
    assertEquals([self.isNews(), self.isNews()], [true, false]);
    self.begin();
    self.named("ana");
    assertEquals(self.isNews(), false);
    self.named("Ana");
    assertEquals([self.isNews(), self.is("ANA"), self.is("bo"), self.name], [true, true, false, "Ana"]);
  },
});
