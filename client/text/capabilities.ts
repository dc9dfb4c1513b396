/**
 * Capabilities of a terminal: colours, ASCII or UTF-8, a window title, desktop notifications, and a clipboard.
 *
 * PURE. In doubt the lower capability is assumed. Every terminal shows ASCII without colours, but an unknown escape
 * sequence or encoding shows as garbage.
 *
 * @module
 */
import type { Colours } from "./colour.ts";

/** Capabilities of a terminal. */
export interface Capabilities {
  /** Which colours and styles it can show. */
  readonly colours: Colours;
  /** Whether it shows ASCII only, because its encoding is not UTF-8. */
  readonly ascii: boolean;
  /** Whether its title can be set. */
  readonly title: boolean;
  /** The control sequence by which it shows desktop notifications; absent if it shows none, as far as is known. */
  readonly notifications?: "osc9" | "osc777" | "osc99";
  /**
   * How a program reaches the clipboard with OSC 52, if the terminal allows it: directly, through tmux or through GNU
   * screen; absent if the terminal is known to have none.
   */
  readonly clipboard?: "terminal" | "tmux" | "screen";
}

/** The capabilities of an unknown output: no styles. */
export const PLAIN_CAPABILITIES: Capabilities = { colours: "none", ascii: false, title: false };

/** Terminals with 256 colours whose `TERM` does not say so. */
const TERMS_WITH_256_COLOURS =
  /^(xterm-(kitty|ghostty)|alacritty|contour|foot|ghostty|iterm2?|mlterm|tmux|vte|wezterm)\b|-direct/;

/** Terminals without colours. */
const TERMS_WITHOUT_COLOURS = /^(vt\d+|xterm-mono|cons\d+-m|sun|hp|wyse)/;

/** Terminals that have no title or print the escape sequence that sets it. */
const TERMS_WITHOUT_TITLE = /^(linux|vt\d+|cons\d+|ansi|sun|hp|wyse|cygwin|emacs|eterm-mono)/;

/** Terminals that show desktop notifications, by `TERM` or `TERM_PROGRAM`. */
const NOTIFICATIONS: readonly (readonly [RegExp, NonNullable<Capabilities["notifications"]>])[] = [
  [/kitty/, "osc99"],
  [/ghostty|wezterm|^foot\b|^contour\b|^warpterminal$/, "osc777"],
  [/^iterm/, "osc9"],
];

/**
 * Guesses what the terminal can show.
 *
 * @param environment returns an environment variable, or `undefined`. It is called for `TERM`, `COLORTERM`,
 * `WT_SESSION`, `NO_COLOR` (see no-color.org; bold and dim are not colours and stay), for notifications
 * and the clipboard `TERM_PROGRAM`, `TMUX` and `STY`, as tmux and screen do not pass them on, and, for the encoding,
 * `LC_ALL`, `LC_CTYPE` and `LANG`, of which the first that is set counts (POSIX, XBD 8.2). With none of the three
 * the encoding is UTF-8: this is the case on Windows and in containers, which use the terminal of another system
 * @returns the capabilities
 */
export function capabilitiesOf(environment: (name: string) => string | undefined): Capabilities {
  const term = environment("TERM") ?? "";
  const dumb = term === "dumb" || term === "unknown";
  const notifications = dumb ? undefined : notificationsOf(term, environment);
  const clipboard = dumb ? undefined : clipboardOf(term, environment);
  return {
    ...(notifications === undefined ? {} : { notifications }),
    ...(clipboard === undefined ? {} : { clipboard }),
    colours: dumb ? "none" : coloursOf(term, environment),
    ascii: localeWithoutUtf8(environment) !== undefined,
    title: !dumb && !TERMS_WITHOUT_TITLE.test(term),
  };
}

/**
 * Finds the environment variable that limits the terminal to ASCII.
 *
 * @param environment returns an environment variable, or `undefined`; see {@linkcode capabilitiesOf}
 * @returns the variable with its value, such as `LANG=C`; `undefined` if the encoding is UTF-8
 */
export function localeWithoutUtf8(environment: (name: string) => string | undefined): string | undefined {
  const name = ["LC_ALL", "LC_CTYPE", "LANG"].find((name) => environment(name));
  if (name === undefined) return undefined;
  const locale = environment(name)!;
  return /utf-?8/i.test(locale) ? undefined : `${name}=${locale}`;
}

function notificationsOf(
  term: string,
  environment: (name: string) => string | undefined,
): Capabilities["notifications"] {
  if (environment("TMUX") || environment("STY") || /^(tmux|screen)/.test(term)) return undefined;
  const names = [term, environment("TERM_PROGRAM") ?? ""].map((name) => name.toLowerCase());
  return NOTIFICATIONS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

function clipboardOf(
  term: string,
  environment: (name: string) => string | undefined,
): Capabilities["clipboard"] {
  if (environment("TMUX") || term.startsWith("tmux")) return "tmux";
  if (environment("STY") || term.startsWith("screen")) return "screen";
  const hasNone = TERMS_WITHOUT_TITLE.test(term) || environment("TERM_PROGRAM") === "Apple_Terminal";
  return hasNone ? undefined : "terminal";
}

function coloursOf(term: string, environment: (name: string) => string | undefined): Colours {
  if (environment("NO_COLOR") || TERMS_WITHOUT_COLOURS.test(term)) return "mono";
  if (
    /256/.test(term) || TERMS_WITH_256_COLOURS.test(term) || environment("COLORTERM") ||
    environment("WT_SESSION")
  ) {
    return 256;
  }
  return 16;
}
