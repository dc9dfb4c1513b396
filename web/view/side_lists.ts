/**
 * The lists beside the messages: conversations and people.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore, Conversation } from "../store/mod.ts";
import { html, type VNode } from "./html.ts";

/** What a conversation is called for screen readers: with what is not seen. */
function nameOf({ label, unread, mentions, kind }: Conversation): string {
  if (unread === 0) return label;
  return `${label}, ${unread} unread${kind === "room" && mentions > 0 ? `, ${mentions} for you` : ""}`;
}

/**
 * Shows the conversations, and a field to join a room.
 *
 * @param properties the state, and what happens when one was chosen
 */
export function ConversationList({ store, chosen }: { store: ChatStore; chosen: () => void }): VNode {
  const [room, setRoom] = useState("");
  const join = (event: Event) => {
    event.preventDefault();
    if (room.trim() === "") return;
    store.command(`:join ${room.trim()}`);
    setRoom("");
    chosen();
  };
  return html`
    <ul role="list" aria-label="Conversations">
      ${store.conversations.map((conversation) => {
        const isCurrent = conversation === store.current;
        return html`
          <li key=${conversation.key}>
            <button type="button" class="place" aria-current=${isCurrent ? "page" : undefined}
              aria-label=${nameOf(conversation)}
              onClick=${() => (store.go(conversation), chosen())}>
              <bdi>${conversation.label}</bdi>
              ${conversation.unread > 0 && html`
                <span class=${`count${
                  conversation.mentions > 0 || conversation.kind === "person" ? " for-you" : ""
                }`}
                >${conversation.unread}</span>
              `}
            </button>
            ${conversation.key !== "#main" && html`
              <button type="button" class="close"
                aria-label=${`${conversation.kind === "room" ? "Leave" : "Close"} ${conversation.label}`}
                onClick=${() => store.close(conversation)}>×</button>
            `}
          </li>
        `;
      })}
    </ul>
    <form class="join" onSubmit=${join}>
      <input aria-label="Room to join" placeholder="#room" autocomplete="off" autocapitalize="none"
        value=${room}
        onInput=${(event: InputEvent) => setRoom((event.target as HTMLInputElement).value)} />
      <button type="submit">Join room</button>
    </form>
    <button type="button" class="wide" onClick=${() => (store.listRooms(), chosen())}>All rooms</button>
  `;
}

/**
 * Shows who is in the current conversation.
 *
 * @param properties the state, and what happens when one was chosen
 */
export function PeopleList({ store, chosen }: { store: ChatStore; chosen: () => void }): VNode {
  const { peopleCount } = store;
  return html`
    ${peopleCount !== undefined && html`
      <p class="note">${peopleCount} people; joins and leaves are not shown</p>
      <button type="button" class="wide" onClick=${() => store.listPeople()}>List all</button>
    `}
    <ul role="list" aria-label="People">
      ${store.people.map((name) => {
        const shown = sanitizeName(name);
        const own = store.isSelf(name);
        return html`
          <li key=${name}>
            <button type="button" class="place" disabled=${own} aria-label=${own
              ? `${shown}, you`
              : `Message ${shown}`}
              onClick=${() => (store.openPerson(name), chosen())}>
              <bdi class=${store.isIgnored(name) ? "ignored" : ""}>${shown}</bdi>${own ? " (you)" : ""}
            </button>
            ${!own && html`
              <button type="button" class="close" aria-haspopup="dialog" aria-label=${`Actions for ${shown}`}
                onClick=${() => store.show({ person: name })}>⋯</button>
            `}
          </li>
        `;
      })}
    </ul>
  `;
}
