/**
 * The messages of a conversation. Screen readers do not read this region as it changes, since much of what comes into
 * it is history: `announcer` reads what is new.
 *
 * @module
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { sanitize } from "../../client/text/mod.ts";
import type { PastLine } from "../../protocol/mod.ts";
import type { ChatStore, Item } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";
import { MessageView } from "./message_view.ts";
import { plural } from "./plural.ts";

/** How near to the end, in pixels, the user counts as being at it. */
const NEAR_END = 40;

/** How near to the beginning, in pixels, earlier messages are fetched. */
const NEAR_START = 200;

/** What shows an item, and what it depends on besides the item. */
interface Drawn {
  readonly node: VNode;
  readonly state: string;
  readonly answered: PastLine | undefined;
}

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
  // Hundreds of messages may come at once, and each of them has hundreds before it: what did not change is not drawn.
  const drawn = useRef(new WeakMap<Item, Drawn>()).current;
  const state = [store.name, store.canChange, store.moderates].join();
  const draw = (item: Item, answered?: PastLine) => {
    const last = drawn.get(item);
    if (last?.state === state && last.answered === answered) return last.node;
    const node = item.kind === "message"
      ? html`<${MessageView} key=${item.id} store=${store} line=${item.line} answered=${answered} />`
      : item.kind === "note"
      ? html`<p key=${item.id} class=${`note${item.isError ? " error" : ""}`} dir="auto">${item.text}</p>`
      : html`<p key=${item.id} class="separator">${plural(item.count, "new message")}</p>`;
    drawn.set(item, { node, state, answered });
    return node;
  };
  let day = "";
  let byNumber: Map<number | undefined, PastLine> | undefined;
  return html`
    <div class="log" role="log" aria-live="off" aria-label=${current.label} aria-busy=${String(
      current.isLoading,
    )}
      tabindex="0" ref=${region} onScroll=${scrolled}>
      ${current.isLoading && html`<p class="faint note">Loading earlier messages…</p>`}
      ${store.items.flatMap((item) => {
        if (item.kind !== "message") return draw(item);
        const { timestamp, reply_to: number } = item.line;
        const node = draw(
          item,
          number === undefined
            ? undefined
            : (byNumber ??= new Map(current.lines.map((line) => [line.sequence, line]))).get(number),
        );
        const at = new Date(timestamp);
        if (day === (day = at.toDateString())) return node;
        return [
          html`<p key=${`day ${item.id}`} class="separator">${
            at.toLocaleDateString([], { dateStyle: "full" })
          }</p>`,
          node,
        ];
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
