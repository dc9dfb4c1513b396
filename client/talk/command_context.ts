/**
 * What the commands of a conversation share: requests to the hub, checks of its features, and their notes and errors.
 *
 * @module
 */
import type { Refused } from "../../protocol/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { NO_ROOMS } from "../model/mod.ts";
import { failure, info, type StyledLine } from "../text/mod.ts";
import { LinkError } from "../net/mod.ts";

/** Why the hub has no history. */
const NO_HISTORY = "this hub stores no history";

/** Why the hub knows nothing of keys. */
export const NO_KEYS = "on this hub no name belongs to anybody";

/** A feature of the hub that a command needs. */
export type NeededFeature = "rooms" | "direct" | "history" | "search" | "keys" | "changes";

/** Options of a {@linkcode CommandContext}. */
export interface CommandContextOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the session of the open link; `undefined` without a link. */
  session: () => Session | undefined;
  /** Shows lines of the client. */
  print: (lines: readonly StyledLine[]) => void;
}

/** Gives commands access to the hub and to the output. */
export class CommandContext {
  readonly #options: CommandContextOptions;

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode CommandContextOptions}
   */
  constructor(options: CommandContextOptions) {
    this.#options = options;
  }

  /** The session of the open link; `undefined` without a link. */
  get session(): Session | undefined {
    return this.#options.session();
  }

  /**
   * Whether the hub is connected and has a feature.
   *
   * @param feature the feature
   * @returns whether it has it
   */
  hubHas(feature: NeededFeature): boolean {
    const { session } = this;
    return session !== undefined && hasFeature(session, feature);
  }

  /**
   * Checks that the hub has a feature, and prints an error if it does not. Without a link the check passes, because the
   * request itself then fails with the reason.
   *
   * @param feature the feature
   * @param action what the user wants, for the error: "join #dev"
   * @returns whether to continue
   */
  require(feature: NeededFeature, action: string): boolean {
    if (this.session === undefined || this.hubHas(feature)) return true;
    this.fail(`Cannot ${action}: ${this.#whyMissing(feature)}`);
    return false;
  }

  /**
   * Sends a request to the hub. If there is no answer, prints an error.
   *
   * @param request the request
   * @param feature the feature that the request needs, for the error
   * @param isSilent whether to print no error
   * @returns the answer, which may be a refusal; `undefined` if there is none
   */
  async ask(
    request: ControlRequest,
    feature: NeededFeature = "rooms",
    isSilent = false,
  ): Promise<Answer | undefined> {
    try {
      return await this.#options.ask(request);
    } catch (error) {
      // A RangeError: the link was replaced by one to a hub without the extension.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      const why = feature === "history" || feature === "search" ? NO_HISTORY : NO_ROOMS;
      if (!isSilent) this.fail(error instanceof LinkError ? error.message : `Cannot do that: ${why}`);
      return undefined;
    }
  }

  /**
   * Prints lines.
   *
   * @param lines the lines, whose texts are sanitized
   */
  print(lines: readonly StyledLine[]): void {
    this.#options.print(lines);
  }

  /**
   * Prints a note.
   *
   * @param text one line
   */
  note(text: string): void {
    this.print([info(text)]);
  }

  /**
   * Prints an error.
   *
   * @param message one sentence
   */
  fail(message: string): void {
    this.print([failure(message)]);
  }

  /**
   * Prints a refusal of the hub.
   *
   * @param action what the user wants: "join #dev"
   * @param refusal the answer of the hub
   */
  failRefused(action: string, { message }: Refused): void {
    this.fail(`Cannot ${action}: ${message.replace(/^Cannot [^:]*: /, "")}`);
  }

  #whyMissing(feature: NeededFeature): string {
    switch (feature) {
      case "rooms":
        return NO_ROOMS;
      case "direct":
        return "this hub has no direct messages";
      case "history":
        return NO_HISTORY;
      case "keys":
        return NO_KEYS;
      case "changes":
        return "this hub does not have that";
      case "search":
        return this.hubHas("history") ? "this hub cannot search" : NO_HISTORY;
    }
  }
}
