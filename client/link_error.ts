/**
 * Why there is no link to a hub, or none any more.
 *
 * @module
 */

/** What became of a link: no hub was there, it would not have us, it was there and is gone, we went. */
export type LinkErrorKind = "unreachable" | "refused" | "lost" | "left";

/** There is no link, or none any more. */
export class LinkError extends Error {
  /** As for any `Error`. */
  override readonly name = "LinkError";
  /** What became of the link, for programs. */
  readonly kind: LinkErrorKind;

  /**
   * Says why there is no link.
   *
   * @param kind what became of it, for programs
   * @param message for people; what the hub itself said is in it as it came
   * @param options `cause` as for any `Error`
   */
  constructor(kind: LinkErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
