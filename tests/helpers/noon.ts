/**
 * The time zone of clients whose screen a test compares row by row: it is noon there, so that no day ends during a test
 * and adds the separator of the next day to the screen.
 *
 * @module
 */

/** A value of the variable `TZ`, such as `Etc/GMT-5`, which is five hours ahead of UTC. */
export const NOON_ZONE: string = zoneWithNoonAt(new Date().getUTCHours());

function zoneWithNoonAt(hourUtc: number): string {
  const behind = hourUtc - 12;
  return `Etc/GMT${behind < 0 ? "-" : "+"}${Math.abs(behind)}`;
}
