/**
 * The error of a hub that cannot start.
 *
 * @module
 */

/** The hub cannot start. */
export class StartError extends Error {
  /** As for any `Error`. */
  override readonly name = "StartError";
  /** The log message, with `{reason}` where the reason goes. */
  readonly template: string;
  /** Why the hub cannot start. */
  readonly reason: string;
  /** Whether a hub that listens already has to be stopped. */
  readonly stopHub: boolean;

  /**
   * Makes the error.
   *
   * @param template see {@linkcode StartError.template}
   * @param reason see {@linkcode StartError.reason}
   * @param stopHub see {@linkcode StartError.stopHub}
   */
  constructor(template: string, reason: string, stopHub = false) {
    super(template.replace("{reason}", () => reason));
    this.template = template;
    this.reason = reason;
    this.stopHub = stopHub;
  }
}
