import { formatAge, formatDay, formatDuration, formatTimeOfDay } from "../../../client/text/calendar.ts";
import { assertEquals } from "../../helpers/assert.ts";

const AT = Date.UTC(2026, 10, 24, 23, 30);
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

Deno.test({
  name: "A day is formatted in words, in local time",
  permissions: "none",
  fn() {
    assertEquals(formatDay(AT, () => 0), "Tuesday 24 November 2026");
    assertEquals(formatDay(AT, () => 60), "Wednesday 25 November 2026");
    assertEquals(formatDay(AT, () => -24 * 60), "Monday 23 November 2026");
    assertEquals(formatDay(0, () => 0), "Thursday 1 January 1970");
    for (const never of [NaN, 1e300, -1e300]) assertEquals(formatDay(never, () => 0), undefined);
  },
});

Deno.test({
  name: "An age is formatted in its largest unit",
  permissions: "none",
  fn() {
    for (
      const [ms, told] of [
        [-HOUR, "now"],
        [0, "now"],
        [MINUTE - 1, "now"],
        [2 * MINUTE, "2m"],
        [HOUR - 1, "59m"],
        [3 * HOUR, "3h"],
        [DAY - 1, "23h"],
        [4 * DAY, "4d"],
        [364 * DAY, "364d"],
        [800 * DAY, "2y"],
        [NaN, "now"],
      ] as const
    ) assertEquals(formatAge(ms), told);
  },
});

Deno.test({
  name: "A duration is formatted in the largest unit that is exact, or nearly",
  permissions: "none",
  fn() {
    const spans: [ms: number, text: string][] = [
      [30 * 86_400_000, "30 days"],
      [86_400_000, "1 day"],
      [36 * 3_600_000, "36 hours"],
      [100 * 3_600_000, "4 days"],
      [90 * 60_000, "90 minutes"],
      [1000, "1 second"],
      [10, "1 second"],
    ];
    for (const [ms, text] of spans) assertEquals(formatDuration(ms), text);
  },
});

Deno.test({
  name: "A time of day is local, also for a time outside the calendar",
  permissions: "none",
  fn() {
    const at = Date.UTC(2024, 4, 17, 14, 3, 59);
    assertEquals(formatTimeOfDay(at, () => 0), "14:03");
    assertEquals(formatTimeOfDay(at, () => 600), "00:03");
    assertEquals(formatTimeOfDay(at, () => -210), "10:33");
    assertEquals(formatTimeOfDay(at, (timestamp) => timestamp === at ? 120 : 0), "16:03");
    assertEquals(formatTimeOfDay(0, () => -60), "23:00");
    assertEquals(formatTimeOfDay(-1e12, () => 0), "22:13");
    assertEquals(formatTimeOfDay(8e15, () => 0), "14:13");
    for (const never of [1e300, -1e300, NaN]) assertEquals(formatTimeOfDay(never, () => 0), "--:--");
  },
});
