/**
 * The conversation of a person on a terminal: what is typed is edited in the last rows, what the hub says scrolls above.
 *
 * Puts the editor, the screen, the transcript and the tether together; each of them knows nothing of the others. Nothing
 * here is written to the terminal but through the screen, so that arriving lines never disturb what is being typed.
 *
 * @module
 */
import { Code } from "../protocol/mod.ts";
import { type Address, formatAddress } from "./address.ts";
import type { Clock } from "./clock.ts";
import { ExitStatus } from "./exit_status.ts";
import { helpLines, readInput } from "./input.ts";
import type { Key } from "./key.ts";
import { newEditor, type Outcome, step, viewOf, withDraft } from "./line_editor.ts";
import { LinkError, type LinkErrorKind } from "./link_error.ts";
import { type Look, lookOf } from "./look.ts";
import type { OwnLine } from "./pending.ts";
import type { Ports } from "./ports.ts";
import { reflowOf } from "./reflow.ts";
import { Screen } from "./screen.ts";
import { paint, type StyledLine } from "./style.ts";
import { Terminal } from "./terminal.ts";
import { Tether } from "./tether.ts";
import type { TetherState } from "./tether_state.ts";
import { listUsers, Transcript } from "./transcript.ts";
import { visible } from "./visible.ts";
import type { Received } from "./wire.ts";

/** How often what takes time is shown anew, in milliseconds. */
const TICK_MS = 1000;

const STATUS: Record<LinkErrorKind, number> = {
  unreachable: ExitStatus.Unreachable,
  refused: ExitStatus.Refused,
  lost: ExitStatus.Lost,
  left: ExitStatus.Ok,
};

/** How long arriving lines are gathered before they are shown together, in milliseconds: less than anybody sees. */
const GATHER_MS = 8;

/** Whom to talk with. */
export interface TalkOptions {
  /** Where the hub is. */
  address: Address;
  /** The name wanted, in NFC; without one the hub chooses. */
  name: string | undefined;
  /** Ends it when aborted. */
  signal: AbortSignal;
}

/** One conversation on a terminal. */
export class Talk {
  readonly #where: string;
  readonly #clock: Clock;
  readonly #look: Look;
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #tether: Tether;
  #transcript: Transcript;
  readonly #newTranscript: () => Transcript;
  #columns: number;
  #rows: number;
  #editor = newEditor();
  #wasOpen = false;
  #interrupted = false;
  #suspended = false;
  /** Lines that are to be shown with the next write. */
  #gathered: string[] = [];
  #cancelShow: (() => void) | undefined;
  #cancelTick: () => void = () => {};

  /**
   * Takes the terminal over.
   *
   * @param options whom to talk with
   * @param ports the machine
   */
  constructor({ address, name, signal }: TalkOptions, ports: Ports) {
    this.#where = formatAddress(address);
    this.#clock = ports.clock;
    this.#look = lookOf(ports.environment);
    this.#newTranscript = () => new Transcript(ports.offsetMinutes);
    this.#transcript = this.#newTranscript();
    this.#tether = new Tether(address, {
      name,
      received: (received) => this.#received(received),
      changed: (state) => this.#changed(state),
      lineChanged: (line) => this.#lineChanged(line),
      connect: ports.connect,
      clock: ports.clock,
    });
    this.#terminal = new Terminal({
      keys: (keys) => this.#typed(keys),
      resized: () => this.#fit(),
      continued: () => this.#continued(),
      gone: () => this.#tether.close(),
    }, ports.clock);
    const { columns, rows } = this.#terminal.size;
    this.#columns = columns;
    this.#rows = rows;
    this.#screen = new Screen({
      columns,
      rows,
      reflow: reflowOf(ports.environment),
      ascii: this.#look.ascii,
    });
    signal.addEventListener("abort", () => this.#tether.close());
    if (signal.aborted) this.#tether.close();
  }

  /**
   * Talks until somebody ends it.
   *
   * @returns the exit status, and what is to be said about it, if anything, once the terminal is free again
   */
  async run(): Promise<{ status: number; why?: string }> {
    try {
      this.#terminal.write(this.#screen.toBottom());
      const { how, why } = await this.#tether.run();
      if (how === "left") return { status: this.#interrupted ? ExitStatus.Interrupted : ExitStatus.Ok };
      return { status: STATUS[how], why };
    } finally {
      this.#cancelTick();
      this.#show();
      this.#terminal.write(this.#screen.hide());
      this.#terminal.close();
    }
  }

  #typed(keys: Key[]): void {
    if (this.#suspended) return this.#continued();
    for (const key of keys) {
      const { state, outcome } = step(this.#editor, key);
      this.#editor = state;
      if (outcome === undefined) continue;
      // First without what was submitted, so that nothing that follows draws it again.
      this.#draw();
      this.#act(outcome);
    }
    this.#draw();
  }

  #act(outcome: Outcome): void {
    switch (outcome.kind) {
      case "submit":
        return this.#submit(outcome.text);
      case "interrupt":
        this.#interrupted = true;
        return this.#tether.leave();
      case "end":
        return this.#tether.leave();
      case "suspend":
        return this.#suspend();
      case "clearScreen":
        return this.#terminal.write(this.#screen.clear());
      case "refused":
        return this.#terminal.write("\x07");
      case "askPaste":
        return;
    }
  }

  #submit(text: string): void {
    const input = readInput(text);
    switch (input.kind) {
      case "nothing":
        return;
      case "leave":
        return this.#tether.leave();
      case "help":
        return this.#print(helpLines().map((line): StyledLine => [{ text: line, style: "plain" }]));
      case "mistake":
        this.#error(input.message);
        this.#editor = withDraft(this.#editor, text);
        return;
      case "ask":
        if (input.request.code === Code.Say) this.#tether.say(input.request.message);
        else if (input.request.code === Code.Rename) this.#rename(input.request.username);
        else this.#who();
    }
  }

  async #rename(name: string): Promise<void> {
    const end = await this.#tether.rename(name);
    if (end.kind === "refused") this.#error(end.message);
  }

  async #who(): Promise<void> {
    try {
      const answer = await this.#tether.ask({ code: Code.Who });
      if (answer.code === Code.Users) this.#print(listUsers(answer.users));
      else if (answer.code === Code.Refused) this.#error(answer.message);
    } catch (error) {
      if (error instanceof LinkError) this.#error(error.message);
      else if (error instanceof RangeError) {
        this.#error("Cannot list who is here: this hub speaks the base protocol alone");
      } else throw error;
    }
  }

  /** Lets the shell have the terminal: Ctrl-Z, typed once more, then stops the program and all that started it. */
  #suspend(): void {
    this.#note("stopping: Ctrl-Z once more stops the program (fg goes on), Enter goes on talking");
    this.#show();
    this.#terminal.write(this.#screen.hide());
    this.#terminal.suspend();
    this.#suspended = true;
  }

  #continued(): void {
    if (this.#suspended) {
      this.#suspended = false;
      this.#terminal.resume();
    }
    this.#terminal.write(this.#screen.hide());
    this.#fit();
    this.#terminal.write(this.#screen.toBottom());
    this.#draw();
  }

  #received({ message, error }: Received): void {
    if (error !== undefined) this.#error(error.message);
    if (message !== undefined) this.#print(this.#transcript.receive(message));
  }

  #changed(state: TetherState): void {
    if (state.kind === "connecting") this.#transcript = this.#newTranscript();
    if (state.kind === "open") {
      if (!this.#wasOpen) this.#note(`connected to ${this.#where}; :help lists the commands`);
      this.#wasOpen = true;
      const { claim } = state;
      if (claim !== undefined) {
        this.#note(`the name ${visible(claim.name)} is not to be had for now: ${visible(claim.why)}`);
      }
    }
    if (state.kind === "waiting" && this.#wasOpen && state.attempt === 0) {
      this.#note(`connection lost: ${visible(state.why)}; connecting again`);
    }
    this.#draw();
  }

  /** Tells of a line only where it did not simply go out: what was heard comes back as everyone sees it. */
  #lineChanged({ text, state, resent }: OwnLine): void {
    const what = visible(text.length > 60 ? text.slice(0, 60) + "…" : text);
    const away = this.#tether.state?.kind !== "open";
    if (state.kind === "waiting" && away) this.#note(`not sent yet: ${what}`);
    else if (state.kind === "unsure") this.#note(`maybe not heard, to be said again: ${what}`);
    else if (state.kind === "acknowledged" && resent) this.#note(`said again, so maybe heard twice: ${what}`);
    else if (state.kind === "refused") {
      this.#error(state.message);
      if (this.#editor.buffer.text === "") this.#editor = withDraft(this.#editor, text);
    } else if (state.kind === "unknown") this.#error(`Not known whether it was heard: ${what}`);
    else if (state.kind === "unsent") this.#error(`Not sent: ${what}`);
  }

  #note(text: string): void {
    this.#print([[{ text: `* ${text}`, style: "faint" }]]);
  }

  #error(message: string): void {
    this.#print([[{ text: `! ${visible(message)}`, style: "error" }]]);
  }

  /** Shows lines above the input, soon: those that arrive together are written together. */
  #print(lines: readonly StyledLine[]): void {
    for (const line of lines) this.#gathered.push(paint(line, this.#look.colours));
    if (lines.length > 0) this.#cancelShow ??= this.#clock.after(GATHER_MS, () => this.#show());
  }

  /** Shows what was gathered. */
  #show(): void {
    this.#cancelShow?.();
    this.#cancelShow = undefined;
    const lines = this.#gathered;
    if (lines.length === 0) return;
    this.#gathered = [];
    this.#fit();
    this.#terminal.write(this.#screen.print(lines));
  }

  /** Follows the terminal to another size, which it may have before it says so. */
  #fit(): void {
    const { columns, rows } = this.#terminal.size;
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    this.#terminal.write(this.#screen.resize(columns, rows));
  }

  #draw(): void {
    if (this.#suspended) return;
    this.#cancelTick();
    this.#show();
    this.#fit();
    this.#terminal.write(this.#screen.show(viewOf(this.#editor, this.#prompt)));
    const { state } = this.#tether;
    if (state?.kind === "connecting" || state?.kind === "waiting") {
      this.#cancelTick = this.#clock.after(TICK_MS, () => this.#draw());
    }
  }

  get #prompt(): string {
    const { state } = this.#tether;
    const now = this.#clock.elapsed();
    switch (state?.kind) {
      case "connecting": {
        const seconds = Math.floor((now - state.since) / 1000);
        return `connecting to ${this.#where} …${seconds > 0 ? ` ${seconds} s` : ""} > `;
      }
      case "waiting":
        return `connecting again in ${Math.max(0, Math.ceil((state.untilMs - now) / 1000))} s > `;
      default:
        return "> ";
    }
  }
}
