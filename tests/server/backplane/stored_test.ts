/**
 * Messages while the disk is full.
 *
 * @module
 */
import { Code } from "../../../protocol/mod.ts";
import { StoredBackplane } from "../../../server/backplane/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

Deno.test("The mark of a damaged history survives a full disk", () => {
  using folder = new DataFolder();
  const history = folder.open();
  const seen: string[] = [];
  const backplane = new StoredBackplane(history, {
    apply: () => true,
    acknowledge() {},
    now: () => START,
    takeShown: () => [new Uint8Array(100)],
    stored: () => seen.push("kept"),
    paused: () => seen.push("paused"),
    resumed: () => seen.push("resumed"),
  });
  // As the history manager does after a page could not be read.
  history.recordState({ damaged: true });
  folder.fill();
  const line = { timestamp: START, username: "ana", message: "hi", room: "main", verified: false };
  backplane.publish({ room: "main", message: { code: Code.Said, message: line }, from: "c1" });
  backplane.settle();
  folder.empty();
  assertEquals([backplane.retryStorage(), seen], [true, ["paused", "resumed"]]);
  history.close();
  folder.open({ now: START + 1 }).close();
  assertEquals(folder.reports.length, 1);
});
