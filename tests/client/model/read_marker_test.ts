import { personOf, roomOf } from "../../../client/model/target.ts";
import { addReadMarkers, parseReadMarkers, readMarkerKey } from "../../../client/model/read_marker.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const seen = (...rooms: [string, number, number][]) =>
  new Map(rooms.map(([key, sequence, at]) => [key, { sequence, at }]));

Deno.test({
  name: "Markers of a hub are parsed as they were added, beside other hubs, and the newest counts",
  permissions: "none",
  fn() {
    let text = addReadMarkers("", "a:1", seen(["#main", 5, 100], ["#dev", 2, 50]));
    text = addReadMarkers(text, "b:2", seen(["#main", 9, 60]));
    // Another process has written meanwhile.
    text = addReadMarkers(text, "a:1", seen(["#main", 4, 90], ["#ops", 1, 10]));
    assertEquals([...parseReadMarkers(text, "a:1")].sort(), [
      ["#dev", { sequence: 2, at: 50 }],
      ["#main", { sequence: 5, at: 100 }],
      ["#ops", { sequence: 1, at: 10 }],
    ]);
    assertEquals([...parseReadMarkers(text, "b:2")], [["#main", { sequence: 9, at: 60 }]]);
    assertEquals(parseReadMarkers(text, "c:3").size, 0);
  },
});

Deno.test({
  name: "Invalid content counts as absent, and the file has a maximum size",
  permissions: "none",
  fn() {
    for (const text of ["", "{", "[]", '{"a":{"#main":{"sequence":"x"}}}', "null"]) {
      assertEquals(parseReadMarkers(text, "a").size, 0);
      assertEquals(parseReadMarkers(addReadMarkers(text, "a", seen(["#main", 1, 1])), "a").size, 1);
    }
    let text = "";
    for (let i = 0; i < 120; i++) text = addReadMarkers(text, `h${i}`, seen(["#main", 1, i]));
    assertEquals([parseReadMarkers(text, "h0").size, parseReadMarkers(text, "h119").size], [0, 1]);
    const many = addReadMarkers(
      "",
      "a",
      seen(...Array.from({ length: 300 }, (_, i): [string, number, number] => [`#r${i}`, 1, i])),
    );
    const rooms = parseReadMarkers(many, "a");
    assert(rooms.size === 200 && rooms.has("#r299") && !rooms.has("#r0"));
  },
});

Deno.test({
  name: "A room has a read marker, a person has none",
  permissions: "none",
  fn() {
    assertEquals([readMarkerKey(roomOf("Dev")), readMarkerKey(personOf("bo"))], ["#dev", undefined]);
  },
});
