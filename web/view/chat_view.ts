/**
 * What somebody sees who is in the chat.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { sanitize, sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore } from "../store/mod.ts";
import { Announcer } from "./announcer.ts";
import { Composer } from "./composer.ts";
import { Dialogs } from "./dialogs.ts";
import { html, type VNode } from "./html.ts";
import { MessageLog } from "./message_log.ts";
import { ConversationList, PeopleList } from "./side_lists.ts";

/** What the view shows. */
export interface ChatViewProperties {
  /** The state. */
  store: ChatStore;
  /** The number of the state, so that each change is shown. */
  version: number;
  /** Whether the user can be asked for notifications. */
  mayAsk: boolean;
  /** Asks the user for notifications. */
  ask: () => void;
}

/**
 * Shows the chat. On a phone the lists are beside the messages only while they are open.
 *
 * @param properties see {@linkcode ChatViewProperties}
 */
export function ChatView({ store, mayAsk, ask }: ChatViewProperties): VNode {
  const [open, setOpen] = useState<"" | "conversations" | "people">("");
  const [words, setWords] = useState("");
  const { current } = store;
  useEffect(() => setOpen(""), [current.key]);
  const toggle = (which: "conversations" | "people") => () => setOpen(open === which ? "" : which);
  const chosen = () => setOpen("");
  const search = (event: Event) => {
    event.preventDefault();
    if (words.trim() !== "") store.search(words.trim());
  };
  const skip = (event: Event) => {
    event.preventDefault();
    setOpen("");
    // After the field is shown, if a list was in its place.
    requestAnimationFrame(() => document.getElementById("message")?.focus());
  };
  return html`
    <div class=${`chat ${open}`}>
      <a class="skip" href="#message" onClick=${skip}>Skip to the message field</a>
      <header>
        <button type="button" class="narrow" aria-expanded=${String(open === "conversations")}
          onClick=${toggle("conversations")}>Rooms${store.unread > 0 ? ` (${store.unread})` : ""}</button>
        <h1><bdi>${current.label}</bdi></h1>
        <button type="button" aria-haspopup="dialog" aria-label=${`Actions in ${current.label}`}
          onClick=${() => store.show({})}>⋯</button>
        <p class="topic" dir="auto">${sanitize(current.topic)}</p>
        <p class="status" role="status">${statusOf(store)}</p>
        ${mayAsk && html`<button type="button" class="optional" onClick=${ask}>Notify me</button>`}
        <form role="search" onSubmit=${search}>
          <input type="search" aria-label="Search" placeholder="Search" value=${words}
            onInput=${(event: InputEvent) => setWords((event.target as HTMLInputElement).value)} />
        </form>
        <button type="button" class="narrow" aria-expanded=${String(open === "people")}
          onClick=${toggle("people")}>People</button>
      </header>
      <nav class="side conversations" aria-label="Conversations">
        <${ConversationList} store=${store} chosen=${chosen} />
        ${mayAsk && html`<button type="button" class="narrow wide" onClick=${ask}>Notify me</button>`}
      </nav>
      <main>
        <${MessageLog} store=${store} />
        <${Announcer} store=${store} />
        <${Composer} store=${store} />
      </main>
      <aside class="side people" aria-label="People">
        <h2>People</h2>
        <${PeopleList} store=${store} chosen=${chosen} />
      </aside>
      <${Dialogs} store=${store} />
    </div>
  `;
}

function statusOf({ link, name }: ChatStore): string {
  switch (link?.kind) {
    case "open":
      return `connected as ${sanitizeName(name)}`;
    case "waiting":
      return link.how === "refused"
        ? `${sanitize(link.why)}; connecting again`
        : "connection lost; connecting again";
    case "ended":
      return sanitize(link.why);
    default:
      return "connecting…";
  }
}
