import { findCandidates } from "../../../client/commands/candidates.ts";
import { assertEquals } from "../../helpers/assert.ts";

const KNOWN = {
  names: ["ana", "Anatol", "bo", "straße"],
  here: [],
  rooms: ["main", "Maths", "dev"],
  buffers: ["#main", "#dev", "@bo"],
  ignored: ["Cy", "dan"],
  self: "ana",
  keys: ["SHA256:abc", "SHA256:xyz"],
  features: ["keys"],
};

/** Finds the candidates at `|`. */
function at(marked: string) {
  const cursor = marked.indexOf("|");
  return findCandidates(marked.replace("|", ""), cursor, KNOWN);
}

const FOUND: [marked: string, start: number, end: number, ...candidates: string[]][] = [
  // Names: with a colon at the start of a line, with a space elsewhere.
  ["a|", 0, 1, "ana: ", "Anatol: "],
  ["|", 0, 0, "ana: ", "Anatol: ", "bo: ", "straße: "],
  ["hello AN|", 6, 8, "ana ", "Anatol "],
  ["hello |", 6, 6, "ana ", "Anatol ", "bo ", "straße "],
  ["one\nb|", 4, 5, "bo: "],
  ["STRAS|", 0, 5, "straße: "],
  ["@a|", 0, 2, "@ana ", "@Anatol "],
  ["hi @b|", 3, 5, "@bo "],
  ["/me hugs b|", 9, 10, "bo "],
  ["/me b|", 4, 5, "bo "],
  ["::x b|", 4, 5, "bo "],
  // A word in the middle, and a space that is already there.
  ["hello b| and more", 6, 8, "bo "],
  ["b| and more", 0, 2, "bo: "],
  ["hello b|o", 6, 7, "bo "],
  // A word behind punctuation.
  ["(b|", 1, 2, "bo "],
  ["see (@b|", 5, 7, "@bo "],
  ['"#d|', 1, 3, "#dev "],
  ["ana,b|", 4, 5, "bo "],
  ["((b| and", 2, 4, "bo "],
  [":msg bo (a|", 9, 10, "ana ", "Anatol "],
  // Rooms.
  ["see #m|", 4, 6, "#main ", "#Maths "],
  ["#d|", 0, 2, "#dev "],
  // Commands: the main words, then the others.
  [":cl|", 0, 3, ":clear"],
  [":u|", 0, 2, ":unignore ", ":username "],
  [":un|", 0, 3, ":unignore "],
  [":e|", 0, 2, ":exit"],
  ["/m|", 0, 2, "/me ", "/more", "/msg "],
  [":m|", 0, 2, ":more", ":msg "],
  [":B|", 0, 2, ":bell "],
  ["/q|", 0, 2, "/query ", "/quiet ", "/quit"],
  // Operands of a command.
  [":bell |", 6, 6, "off", "mention", "all", "notify"],
  [":bell m|", 6, 7, "mention"],
  ["/time  |", 7, 7, "on", "off", "relative"],
  [":quiet o|", 7, 8, "on", "off"],
  [":set b|", 5, 6, "bell "],
  [":set time r|", 10, 11, "relative"],
  [":set quiet |", 11, 11, "on", "off"],
  [":ignore a|", 8, 9, "ana", "Anatol"],
  [":unignore |", 10, 10, "Cy", "dan"],
  [":join |", 6, 6, "#main", "#Maths", "#dev"],
  [":join #ma|", 6, 9, "#main", "#Maths"],
  [":j D|", 3, 4, "#dev"],
  [":switch |", 8, 8, "#main", "#dev", "@bo"],
  [":s b|", 3, 4, "@bo"],
  [":leave @|", 7, 8, "@bo"],
  [":who #d|", 5, 7, "#dev"],
  [":who an|", 5, 7, "ana", "Anatol"],
  [":copy an|", 6, 8, "ana", "Anatol"],
  [":query a|", 7, 8, "ana", "Anatol"],
  [":msg a|", 5, 6, "ana ", "Anatol "],
  [":msg bo ask a|", 12, 13, "ana ", "Anatol "],
  [":reply ask a|", 11, 12, "ana ", "Anatol "],
  [":show a|", 6, 7, "all"],
  [":help ig|", 6, 8, "ignore"],
  [":help ig| ", 6, 8, "ignore"],
];

const NOT_FOUND = [
  "x|",
  "hello x|",
  "@x|",
  "#x|",
  ":zzz|",
  "::|",
  "//|",
  ":bell all |",
  ":username |",
  ":un a|",
  ":clear |",
  ":set ignore |",
  ":set nonsense |",
];

Deno.test({
  name: "The candidates at the cursor are found, the most likely first, with the text after them",
  permissions: "none",
  fn() {
    for (const [marked, start, end, ...candidates] of FOUND) {
      assertEquals(at(marked), { start, end, candidates }, marked);
    }
  },
});

Deno.test({
  name:
    "An exact match comes first, then users of this room, a shorter name before a longer, ignored ones last",
  permissions: "none",
  fn() {
    const known = {
      ...KNOWN,
      names: ["johanna", "Joker", "john", "Jo", "joe"],
      here: ["Joe", "john", "johanna"],
      ignored: ["JOHANNA"],
    };
    const names = (text: string) => findCandidates(text, text.length, known)?.candidates;
    assertEquals(names("x jo"), ["Jo ", "john ", "joe ", "Joker ", "johanna "]);
    assertEquals(names("x @joh"), ["@john ", "@johanna "]);
    assertEquals(names(":msg j"), ["john ", "joe ", "Jo ", "Joker ", "johanna "]);
    const longer = { ...KNOWN, names: ["john-smith", "john"], here: [] };
    assertEquals(findCandidates("joh", 3, longer)?.candidates, ["john: ", "john-smith: "]);
  },
});

Deno.test({
  name: "A word without a match has no candidates",
  permissions: "none",
  fn() {
    for (const marked of NOT_FOUND) {
      assertEquals(at(marked), undefined, marked);
    }
  },
});

Deno.test({
  name: "A sigil alone offers all commands",
  permissions: "none",
  fn() {
    const commands = (sigil: string) => at(`${sigil}|`)?.candidates.map((candidate) => candidate.trim());
    assertEquals(
      commands(":"),
      [
        "bell",
        "clear",
        "copy",
        "help",
        "history",
        "ignore",
        "join",
        "key",
        "keys",
        "leave",
        "more",
        "msg",
        "query",
        "quiet",
        "quit",
        "reconnect",
        "release",
        "reply",
        "rooms",
        "search",
        "set",
        "show",
        "switch",
        "time",
        "unignore",
        "username",
        "who",
        "whois",
      ]
        .map((word) => `:${word}`),
    );
    assertEquals(commands("/")?.includes("/me"), true);
  },
});

Deno.test({
  name: "The actions of :key are completed, and the fingerprints of the keys to remove",
  permissions: "none",
  fn() {
    assertEquals(at(":key r|")?.candidates, ["remove "]);
    assertEquals(at(":key remove sha|")?.candidates, ["SHA256:abc", "SHA256:xyz"]);
    assertEquals(at(":key add |"), undefined);
    assertEquals(at(":release |")?.candidates, ["ana"]);
  },
});

Deno.test({
  name: "Commands that keep order are offered to those who may use them, with rooms, names and times",
  permissions: "none",
  fn() {
    const offered = (marked: string, powers?: { operator: boolean; rooms: string[] }) => {
      const known = { ...KNOWN, features: ["moderation"], powers, bans: ["eve", "192.0.2.1"] };
      return findCandidates(marked, marked.length, known)?.candidates;
    };
    const owner = { operator: false, rooms: ["dev"] }, operator = { operator: true, rooms: [] };
    assertEquals(offered(":ki"), undefined);
    assertEquals(offered(":ki", owner), [":kick "]);
    assertEquals(offered(":lockd", owner), undefined);
    assertEquals(offered(":lockd", operator), [":lockdown "]);
    assertEquals(offered(":help lockd", owner), undefined);
    assertEquals(offered(":help lockd", operator), ["lockdown"]);
    assertEquals(offered(":ban ", owner), ["ana ", "Anatol ", "bo ", "straße ", "#dev "]);
    assertEquals(offered(":ban #", operator), ["#main ", "#Maths ", "#dev "]);
    assertEquals(offered(":ban #dev b", owner), ["bo "]);
    assertEquals(offered(":ban bo ", owner), ["30m ", "2h ", "7d "]);
    assertEquals(offered(":ban #dev bo ", owner), ["30m ", "2h ", "7d "]);
    assertEquals(offered(":kick bo ", owner), undefined);
    assertEquals(offered(":unban ", owner), ["eve ", "192.0.2.1 ", "#dev "]);
    assertEquals(offered(":unmute #dev e", owner), ["eve"]);
    assertEquals(offered(":slow #dev ", owner), ["10s", "1m", "off"]);
    assertEquals(offered(":lockdown o", operator), ["off", "owned"]);
  },
});

Deno.test({
  name: "A command that the hub cannot carry out is not offered, and without a hub every one is",
  permissions: "none",
  fn() {
    const offered = (features: string[] | undefined) =>
      findCandidates(":rel", 4, { ...KNOWN, features })?.candidates;
    assertEquals([offered([]), offered(["keys"]), offered(undefined)], [undefined, [":release "], [
      ":release ",
    ]]);
  },
});

Deno.test({
  name: "The actions of :room and their values are completed on a hub with rooms that belong to somebody",
  permissions: "none",
  fn() {
    const on = (text: string, features: string[]) =>
      findCandidates(text, text.length, { ...KNOWN, features })?.candidates;
    const features = ["private_rooms"];
    assertEquals(on(":room p", features), ["private "]);
    assertEquals(on(":room history ", features), ["all", "joined"]);
    assertEquals(on(":room owner b", features), ["bo"]);
    assertEquals(on(":room private ", features), undefined);
    assertEquals([on(":inv", features), on(":inv", ["keys"])], [[":invite ", ":invites"], undefined]);
  },
});
