/**
 * The prompt: where one is, and where else something waits to be read.
 *
 * PURE. Who is in `main` alone needs no name for it.
 *
 * @module
 */
import { type OpenPlace, placeLabel, type Places } from "../model/mod.ts";
import { widthOf } from "../text/mod.ts";

/** The part of a row that other places may take, so that there is room to type. */
const SHARE = 0.5;

/**
 * Words the prompt.
 *
 * @param places the places one is in
 * @param columns the width of the terminal
 * @returns such as `> ` or `[#main] (#dev 3 @1) > `
 */
export function promptOf(places: Places, columns: number): string {
  if (places.all.length === 1) return "> ";
  const waiting = places.all.filter((place) => place !== places.current && place.unread > 0);
  const others = waiting.length === 0 ? "" : ` (${wordWaiting(waiting, columns * SHARE)})`;
  return `[${placeLabel(places.current)}]${others} > `;
}

/** As many as there is room for, those first that mention one; of the rest the number. */
function wordWaiting(waiting: readonly OpenPlace[], room: number): string {
  const chosen = new Set<OpenPlace>();
  let width = 0;
  for (const place of waiting.toSorted((a, b) => Math.sign(b.mentions) - Math.sign(a.mentions))) {
    width += widthOf(unreadText(place)) + 2;
    if (chosen.size > 0 && width > room) break;
    chosen.add(place);
  }
  const more = waiting.length - chosen.size;
  const shown = waiting.filter((place) => chosen.has(place)).map(unreadText);
  return [...shown, ...(more > 0 ? [`+${more}`] : [])].join(", ");
}

/**
 * Words what waits in a place.
 *
 * @param place the place
 * @returns such as `#dev 3 @1`: three lines, one of which mentions one; or `@bo 2`, where all of them are for one alone
 */
export function unreadText(place: OpenPlace): string {
  const { kind, unread, mentions } = place;
  return `${placeLabel(place)} ${unread}${kind === "room" && mentions > 0 ? ` @${mentions}` : ""}`;
}
