import { capabilitiesOf, localeWithoutUtf8 } from "../../../client/text/capabilities.ts";
import { assertEquals } from "../../helpers/assert.ts";

function capabilities(environment: Record<string, string>) {
  return capabilitiesOf((name) => environment[name]);
}

Deno.test({
  name: "The number of colours depends on TERM and on NO_COLOR",
  permissions: "none",
  fn() {
    for (
      const [environment, colours] of [
        [{ TERM: "xterm-256color" }, 256],
        [{ TERM: "screen-256color" }, 256],
        [{ TERM: "xterm-kitty" }, 256],
        [{ TERM: "foot" }, 256],
        [{ TERM: "alacritty-direct" }, 256],
        [{ TERM: "xterm", COLORTERM: "truecolor" }, 256],
        [{ WT_SESSION: "1" }, 256],
        [{ TERM: "xterm" }, 16],
        [{ TERM: "linux" }, 16],
        [{}, 16],
        [{ TERM: "xterm-256color", NO_COLOR: "" }, 256],
        [{ TERM: "xterm-256color", NO_COLOR: "1" }, "mono"],
        [{ TERM: "vt220" }, "mono"],
        [{ TERM: "dumb" }, "none"],
        [{ TERM: "dumb", COLORTERM: "truecolor" }, "none"],
        [{ TERM: "unknown" }, "none"],
      ] as const
    ) assertEquals(capabilities(environment).colours, colours, JSON.stringify(environment));
  },
});

Deno.test({
  name: "Only a locale without UTF-8 means ASCII, and the first locale that is set counts",
  permissions: "none",
  fn() {
    for (
      const [environment, ascii] of [
        [{}, false],
        [{ LANG: "" }, false],
        [{ LANG: "de_DE.UTF-8" }, false],
        [{ LANG: "C.utf8" }, false],
        [{ LANG: "C" }, true],
        [{ LANG: "POSIX" }, true],
        [{ LANG: "de_DE.ISO-8859-1" }, true],
        [{ LANG: "de_DE.UTF-8", LC_ALL: "C" }, true],
        [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, false],
        [{ LANG: "C", LC_CTYPE: "", LC_ALL: "" }, true],
      ] as const
    ) assertEquals(capabilities(environment).ascii, ascii, JSON.stringify(environment));
  },
});

Deno.test({
  name: "A terminal that would print the escape sequence of its title gets no title",
  permissions: "none",
  fn() {
    for (const TERM of ["xterm", "tmux-256color", "screen", "alacritty", "vte"]) {
      assertEquals(capabilities({ TERM }).title, true);
    }
    for (const TERM of ["dumb", "linux", "vt100", "ansi", "unknown"]) {
      assertEquals(capabilities({ TERM }).title, false, TERM);
    }
  },
});

Deno.test({
  name: "Terminals that are known for it show notifications, but not through tmux or screen",
  permissions: "none",
  fn() {
    for (
      const [environment, notifications] of [
        [{ TERM: "xterm-kitty" }, "osc99"],
        [{ TERM: "xterm-ghostty" }, "osc777"],
        [{ TERM: "foot-extra" }, "osc777"],
        [{ TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" }, "osc777"],
        [{ TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }, "osc9"],
        [{ TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" }, undefined],
        [{ TERM: "xterm-256color" }, undefined],
        [{ TERM: "dumb", TERM_PROGRAM: "iTerm.app" }, undefined],
        [{ TERM: "xterm-kitty", TMUX: "/tmp/tmux" }, undefined],
        [{ TERM: "screen.xterm-256color", TERM_PROGRAM: "WezTerm" }, undefined],
        [{}, undefined],
      ] as const
    ) assertEquals(capabilities(environment).notifications, notifications, JSON.stringify(environment));
  },
});

Deno.test({
  name: "The variable that makes the encoding ASCII is the first that is set",
  permissions: "none",
  fn() {
    const of = (environment: Record<string, string>) => localeWithoutUtf8((name) => environment[name]);
    assertEquals(of({ LANG: "C", LC_ALL: "" }), "LANG=C");
    assertEquals(of({ LANG: "C.UTF-8", LC_CTYPE: "POSIX" }), "LC_CTYPE=POSIX");
    assertEquals([of({}), of({ LANG: "C", LC_ALL: "C.UTF-8" })], [undefined, undefined]);
  },
});

Deno.test({
  name: "The clipboard is reached directly, through tmux or through screen, and some terminals have none",
  permissions: "none",
  fn() {
    for (
      const [environment, clipboard] of [
        [{ TERM: "xterm-256color" }, "terminal"],
        [{ TERM: "xterm-256color", TMUX: "/tmp/tmux" }, "tmux"],
        [{ TERM: "tmux-256color" }, "tmux"],
        [{ TERM: "screen-256color", TMUX: "/tmp/tmux", STY: "1" }, "tmux"],
        [{ TERM: "xterm", STY: "1" }, "screen"],
        [{ TERM: "screen.xterm" }, "screen"],
        [{ TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" }, undefined],
        [{ TERM: "linux" }, undefined],
        [{ TERM: "dumb" }, undefined],
      ] as const
    ) assertEquals(capabilities(environment).clipboard, clipboard, JSON.stringify(environment));
  },
});
