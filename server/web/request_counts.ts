/**
 * Counts the requests over HTTP by their route and the class of their status. A route has no names in it, so there are
 * few, whatever clients ask for.
 *
 * PURE.
 *
 * @module
 */

/** A kind of address that clients ask for. */
export type Route =
  | "page"
  | "/ws"
  | "/rooms/{room}"
  | "/rooms/{room}/messages"
  | "/rooms/{room}/stream"
  | "/openapi.json"
  | "other";

/** What was counted: the route, the class of the status such as `2xx`, and how many. */
export type RequestCount = readonly [route: Route, status: string, count: number];

/**
 * Finds the route of a path.
 *
 * @param path the decoded segments of the path
 * @param isPage whether the page has a file there
 * @returns the route
 */
export function routeOf(path: readonly string[], isPage: (path: string) => boolean): Route {
  const [first, room, action] = path;
  if (first === "rooms" && room !== undefined && room !== "") {
    if (path.length === 2) return "/rooms/{room}";
    if (path.length === 3 && (action === "messages" || action === "stream")) return `/rooms/{room}/${action}`;
  } else if (path.length === 1 && (first === "ws" || first === "openapi.json")) return `/${first}`;
  return isPage(`/${path.join("/")}`) ? "page" : "other";
}

/** The requests of a hub since its start. */
export class RequestCounts {
  readonly #counts = new Map<string, { route: Route; status: string; count: number }>();

  /**
   * Counts a request.
   *
   * @param route its route
   * @param status the status of its answer
   */
  add(route: Route, status: number): void {
    const kind = `${Math.floor(status / 100)}xx`;
    const key = `${route} ${kind}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { route, status: kind, count: 1 });
    else counted.count++;
  }

  /** The counts of all that was asked for. */
  get all(): RequestCount[] {
    return this.#counts.values().map(({ route, status, count }): RequestCount => [route, status, count])
      .toArray();
  }
}
