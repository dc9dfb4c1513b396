/**
 * The field for messages. It is never locked: what is typed without a link is sent when there is one.
 *
 * @module
 */
import { useEffect, useRef } from "preact/hooks";
import { sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";

/** Whether the keyboard is on the screen, where Enter makes a new line and a button sends. */
const isTouch = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

/**
 * Shows the field.
 *
 * @param properties the state
 */
export function Composer({ store }: { store: ChatStore }): VNode {
  const field = useRef<HTMLTextAreaElement>(null);
  const { current } = store;
  const { about, draft } = current;
  useEffect(() => {
    if (!isTouch()) field.current!.focus();
  }, [current.key, about]);
  useEffect(() => {
    field.current!.rows = Math.min(8, draft.split("\n").length);
  }, [draft]);
  const send = (event: Event) => {
    event.preventDefault();
    store.submit();
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !isTouch()) send(event);
    if (event.key === "Escape" && about !== undefined) store.setAbout(undefined);
    if (event.key === "ArrowUp" && draft === "") {
      const line = current.lines.findLast(({ username, deleted }) => store.isSelf(username) && !deleted);
      if (line?.sequence !== undefined && store.canChange) {
        event.preventDefault();
        store.setAbout({ kind: "edit", line });
      }
    }
  };
  return html`
    <form class="composer" onSubmit=${send}>
      ${about && html`
        <p class="about">
          ${about.kind === "edit"
            ? "Editing your message"
            : `Replying to ${sanitizeName(about.line.username)}`}
          <button type="button" onClick=${() => store.setAbout(undefined)}>Cancel</button>
        </p>
      `}
      <textarea id="message" ref=${field} dir="auto" aria-label="Message"
        placeholder=${`Message ${current.label}`}
        enterkeyhint="send" autocomplete="off" value=${draft}
        onInput=${(event: InputEvent) => store.setDraft((event.target as HTMLTextAreaElement).value)}
        onKeyDown=${keyed}></textarea>
      <button type="submit">Send</button>
    </form>
  `;
}
