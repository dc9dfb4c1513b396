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
 * Cuts a list into pages.
 *
 * @param list what is to be sent
 * @param bytes about how many bytes of JSON a page may have; its last item may go beyond
 * @returns at least one page; an empty list is one empty page
 */
export function pagesOf<T>(list: readonly T[], bytes: number): Page<T>[] {
  const pages: Page<T>[] = [{ items: [], more: {} }];
  let size = 0;
  for (const item of list) {
    let page = pages.at(-1)!;
    if (size > bytes) {
      page.more = { more: true };
      pages.push(page = { items: [], more: {} });
      size = 0;
    }
    page.items.push(item);
    // A UTF-16 unit is at most three bytes of UTF-8.
    size += 3 * JSON.stringify(item).length;
  }
  return pages;
}
