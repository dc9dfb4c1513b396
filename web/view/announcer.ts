/**
 * What screen readers read as messages arrive: each new message of the current conversation once, and what the page
 * tells. Nobody sees it. History is not read, whether it comes at the beginning, after a gap or on scrolling up: of a
 * gap the number of new messages is.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { sanitize, sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore, Item } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";
import { plural } from "./plural.ts";

/** How many announcements stand there at once. */
const MAX_KEPT = 10;

/** How long an announcement stands there, in milliseconds: who goes through the page finds each message once. */
const KEPT_MS = 5000;

/**
 * Announces what is new.
 *
 * @param properties the state
 */
export function Announcer({ store }: { store: ChatStore }): VNode {
  const said = useRef<{ key: string; last: number; items: readonly Item[] }>({ key: "", last: 0, items: [] });
  const [, draw] = useState(0);
  const { current, items } = store;
  const { key, last, items: kept } = said.current;
  const fresh = items.filter((item) => (item.kind !== "message" || item.isLive) && item.id > last);
  if (key !== current.key || fresh.length > 0) {
    said.current = {
      key: current.key,
      last: Math.max(last, fresh.at(-1)?.id ?? 0),
      items: key === current.key ? [...kept, ...fresh].slice(-MAX_KEPT) : [],
    };
  }
  useEffect(() => {
    const timer = setTimeout(() => {
      said.current = { ...said.current, items: [] };
      draw(said.current.last);
    }, KEPT_MS);
    return () => clearTimeout(timer);
  }, [said.current.last]);
  return html`
    <div class="announcer" aria-live="polite" aria-relevant="additions">
      ${said.current.items.map((item) => html`<p key=${item.id}>${textOf(item)}</p>`)}
    </div>
  `;
}

function textOf(item: Item): string {
  switch (item.kind) {
    case "note":
      return item.text;
    case "new":
      return plural(item.count, "new message");
    case "message": {
      const { username, message } = item.line;
      return `${sanitizeName(username)}: ${message.split("\n").map(sanitize).join("\n")}`;
    }
  }
}
