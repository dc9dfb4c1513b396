/**
 * What a terminal can show, as far as its environment tells.
 *
 * PURE. In doubt the lesser is taken: text without colours and in ASCII can be read everywhere, an escape sequence that
 * is not understood or a letter in an encoding that is not spoken cannot.
 *
 * @module
 */
import type { Colours } from "./colour.ts";

/** What a terminal can show. */
export interface Capabilities {
  /** Which styles it can show. */
  readonly colours: Colours;
  /** Whether it can show ASCII alone, as it does not take UTF-8. */
  readonly ascii: boolean;
  /** Whether it has a title that can be set. */
  readonly title: boolean;
}

/** Text as it is, for where nothing is known. */
export const PLAIN_CAPABILITIES: Capabilities = { colours: "none", ascii: false, title: false };

/** Terminals with 256 colours whose `TERM` does not say so. */
const TERMS_WITH_256_COLOURS =
  /^(xterm-(kitty|ghostty)|alacritty|contour|foot|ghostty|iterm2?|mlterm|tmux|vte|wezterm)\b|-direct/;

/** Terminals without colours. */
const TERMS_WITHOUT_COLOURS = /^(vt\d+|xterm-mono|cons\d+-m|sun|hp|wyse)/;

/** Terminals that would show what sets a title, or have nowhere to put it. */
const TERMS_WITHOUT_TITLE = /^(linux|vt\d+|cons\d+|ansi|sun|hp|wyse|cygwin|emacs|eterm-mono)/;

/**
 * Guesses what the terminal can show.
 *
 * @param environment gives a variable of the environment, or `undefined`. Asked for are `TERM`, `COLORTERM`,
 * `WT_SESSION`,
 * `NO_COLOR` (see no-color.org; what is bold or dim is no colour and stays), and for the encoding `LC_ALL`, `LC_CTYPE`
 * and
 * `LANG`, the first of which that is set counts (POSIX, XBD 8.2). With none of them it is UTF-8: that is so on Windows
 * and
 * in containers, whose terminals are somebody else's
 * @returns what it can show
 */
export function capabilitiesOf(environment: (name: string) => string | undefined): Capabilities {
  const term = environment("TERM") ?? "";
  const locale = environment("LC_ALL") || environment("LC_CTYPE") || environment("LANG");
  const dumb = term === "dumb" || term === "unknown";
  return {
    colours: dumb ? "none" : coloursOf(term, environment),
    ascii: locale !== undefined && locale !== "" && !/utf-?8/i.test(locale),
    title: !dumb && !TERMS_WITHOUT_TITLE.test(term),
  };
}

function coloursOf(term: string, environment: (name: string) => string | undefined): Colours {
  if (environment("NO_COLOR") || TERMS_WITHOUT_COLOURS.test(term)) return "mono";
  if (/256/.test(term) || TERMS_WITH_256_COLOURS.test(term) || environment("COLORTERM") || environment("WT_SESSION")) {
    return 256;
  }
  return 16;
}
