/**
 * Lists that may be too long for one message.
 *
 * @module
 */

/** A part of a list. */
export interface Page<T> {
  /** Some of the items, in order. */
  items: T[];
  /** To be put into the message: says that another one goes on with the list, where that is so. */
  more: { more?: true };
}

/**
 * Cuts a list into pages, each of which is made when it is asked for: a list of thousands is not to be held for everybody
 * who asked for it.
 *
 * @param list what is to be sent; it is gone through as it is by then
 * @param show makes what stands in the message of an item; `undefined` for one that is not to be sent
 * @param bytes about how many bytes of JSON a page may have; its last item may go beyond
 * @returns makes the next page; at least one, and an empty list is one empty page
 */
export function pagesOf<T, I>(
  list: Iterable<T>,
  show: (item: T) => I | undefined,
  bytes: number,
): () => Page<I> {
  const rest = list[Symbol.iterator]();
  const next = (): I | undefined => {
    for (let step = rest.next(); !step.done; step = rest.next()) {
      const shown = show(step.value);
      if (shown !== undefined) return shown;
    }
    return undefined;
  };
  let ahead = next();
  return () => {
    const items: I[] = [];
    let size = 0;
    while (ahead !== undefined && size <= bytes) {
      items.push(ahead);
      // A UTF-16 unit is at most three bytes of UTF-8.
      size += 3 * JSON.stringify(ahead).length;
      ahead = next();
    }
    return { items, more: ahead === undefined ? {} : { more: true } };
  };
}
