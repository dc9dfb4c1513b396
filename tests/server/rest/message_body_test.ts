/**
 * What becomes of the body of a request: texts, JSON, notifications of Alertmanager.
 *
 * @module
 */
import fc from "fast-check";
import { checkText, MAX_TEXT_BYTES } from "../../../protocol/mod.ts";
import { alertText } from "../../../server/rest/alertmanager.ts";
import { messageIn } from "../../../server/rest/message_body.ts";
import { Problem } from "../../../server/rest/problem.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const utf8 = new TextEncoder();
const textOf = (body: string, type: string | null) => messageIn(utf8.encode(body), type, null).message;

Deno.test("A body that is not JSON is a text as it is, also if curl calls it a form", () => {
  for (const type of [null, "text/plain; charset=utf-8", "application/x-www-form-urlencoded", "x"]) {
    assertEquals(textOf("a=b&c=%20", type), "a=b&c=%20");
    assertEquals(textOf('{"message":"x"}', type), '{"message":"x"}');
  }
});

Deno.test("One line feed at the end of a text is no part of it, and CRLF is a line feed", () => {
  assertEquals(textOf("one\ntwo\n", null), "one\ntwo");
  assertEquals(textOf("one\r\ntwo\r\n\r\n", null), "one\ntwo\n");
  assertEquals(textOf('{"message":"one\\n"}', "application/json"), "one\n");
});

Deno.test("Every body is a message or a problem", () => {
  const types = fc.constantFrom(
    null,
    "application/json",
    "text/plain",
    "multipart/form-data",
    "application/a+json",
  );
  const bodies = fc.oneof(fc.uint8Array(), fc.json().map((text) => utf8.encode(text)));
  fc.assert(fc.property(bodies, types, fc.option(fc.string()), (body, type, id) => {
    try {
      assertEquals(typeof messageIn(body, type, id).message, "string");
    } catch (error) {
      assert(error instanceof Problem && error.status >= 400 && error.status < 500, String(error));
    }
  }));
});

Deno.test("A notification of Alertmanager is a line about the group, and one for each alert", () => {
  // As in the documentation of Alertmanager, with what differs from alert to alert.
  const notification = {
    version: "4",
    groupKey: '{}:{alertname="InstanceDown"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "chat",
    groupLabels: { alertname: "InstanceDown" },
    commonLabels: { alertname: "InstanceDown", severity: "page" },
    commonAnnotations: {},
    externalURL: "http://alerts.example.org:9093",
    alerts: [
      {
        status: "firing",
        labels: { alertname: "InstanceDown", instance: "db1:9100" },
        annotations: { summary: "down for 5\n minutes" },
      },
      {
        status: "resolved",
        labels: { alertname: "InstanceDown", instance: "db2:9100" },
        annotations: { description: "db2:9100 is down" },
      },
      { status: "firing", labels: { alertname: "InstanceDown" }, annotations: {} },
    ],
  };
  assertEquals(
    textOf(JSON.stringify(notification), "application/json"),
    [
      "[FIRING 3] InstanceDown (page) http://alerts.example.org:9093",
      "firing: db1:9100: down for 5 minutes",
      "resolved: db2:9100 is down",
      "firing: InstanceDown",
    ].join("\n"),
  );
});

Deno.test("A notification with more alerts than a message can have says how many are left out", () => {
  const alerts = Array.from({ length: 500 }, (_, i) => ({
    status: "firing",
    labels: { instance: `host${i}` },
    annotations: { summary: "ü".repeat(40) },
  }));
  const text = alertText({ status: "firing", alerts })!;
  checkText(text);
  const [, shown] = /\nfiring: host(\d+): ü+\nand \d+ more$/.exec(text)!;
  assertEquals(text.endsWith(`and ${500 - Number(shown) - 1} more`), true);
  assert(utf8.encode(text).length > MAX_TEXT_BYTES - 200);
});

Deno.test("Whatever a notification contains, its message is valid", () => {
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.constant("\u202e\u0007\n"), fc.anything());
  const label = fc.dictionary(
    fc.constantFrom("alertname", "severity", "instance", "summary", "description"),
    texts,
  );
  const alert = fc.record({ status: texts, labels: label, annotations: label }, { requiredKeys: [] });
  const notification = fc.record({
    status: fc.string({ unit: "binary", maxLength: 20 }),
    alerts: fc.array(fc.oneof(alert, fc.anything()), { maxLength: 30 }),
    groupLabels: fc.oneof(label, fc.anything()),
    commonLabels: fc.oneof(label, fc.anything()),
    externalURL: texts,
  });
  fc.assert(fc.property(notification, (body) => checkText(alertText(body)!)), { numRuns: 50 });
  const long = { status: "x".repeat(5000), alerts: [], groupLabels: { alertname: "y".repeat(5000) } };
  checkText(alertText(long)!);
  assertEquals(alertText({ message: "x" }), undefined);
  assertEquals(alertText(null), undefined);
});
