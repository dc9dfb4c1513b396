/**
 * Cuts a list that may be too long for one message into pages.
 *
 * @module
 */

/** One page of a list. */
export interface Page<T> {
  /** The items of this page, in order. */
  items: T[];
  /** A field for the message: `more: true` if another page follows, else nothing. */
  more: { more?: true };
}

/**
 * Cuts a list into pages. Each page is made when it is asked for, so that the hub does not hold a list of thousands
 * for everyone who asked for it.
 *
 * @param list the items; it is iterated as it is at that time
 * @param show makes the form that an item has in the message; `undefined` for an item to leave out
 * @param bytes about how many bytes of JSON a page may have; its last item may exceed that
 * @returns makes the next page; an empty list has one empty page
 */
export function pagesOf<T, I>(
  list: Iterable<T>,
  show: (item: T) => I | undefined,
  bytes: number,
): () => Page<I> {
  const iterator = list[Symbol.iterator]();
  const next = (): I | undefined => {
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
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
