import { userColumns, userList, type UserListOptions } from "../../../client/render/user_list.ts";
import { isolate, loadWidths, paint, type StyledLine } from "../../../client/text/mod.ts";
import type { UserInfo } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

await loadWidths();

Deno.test({
  name: "Users are listed in columns for names of any width",
  permissions: "none",
  fn() {
    const user = (
      username: string,
      rooms: string[],
      connected_ms: number,
      idle_ms: number,
      verified = false,
    ) => ({
      username,
      rooms,
      connected_ms,
      idle_ms,
      verified,
    });
    const list = (...users: UserInfo[]) =>
      userList(users, { marks: false }).map((line) => paint(line, "none"));
    assertEquals(
      list(
        user("ana", ["main"], 59_999, 0, true),
        user("漢字", ["main", "dev"], 3_600_000, 61_000),
        user("e\x1b", [], 93_600_000, 7_200_000),
      ),
      [
        "* 3 here",
        "  ana   #main       here 59s    idle 0s     verified",
        "  漢字  #main #dev  here 1h 0m  idle 1m",
        "  e␛                here 1d 2h  idle 2h 0m",
      ],
    );
    assertEquals(list({ ...user("ci", ["ops"], 0, 0), quiet: true }), [
      "* 1 here",
      "  ci  #ops  here 0s  idle 0s  quiet",
    ]);
    assertEquals(list(), ["* 0 here"]);
  },
});

Deno.test({
  name: "Names are listed in as many columns as fit, in order from left to right",
  permissions: "none",
  fn() {
    const list = (columns: number, ...names: string[]) =>
      userColumns(
        names.map((username) => ({ username, rooms: [], connected_ms: 0, idle_ms: 0, verified: false })),
        columns,
        { marks: false },
      ).map((line) => paint(line, "none"));
    const names = ["zoe", "Bo", "ana", "a-very-long-name", "漢字", "cy", "e\x1b"];
    assertEquals(list(80, ...names), ["  a-very-long-name  ana  Bo  cy  e␛  zoe  漢字"]);
    assertEquals(list(30, ...names), [
      "  a-very-long-name  ana  Bo",
      "  cy                e␛   zoe",
      "  漢字",
    ]);
    assertEquals(list(10, ...names).length, 7);
    assertEquals(list(80), []);
    const many = Array.from({ length: 300 }, (_, i) => `user-${i}`);
    for (const columns of [20, 79, 80, 200]) {
      const rows = list(columns, ...many);
      assert(rows.every((row) => row.length <= columns), `${columns}`);
      assertEquals(rows.join(" ").trim().split(/ +/).toSorted(), many.toSorted());
    }
    assertEquals(list(80, ...many).length, 38);
  },
});

Deno.test({
  name: "Right-to-left names and rooms in the list do not reorder each other or the figures",
  permissions: "none",
  fn() {
    const user = { username: "דני", rooms: ["חדר", "עוד"], connected_ms: 0, idle_ms: 0, verified: false };
    assertEquals(
      userList([user], { marks: false }).map((line) => paint(isolate(line), "none")).at(-1),
      "  \u200eדני\u200e  \u200e#חדר\u200e \u200e#עוד\u200e  here 0s  idle 0s",
    );
  },
});

Deno.test({
  name: "Names that do not belong to their users are marked without moving any column",
  permissions: "none",
  fn() {
    const users = ["ana", "bo", "漢字", "דני"].map((username, i) => (
      { username, rooms: ["main"], connected_ms: 0, idle_ms: 0, verified: i === 0 }
    ));
    const textsOf = (lines: readonly StyledLine[]) => lines.map((line) => paint(line, "none"));
    for (const list of [userList, (all: UserInfo[], marks: UserListOptions) => userColumns(all, 12, marks)]) {
      const [marked, unmarked] = [true, false].map((marks) => textsOf(list(users, { marks })));
      assertEquals(marked!.map((row) => row.replaceAll("~", " ")), unmarked);
      assertEquals(marked!.join(" ").match(/~[^ ]+/g)?.sort(), ["~bo", "~דני", "~漢字"]);
    }
    assertEquals(textsOf(userColumns(users, 80, { marks: true })), ["  ana ~bo ~דני ~漢字"]);
    const marks = userList(users, { marks: true }).flat().filter(({ text }) => text === "~");
    assertEquals(marks.map(({ style }) => style), ["faint", "faint", "faint"]);
  },
});
