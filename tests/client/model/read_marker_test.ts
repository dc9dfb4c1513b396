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
  name: "A damaged entry costs itself and no other one, in valid and in invalid JSON",
  permissions: "none",
  fn() {
    const valid = '{"a":{"#x":{"sequence":"1","at":1},"#main":{"sequence":5,"at":9}},"b":7,"c\ufffd":{}}';
    assertEquals([...parseReadMarkers(valid, "a")], [["#main", { sequence: 5, at: 9 }]]);
    const text = addReadMarkers(
      addReadMarkers("", "h:1", seen(["#one", 1, 10], ["#two", 2, 20], ["#three", 3, 30])),
      "h:2",
      seen(["#four", 4, 40]),
    );
    for (let at = 0; at < text.length; at++) {
      const damaged = text.slice(0, at) + "\ufffd" + text.slice(at + 1);
      const rooms = [...parseReadMarkers(damaged, "h:1"), ...parseReadMarkers(damaged, "h:2")];
      const isInRoom = text.slice(text.lastIndexOf("\n", at - 1) + 1, at).startsWith("  ") &&
        text[at] !== "\n";
      if (isInRoom) assert(rooms.length >= 3, `${at}: ${damaged}`);
      for (const [room, { sequence }] of rooms) {
        assertEquals(sequence, { "#one": 1, "#two": 2, "#three": 3, "#four": 4 }[room], damaged);
      }
    }
    const one = text.replace('"#two"', '"#t\ufffdo').replace("30", "3\ufffd");
    assertEquals([...parseReadMarkers(one, "h:1").keys()], ["#one"]);
    assertEquals(
      [...parseReadMarkers(addReadMarkers(one, "h:1", seen(["#two", 2, 20])), "h:1").keys()].sort(),
      [
        "#one",
        "#two",
      ],
    );
    assertEquals(parseReadMarkers(one, "h:2").size, 1);
  },
});

Deno.test({
  name: "A room has a read marker, a person has none",
  permissions: "none",
  fn() {
    assertEquals([readMarkerKey(roomOf("Dev")), readMarkerKey(personOf("bo"))], ["#dev", undefined]);
  },
});
