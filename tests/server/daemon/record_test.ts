import { assertEquals } from "../../helpers/assert.ts";
import {
  type HubRecord,
  parsePidFile,
  parseRecord,
  parseReport,
  serializePidFile,
  serializeReport,
} from "../../../server/daemon/record.ts";

const RECORD: HubRecord = {
  instance: "default",
  pid: 4711,
  host: "::1",
  port: 8000,
  since: 1_795_405_573_435,
  version: "0.1.0",
  log: "/home/ana/a b.log",
  origin: { flags: ["--port=0", "--config=/a\nb"], variables: { RIFTCHAT_HOST: "x=y" } },
};

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("A pidfile round-trips, and has only the pid on its first line", () => {
  const text = serializePidFile(RECORD);
  assertEquals(text.split("\n")[0], "4711");
  assertEquals(parsePidFile(text), RECORD);
});

pure("A report round-trips", () => {
  const report = { ...RECORD, connections: 3 };
  assertEquals(parseReport(serializeReport(report)), report);
  assertEquals(parseRecord(JSON.stringify(RECORD)), RECORD);
});

for (
  const [what, text] of [
    ["is empty", ""],
    ["another program wrote", "4711\n"],
    ["is cut off", serializePidFile(RECORD).slice(0, -9)],
    ["contradicts itself", serializePidFile(RECORD).replace("4711\n", "4712\n")],
    ["names a group of processes", serializePidFile({ ...RECORD, pid: -1 })],
    ["names every process", serializePidFile({ ...RECORD, pid: 0 })],
    ["names the first process", serializePidFile({ ...RECORD, pid: 1 })],
    ["names no whole number", serializePidFile({ ...RECORD, pid: 1.5 })],
  ] as [string, string][]
) {
  pure(`A pidfile that ${what} is invalid`, () => assertEquals(parsePidFile(text), undefined));
}

pure("Any other text is not a report", () => {
  for (const text of ["", "hello", "null", "[]", JSON.stringify(RECORD)]) {
    assertEquals(parseReport(text), undefined, text);
  }
});
