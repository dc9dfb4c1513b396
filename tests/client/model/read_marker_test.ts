import { personOf, roomOf } from "../../../client/model/target.ts";
import { parseReadMarkers, readMarkerKey, withReadMarker } from "../../../client/model/read_marker.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const seen = (...rooms: [string, number, number][]) =>
  new Map(rooms.map(([key, sequence, at]) => [key, { sequence, at }]));

Deno.test({
  name: "What was seen of a hub is read as it was written, beside other hubs, and what is newer counts",
  permissions: "none",
  fn() {
    let text = withReadMarker("", "a:1", seen(["#main", 5, 100], ["#dev", 2, 50]));
    text = withReadMarker(text, "b:2", seen(["#main", 9, 60]));
    // Another program has gone on meanwhile.
    text = withReadMarker(text, "a:1", seen(["#main", 4, 90], ["#ops", 1, 10]));
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
  name: "What cannot be read is as if it were not there, and the file does not grow for ever",
  permissions: "none",
  fn() {
    for (const text of ["", "{", "[]", '{"a":{"#main":{"sequence":"x"}}}', "null"]) {
      assertEquals(parseReadMarkers(text, "a").size, 0);
      assertEquals(parseReadMarkers(withReadMarker(text, "a", seen(["#main", 1, 1])), "a").size, 1);
    }
    let text = "";
    for (let i = 0; i < 120; i++) text = withReadMarker(text, `h${i}`, seen(["#main", 1, i]));
    assertEquals([parseReadMarkers(text, "h0").size, parseReadMarkers(text, "h119").size], [0, 1]);
    const many = withReadMarker(
      "",
      "a",
      seen(...Array.from({ length: 300 }, (_, i): [string, number, number] => [`#r${i}`, 1, i])),
    );
    const rooms = parseReadMarkers(many, "a");
    assert(rooms.size === 200 && rooms.has("#r299") && !rooms.has("#r0"));
  },
});

Deno.test({
  name: "A room is kept under the key of its name, a person not at all",
  permissions: "none",
  fn() {
    assertEquals([readMarkerKey(roomOf("Dev")), readMarkerKey(personOf("bo"))], ["#dev", undefined]);
  },
});
