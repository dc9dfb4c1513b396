/**
 * Draws a conversation on the terminal: the messages above, the prompt and the input in the last rows, and the title of
 * the window.
 *
 * Rules:
 * - Only this file writes to the terminal, always through the screen. So messages never disturb the input.
 * - Rows that arrive within {@linkcode PRINT_DELAY_MS} are written together. The input is drawn at once, after them.
 * - Joins, leaves and renames wait in the scrollback until it says that they are due.
 * - While the client tries to connect, the prompt shows the time and is drawn every {@linkcode TICK_MS}.
 * - While the program is suspended, nothing draws the input or sets the title.
 *
 * The file is long because all that is drawn goes through one screen.
 *
 * @module
 */
import { type EditorState, type RowMove, viewOf } from "../editor/mod.ts";
import type { LinkState } from "../link/mod.ts";
import type { Machine, Terminal } from "../machine/mod.ts";
import type { Buffers } from "../model/mod.ts";
import {
  BELL,
  type Notification,
  notificationSequence,
  type Prompt,
  promptOf,
  RESTORE_TITLE,
  SAVE_TITLE,
  type Scrollback,
  setTitle,
  titleText,
} from "../render/mod.ts";
import { reflowOf, Screen } from "../screen/mod.ts";
import type { Capabilities } from "../text/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";

/** How often a prompt that shows a time is drawn, in milliseconds. */
const TICK_MS = 1000;

/** How long rows wait for more rows, in milliseconds. Users do not notice this delay. */
const PRINT_DELAY_MS = 8;

/** Options of a {@linkcode Painter}. */
export interface PainterOptions {
  /** The terminal. */
  terminal: Terminal;
  /** Its size at the start, in cells: the size that the scrollback has. */
  size: { columns: number; rows: number };
  /** Its capabilities. */
  capabilities: Capabilities;
  /** Returns an environment variable. They tell how the terminal handles long rows when its width changes. */
  environment: Machine["environment"];
  /** Makes the rows of messages. */
  scrollback: Scrollback;
  /** The open buffers, for the prompt. */
  buffers: Buffers;
  /** Returns how many people are in a room, for the prompt; `undefined` if it is not big. */
  countIn: (room: string) => number | undefined;
  /** Returns the address of the hub, for the prompt and the title. */
  hub: () => string;
  /** The clock. */
  clock: TimedClock;
  /** Returns the state of the link; `undefined` before the first. */
  linkState: () => LinkState | undefined;
  /** Returns the state of the editor. */
  editor: () => EditorState;
  /** Returns a line for the user to show below the input, if the editor has none; `undefined` if there is none. */
  hint: () => string | undefined;
}

/** Draws one conversation. */
export class Painter {
  readonly #options: PainterOptions;
  readonly #screen: Screen;
  #columns: number;
  #rows: number;
  #title = "";
  /** The prompt as it was drawn last. */
  #drawnPrompt: string | undefined;
  #isSuspended = false;
  /** Rows for the next write. */
  #pendingRows: string[] = [];
  #cancelPrint: (() => void) | undefined;
  #cancelTick: () => void = () => {};
  #cancelFlush: (() => void) | undefined;

  /**
   * Writes nothing yet.
   *
   * @param options see {@linkcode PainterOptions}
   */
  constructor(options: PainterOptions) {
    const { capabilities, environment, size: { columns, rows } } = options;
    this.#options = options;
    this.#columns = columns;
    this.#rows = rows;
    this.#screen = new Screen({ columns, rows, reflow: reflowOf(environment), ascii: capabilities.ascii });
  }

  /** The width of the terminal, as it was drawn last. */
  get columns(): number {
    return this.#columns;
  }

  /** The height of the terminal, as it was drawn last. */
  get rows(): number {
    return this.#rows;
  }

  /** Whether the program is suspended. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Begins at the bottom of the terminal, with the title of the conversation. */
  begin(): void {
    this.#write((this.#options.capabilities.title ? SAVE_TITLE : "") + this.#screen.toBottom());
    this.drawTitle();
  }

  /** Writes what waits, removes the input, restores the title and closes the terminal. No timer is left. */
  end(): void {
    const { capabilities, scrollback, terminal } = this.#options;
    this.#cancelTick();
    this.#cancelFlush?.();
    this.print(scrollback.flush());
    this.#printPending();
    this.#write(this.#screen.hide() + (capabilities.title && !this.#isSuspended ? RESTORE_TITLE : ""));
    terminal.close();
  }

  /** Gives the terminal to the shell. */
  suspend(): void {
    const { capabilities, terminal } = this.#options;
    this.#printPending();
    this.#write(this.#screen.hide() + (capabilities.title ? RESTORE_TITLE : ""));
    terminal.suspend();
    this.#isSuspended = true;
  }

  /** Draws again after other programs have used the terminal, whether or not {@linkcode Painter.suspend} was called. */
  resume(): void {
    const { capabilities, terminal } = this.#options;
    if (this.#isSuspended) {
      this.#isSuspended = false;
      terminal.resume();
      if (capabilities.title) this.#write(SAVE_TITLE);
      this.#title = "";
    }
    this.#write(this.#screen.hide());
    this.fit();
    this.#write(this.#screen.toBottom());
    this.draw();
    this.drawTitle();
  }

  /**
   * Prints rows above the input, soon.
   *
   * @param rows the rows, without line ends
   */
  print(rows: readonly string[]): void {
    for (const row of rows) this.#pendingRows.push(row);
    if (rows.length > 0) this.#printSoon();
  }

  /**
   * Shows a desktop notification.
   *
   * @param notification what to show
   */
  notify(notification: Notification): void {
    this.send(notificationSequence(notification, this.#options.capabilities));
  }

  /**
   * Writes a control sequence that changes nothing on the screen.
   *
   * @param sequence the sequence
   */
  send(sequence: string): void {
    if (!this.#isSuspended) this.#write(sequence);
  }

  /** Rings the bell. */
  ring(): void {
    this.#write(BELL);
  }

  /** Clears the screen. */
  clear(): void {
    this.#write(this.#screen.clear());
  }

  /** Draws the input now, after all rows that wait. */
  draw(): void {
    if (this.#isSuspended) return;
    this.#cancelTick();
    this.#printPending();
    this.fit();
    const { text, parts } = this.#prompt;
    this.#drawnPrompt = text;
    const edited = viewOf(this.#options.editor(), text);
    const hint = edited.hint ?? this.#options.hint();
    const view = hint === undefined ? edited : { ...edited, hint };
    // A search and a question have prompts of their own.
    this.#write(this.#screen.show(view.prompt === text ? { ...view, promptParts: parts } : view));
    const state = this.#options.linkState();
    if (state?.kind === "connecting" || state?.kind === "waiting") {
      this.#cancelTick = this.#options.clock.after(TICK_MS, () => this.draw());
    }
  }

  /**
   * Replaces all rows above the input, as far as they are on the screen.
   *
   * @param make returns the new rows, of which there may be at most so many
   */
  rebuild(make: (maxRows: number) => readonly string[]): void {
    this.#printPending();
    this.fit();
    this.#write(this.#screen.rebuild(make(this.#rows - this.#screen.inputRows)));
  }

  /**
   * Moves the cursor of the input to the row above or below.
   *
   * @param position the text, its cursor, the direction, and the column to move towards
   * @returns the new cursor and the column; `undefined` if there is no such row
   */
  moveByRow({ text, cursor, step, column }: RowMove): { cursor: number; column: number } | undefined {
    return this.#screen.moveByRow({ prompt: this.#prompt.text, text, cursor }, step, column);
  }

  /** Draws the input soon, if the prompt has changed, as it does when messages arrive in another buffer. */
  drawPromptSoon(): void {
    if (this.#prompt.text !== this.#drawnPrompt) this.#printSoon();
  }

  /** Sets the title of the window, if it has changed. */
  drawTitle(): void {
    const { capabilities, hub, scrollback } = this.#options;
    if (!capabilities.title || this.#isSuspended) return;
    const title = titleText(hub(), scrollback.unreadCounts);
    if (title === this.#title) return;
    this.#title = title;
    this.#write(setTitle(title, capabilities.ascii));
  }

  /** Prints the joins, leaves and renames that wait in the scrollback, when they are due. */
  flushWhenDue(): void {
    const { clock, scrollback } = this.#options;
    const { dueAt } = scrollback;
    if (dueAt === undefined || this.#cancelFlush !== undefined) return;
    this.#cancelFlush = clock.after(Math.max(0, dueAt - clock.wall()), () => {
      this.#cancelFlush = undefined;
      if ((scrollback.dueAt ?? 0) > clock.wall()) return this.flushWhenDue();
      this.print(scrollback.flush());
    });
  }

  /** Adapts to the size of the terminal, which may have changed before its event arrives. */
  fit(): void {
    const { scrollback, terminal } = this.#options;
    const { columns, rows } = terminal.size;
    if (columns === this.#columns && rows === this.#rows) return;
    this.#columns = columns;
    this.#rows = rows;
    scrollback.resize(columns);
    this.#write(this.#screen.resize(columns, rows));
  }

  #write(text: string): void {
    this.#options.terminal.write(text);
  }

  #printSoon(): void {
    this.#cancelPrint ??= this.#options.clock.after(PRINT_DELAY_MS, () => {
      this.#printPending();
      if (this.#drawnPrompt !== undefined && this.#prompt.text !== this.#drawnPrompt) this.draw();
    });
  }

  #printPending(): void {
    this.#cancelPrint?.();
    this.#cancelPrint = undefined;
    const rows = this.#pendingRows;
    if (rows.length === 0) return;
    this.#pendingRows = [];
    this.fit();
    this.#write(this.#screen.print(rows));
  }

  get #prompt(): Prompt {
    const { buffers, clock, countIn, hub, linkState } = this.#options;
    const state = linkState();
    const now = clock.elapsed();
    switch (state?.kind) {
      case "connecting": {
        const seconds = Math.floor((now - state.since) / 1000);
        return plainPrompt(`connecting to ${hub()} …${seconds > 0 ? ` ${seconds} s` : ""} > `);
      }
      case "waiting":
        return plainPrompt(
          `connecting again in ${Math.max(0, Math.ceil((state.until - now) / 1000))} s > `,
        );
      default:
        return promptOf(
          buffers,
          this.#columns,
          buffers.current.kind === "room" ? countIn(buffers.current.name) : undefined,
        );
    }
  }
}

function plainPrompt(text: string): Prompt {
  return { text, parts: [] };
}
