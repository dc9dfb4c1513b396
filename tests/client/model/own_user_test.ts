import { OwnUser } from "../../../client/model/own_user.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "The own join is expected once on each connection, under the name at that time",
  permissions: "none",
  fn() {
    const self = new OwnUser();
    assertEquals(self.takeJoin(""), false);
    self.setName("x7f3");
    self.setName("ana");
    assertEquals([self.takeJoin("x7f3"), self.takeJoin("Ana"), self.takeJoin("ana")], [false, true, false]);
    self.reset();
    assertEquals(self.takeJoin("ana"), false);
    self.setName("ana");
    assertEquals(self.takeJoin("ana"), true);
  },
});

Deno.test({
  name: "The own rename is expected once, and only if the old name was announced",
  permissions: "none",
  fn() {
    const self = new OwnUser();
    self.setName("x7f3");
    self.setName("ana");
    assertEquals(self.takeRename("x7f3", "ana"), false);
    self.takeJoin("ana");
    self.setName("anna");
    assertEquals([self.takeRename("bo", "anna"), self.takeRename("ana", "zoe")], [false, false]);
    assertEquals([self.takeRename("ana", "anna"), self.takeRename("ana", "anna")], [true, false]);
    self.setName("zoe");
    self.reset();
    assertEquals(self.takeRename("anna", "zoe"), false);
  },
});

Deno.test({
  name: "A name is shown when it differs from the last one, also after a reconnect",
  permissions: "none",
  fn() {
    const self = new OwnUser();
    assertEquals(self.takeNameChange(), false);
    self.setName("ana");
    assertEquals([self.takeNameChange(), self.takeNameChange()], [true, false]);
    self.reset();
    self.setName("ana");
    assertEquals(self.takeNameChange(), false);
    self.setName("Ana");
    assertEquals([self.takeNameChange(), self.is("ANA"), self.is("bo"), self.name], [
      true,
      true,
      false,
      "Ana",
    ]);
  },
});
