/**
 * Asks the hub for the changes of messages that were missed, after each link but the first.
 *
 * Rules:
 * - The number of the last change that is known for certain is that of the welcome or of the last list. The changes
 *   that arrive one by one do not count: rooms are sent one after the other, so a change of another room with a lower
 *   number may still be on its way when the link is lost.
 * - In another epoch of the hub's history the numbers of changes start anew.
 *
 * @module
 */
import { type Changes, Code } from "../../protocol/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { LinkError } from "../net/mod.ts";

/** Options of {@linkcode MissedChanges}. */
export interface MissedChangesOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Called when the hub counts changes anew, before they are asked for. */
  restarted: () => void;
  /** Receives the changes that were missed, in one or more parts. The next part is asked for when it is done. */
  missed: (changes: Changes) => Promise<void> | void;
}

/** The changes that were missed, over any number of links. */
export class MissedChanges {
  readonly #options: MissedChangesOptions;
  /** The number up to which all changes are known, and its epoch. */
  #known: { last: number; epoch: string | undefined } | undefined;
  #session: Session | undefined;

  /**
   * Starts without a link.
   *
   * @param options see {@linkcode MissedChangesOptions}
   */
  constructor(options: MissedChangesOptions) {
    this.#options = options;
  }

  /**
   * Handles an open link: asks for what was missed, if anything was.
   *
   * @param session the facts of the link
   * @param isSure whether changes are known to be missing, although the numbers do not tell
   * @returns resolves when all are received, or the hub does not tell more
   */
  async opened(session: Session, isSure = false): Promise<void> {
    this.#session = session;
    const { epoch, changes } = session.welcome ?? {};
    if (changes === undefined || !hasFeature(session, "changes")) return;
    let known = this.#known ??= { last: changes, epoch };
    const isRestarted = known.epoch !== epoch || changes < known.last;
    if (!isRestarted && changes === known.last && !isSure) return;
    if (isRestarted) this.#options.restarted();
    // A hub that makes no progress is asked no more.
    for (
      let more = true, mayCountAnew = isRestarted;
      more && session === this.#session;
      mayCountAnew = false
    ) {
      const answer = await this.#ask(known);
      if (answer?.code !== Code.Changes || session !== this.#session) return;
      more = answer.more === true && (mayCountAnew || answer.last > known.last);
      this.#known = known = { last: answer.last, epoch };
      await this.#options.missed(answer);
    }
  }

  async #ask({ last, epoch }: { last: number; epoch: string | undefined }): Promise<Answer | undefined> {
    try {
      return await this.#options.ask({
        code: Code.AskChanges,
        after: last,
        ...(epoch === undefined ? {} : { epoch }),
      });
    } catch (error) {
      // The link is lost. The next one asks again.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      return undefined;
    }
  }
}
