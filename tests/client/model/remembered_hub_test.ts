import { parseRememberedHub, rememberHub } from "../../../client/model/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "The name and the rooms of a hub are parsed as they were changed, beside other hubs",
  permissions: "none",
  fn() {
    let text = "";
    const changes = [{ joined: "dev" }, { name: "ana" }, { joined: "ops" }, { joined: "DEV" }, {
      left: "Ops",
    }];
    for (const change of changes) text = rememberHub(text, "a:1", change, 1);
    text = rememberHub(text, "b:2", { joined: "lab" }, 2);
    assertEquals(parseRememberedHub(text, "a:1"), { name: "ana", rooms: ["dev"] });
    assertEquals(parseRememberedHub(text, "b:2"), { rooms: ["lab"] });
    assertEquals(parseRememberedHub(text, "c:3"), { rooms: [] });
  },
});

Deno.test({
  name: "A damaged byte costs the entry of its hub and no other one",
  permissions: "none",
  fn() {
    let text = "";
    for (const hub of ["a:1", "b:2", "c:3"]) text = rememberHub(text, hub, { joined: "dev" }, 1);
    const damaged = text.replace('"b:2": {', '"b:2"\ufffd {');
    assertEquals(parseRememberedHub(damaged, "a:1"), { rooms: ["dev"] });
    assertEquals(parseRememberedHub(damaged, "b:2"), { rooms: [] });
    assertEquals(parseRememberedHub(damaged, "c:3"), { rooms: ["dev"] });
  },
});

Deno.test({
  name: "An invalid entry costs itself only, and the file has a maximum size",
  permissions: "none",
  fn() {
    for (const text of ["", "{", "[]", "null", '{"a":1}', '{"a":{"rooms":"dev"}}', '{"a":{"name":"a b"}}']) {
      assertEquals(parseRememberedHub(text, "a"), { rooms: [] });
      assertEquals(parseRememberedHub(rememberHub(text, "a", { name: "ana" }, 1), "a"), {
        name: "ana",
        rooms: [],
      });
    }
    const broken = JSON.stringify({
      a: 7,
      b: { name: "\x1b[2J", rooms: ["dev", "main", "\x1b", 5, ""], at: "x" },
    });
    assertEquals(parseRememberedHub(rememberHub(broken, "c", { name: "cy" }, 1), "b"), { rooms: ["dev"] });
    let text = "";
    for (let i = 0; i < 120; i++) text = rememberHub(text, `h${i}`, { name: "ana" }, i);
    assertEquals([parseRememberedHub(text, "h0").name, parseRememberedHub(text, "h119").name], [
      undefined,
      "ana",
    ]);
    for (let i = 0; i < 60; i++) text = rememberHub(text, "h", { joined: `r${i}` }, 1000);
    const { rooms } = parseRememberedHub(text, "h");
    assert(rooms.length === 50 && rooms.at(-1) === "r59" && rooms[0] === "r10", rooms.join());
  },
});
