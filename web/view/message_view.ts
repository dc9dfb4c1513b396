/**
 * One message.
 *
 * @module
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { quoteOf } from "../../client/changes/mod.ts";
import { findMentions, sanitize, sanitizeName } from "../../client/text/mod.ts";
import { nameKey, type PastLine } from "../../protocol/mod.ts";
import type { ChatStore } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";
import { textParts } from "./text_parts.ts";

const REACTIONS = ["👍", "❤️", "😂", "🎉"];
const COLOURS = 8;

/**
 * Shows a message.
 *
 * @param properties the state, the message, the message that it answers if that is here, and whether it can be changed
 */
export function MessageView(
  { store, line, answered, hasMenu = true }: {
    store: ChatStore;
    line: PastLine;
    answered: PastLine | undefined;
    hasMenu?: boolean;
  },
): VNode {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLElement>(null);
  const whole = useRef<HTMLElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  // A deleted message has no menu: who was there goes on from the messages.
  const wasFocused = opener.current !== null && opener.current === document.activeElement;
  useLayoutEffect(() => {
    if (wasFocused && opener.current === null) whole.current!.closest<HTMLElement>("[tabindex]")!.focus();
  });
  // Below the last message it would be out of sight.
  useLayoutEffect(() => {
    menu.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  const { username, message, timestamp, sequence, edited, deleted, reactions = [], verified } = line;
  const name = sanitizeName(username);
  const own = store.isSelf(username);
  const isMention = !own && findMentions(message, store.name).length > 0;
  const at = new Date(timestamp);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const mayMenu = hasMenu && sequence !== undefined && store.canChange && !deleted;
  const react = (reaction: string) => {
    setOpen(false);
    store.change({ kind: "react", reaction, sequence: sequence! });
  };
  const action = (run: () => void) => () => {
    setOpen(false);
    run();
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    setOpen(false);
    opener.current!.focus();
  };
  return html`
    <div ref=${whole} class=${`message${own ? " own" : ""}${isMention ? " mention" : ""}`} onKeyDown=${keyed}>
      <time datetime=${at.toISOString()} title=${at.toLocaleString()}>${time}</time>
      <span class="body" dir="auto">
        ${answered &&
          html`<span class="quote">↪ ${sanitizeName(answered.username)}: ${
            answered.deleted ? "deleted message" : sanitizeLines(quoteOf(answered.message))
          }</span>`}
        <bdi class=${`name c${hashOf(username)}`} title=${verified
          ? "this name is verified"
          : undefined}>${name}</bdi>${" "}
        ${deleted
          ? html`<em>message deleted</em>`
          : html`<span class="text">${
            textParts(sanitizeLines(message)).map(({ text, href }) =>
              href === undefined
                ? text
                : html`<a href=${href} target="_blank" rel="noopener noreferrer nofollow">${text}</a>`
            )
          }</span>`}
        ${edited !== undefined && !deleted && html`<span class="faint"> (edited)</span>`}
        ${reactions.length > 0 &&
          html`<span class="reactions">${
            reactions.map((
              { reaction, count, own: mine }: { reaction: string; count: number; own?: boolean },
            ) =>
              html`
                <button type="button" aria-pressed=${String(mine === true)} disabled=${!mayMenu}
                  aria-label=${`${sanitize(reaction)}, ${count}`}
                  onClick=${() => react(mine ? `-${reaction}` : reaction)}>${sanitize(
                    reaction,
                  )} ${count}</button>
              `
            )
          }</span>`}
      </span>
      ${mayMenu && html`
        <button type="button" class="more" ref=${opener} aria-expanded=${String(isOpen)}
          aria-label=${`Actions for the message of ${name} at ${time}`}
          onClick=${() => setOpen(!isOpen)}>⋯</button>
      `}
      ${mayMenu && isOpen && html`
        <span class="menu" ref=${menu} role="group" aria-label="Actions">
          <button type="button" onClick=${action(() =>
            store.setAbout({ kind: "reply", line })
          )}>Reply</button>
          ${REACTIONS.map((reaction) =>
            html`
              <button type="button" aria-label=${`React ${reaction}`} onClick=${() =>
                react(reaction)}>${reaction}</button>
            `
          )}
          ${own && html`
            <button type="button" onClick=${action(() =>
              store.setAbout({ kind: "edit", line })
            )}>Edit</button>
          `}
          ${(own || store.moderates) && html`
            <button type="button" aria-haspopup="dialog" onClick=${action(() => {
              // The dialog gives the focus back, and this button is gone then.
              opener.current!.focus();
              store.askToDelete(line);
            })}>Delete</button>
          `}
          ${!own && html`
            <button type="button" aria-haspopup="dialog" onClick=${() =>
              store.show({ person: username })}>Actions for ${name}</button>
          `}
        </span>
      `}
    </div>
  `;
}

function sanitizeLines(text: string): string {
  return text.split("\n").map(sanitize).join("\n");
}

/** The colour of a name: the same for each spelling. */
function hashOf(name: string): number {
  let hash = 7;
  for (const character of nameKey(name)) hash = (hash * 31 + character.codePointAt(0)!) % 9973;
  return hash % COLOURS;
}
