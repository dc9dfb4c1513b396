/**
 * Runs the submitted inputs one after the other, each for the room that the user meant.
 *
 * Rules:
 * - An input waits until the one before is done. So a message after `:join #dev` goes to #dev.
 * - If the user changes the room by a key while inputs wait, each of them is for the room in which it was submitted.
 *
 * @module
 */
import type { TargetAction } from "../commands/mod.ts";
import type { ChatBuffer, Target } from "../model/mod.ts";

/** Options of {@linkcode SubmittedInputs}. */
export interface SubmittedInputsOptions {
  /** Returns the current buffer. */
  current: () => ChatBuffer;
  /** Runs an input. Returns a promise if the next one has to wait for it. */
  run: (text: string) => Promise<void> | void;
  /** Sends a message to a room, whatever it begins with. */
  say: (text: string, room: ChatBuffer) => void;
}

/** A submitted input. */
interface SubmittedInput {
  readonly text: string;
  /** Whether it is a part of a long text, and so a message whatever it begins with. */
  readonly isPart?: true;
  /** The buffer that was current when it was submitted. */
  readonly room: ChatBuffer;
  /** How often the user had changed the room by a key by then. */
  readonly moves: number;
}

/** The submitted inputs. */
export class SubmittedInputs {
  readonly #options: SubmittedInputsOptions;
  /** The inputs that are not done. The first is running. */
  readonly #waiting: SubmittedInput[] = [];
  /** How often the user has changed the room by a key. */
  #moves = 0;

  /**
   * Starts without an input.
   *
   * @param options see {@linkcode SubmittedInputsOptions}
   */
  constructor(options: SubmittedInputsOptions) {
    this.#options = options;
  }

  /** The room that the running input is for; without one the current room. */
  get room(): ChatBuffer {
    const [running] = this.#waiting;
    return running === undefined || running.moves === this.#moves ? this.#options.current() : running.room;
  }

  /** Notes that the user changes the room by a key. */
  moved(): void {
    this.#moves++;
  }

  /**
   * Runs an input after those that wait.
   *
   * @param text the input
   */
  submit(text: string): void {
    this.#add({ text, ...this.#now });
  }

  /**
   * Sends the parts of a long text, after the inputs that wait.
   *
   * @param messages the parts
   */
  submitParts(messages: readonly string[]): void {
    for (const text of messages) this.#add({ text, isPart: true, ...this.#now });
  }

  get #now(): Pick<SubmittedInput, "room" | "moves"> {
    return { room: this.#options.current(), moves: this.#moves };
  }

  #add(input: SubmittedInput): void {
    if (this.#waiting.push(input) === 1) this.#runAll();
  }

  async #runAll(): Promise<void> {
    for (let input = this.#waiting[0]; input !== undefined; input = this.#waiting[0]) {
      const done = input.isPart ? this.#options.say(input.text, this.room) : this.#options.run(input.text);
      if (done instanceof Promise) await done;
      this.#waiting.shift();
    }
  }
}

/**
 * Names the room of a command that is about the current one.
 *
 * @param action the action of the command
 * @param room the room that the command is for
 * @returns the action, which does not depend on the current room any more
 */
export function inRoom<Action extends TargetAction>(action: Action, { kind, name }: Target): Action {
  if (action.kind === "leave" && action.target === undefined) {
    return { ...action, target: { candidates: [{ kind, name }] } };
  }
  return action.kind === "who" && action.room === undefined && kind === "room"
    ? { ...action, room: { kind, name } }
    : action;
}
