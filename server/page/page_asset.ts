/**
 * A file of the page.
 *
 * PURE.
 *
 * @module
 */

/** A file of the page, as it is stored in the program. */
export interface PageAsset {
  /** Its media type. */
  readonly type: string;
  /** Its bytes, compressed with Brotli, in base64. */
  readonly brotli: string;
  /** Its bytes, compressed with gzip, in base64. */
  readonly gzip: string;
}
