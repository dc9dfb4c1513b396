/**
 * The messages of a conversation. Screen readers do not read this region as it changes, since much of what comes into
 * it is history: `announcer` reads what is new.
 *
 * @module
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { sanitize } from "../../client/text/mod.ts";
import type { ChatStore, Item } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";
import { MessageView } from "./message_view.ts";

/** How near to the end, in pixels, the user counts as being at it. */
const NEAR_END = 40;

/** How near to the beginning, in pixels, earlier messages are fetched. */
const NEAR_START = 200;

/**
 * Shows the messages of the current conversation. At its end it stays there as messages arrive; elsewhere it does not
 * move.
 *
 * @param properties the state
 */
export function MessageLog({ store }: { store: ChatStore }): VNode {
  const region = useRef<HTMLDivElement>(null);
  const before = useRef({ key: "", isAtEnd: true, height: 0, top: 0, first: 0 });
  const { current, pending } = store;
  useLayoutEffect(() => {
    const element = region.current!;
    const last = before.current;
    const first = current.items[0]?.id ?? 0;
    if (last.key !== current.key || last.isAtEnd) element.scrollTop = element.scrollHeight;
    else if (first !== last.first) element.scrollTop = last.top + element.scrollHeight - last.height;
    before.current = { ...measure(element), key: current.key, first };
    if (element.scrollHeight <= element.clientHeight + NEAR_START) store.loadEarlier();
  });
  const scrolled = () => {
    const element = region.current!;
    Object.assign(before.current, measure(element));
    if (element.scrollTop < NEAR_START) store.loadEarlier();
  };
  const { items } = store;
  let day = "";
  return html`
    <div class="log" role="log" aria-live="off" aria-label=${current.label} aria-busy=${String(
      current.isLoading,
    )}
      tabindex="0" ref=${region} onScroll=${scrolled}>
      ${current.isLoading && html`<p class="faint note">Loading earlier messages…</p>`}
      ${items.map((item: Item) => {
        if (item.kind === "note") {
          return html`<p key=${item.id} class=${`note${
            item.isError ? " error" : ""
          }`} dir="auto">${item.text}</p>`;
        }
        if (item.kind === "new") {
          return html`<p key=${item.id} class="separator">${
            item.count === 1 ? "1 new message" : `${item.count} new messages`
          }</p>`;
        }
        const { line, id } = item;
        const itsDay = new Date(line.timestamp).toLocaleDateString([], { dateStyle: "full" });
        const isNewDay = itsDay !== day;
        day = itsDay;
        const answered = line.reply_to === undefined ? undefined : current.find(line.reply_to);
        return html`
          ${isNewDay && html`<p key=${`day ${id}`} class="separator">${itsDay}</p>`}
          <${MessageView} key=${id} store=${store} line=${line} answered=${answered} />
        `;
      })}
      ${pending.map(({ id, text, state }) =>
        html`
          <p key=${`own ${id}`} class="message own waiting" dir="auto">
            <span class="text">${text.split("\n").map(sanitize).join("\n")}</span>
            <span class="faint"> ${state.kind === "waiting" || state.kind === "unsure"
              ? "(not sent yet)"
              : "(sending)"}</span>
          </p>
        `
      )}
    </div>
  `;
}

function measure({ scrollTop, scrollHeight, clientHeight }: HTMLElement) {
  return {
    isAtEnd: scrollTop + clientHeight >= scrollHeight - NEAR_END,
    height: scrollHeight,
    top: scrollTop,
  };
}
