/**
 * What is shown over the messages: questions, the list of rooms, the results of a search,
 * actions.
 *
 * @module
 */
import { roomOf } from "../../client/model/mod.ts";
import { sanitize, sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore } from "../store/mod.ts";
import { ActionDialog } from "./action_dialog.ts";
import { Dialog } from "./dialog.ts";
import { html, type VNode } from "./html.ts";
import { MessageView } from "./message_view.ts";
import { plural } from "./plural.ts";

/**
 * Shows what is open, if anything.
 *
 * @param properties the state
 */
export function Dialogs({ store }: { store: ChatStore }): VNode | null {
  const { question, results, rooms } = store;
  const close = () => store.closeLists();
  if (question !== undefined) {
    const { action, input, lines } = question;
    return html`
      <${Dialog} key="question" label=${action ? `${action} this?` : "Please confirm"} describedBy="question"
        closed=${() => store.decline()}>
        <div id="question">${lines.map((line) => html`<p dir="auto">${sanitize(line)}</p>`)}</div>
        <p class="buttons">
          <button type="button" onClick=${() => store.command(input)}>${action ?? "Do it"}</button>
          <button type="button" autofocus onClick=${() => store.decline()}>Cancel</button>
        </p>
        <//>
    `;
  }
  if (results !== undefined) {
    return html`
      <${Dialog} key="results" label="Search results" closed=${close}>
        <p>${plural(results.lines.length, "message")}${results.before && " so far"} in <bdi>${results
          .conversation
          .label}</bdi> with “<bdi>${sanitize(
            results.words,
          )}</bdi>”</p>
        <div class="found" tabindex="0" role="region" aria-label="Found messages">
          ${results.lines.map((line) =>
            html`
              <${MessageView} key=${line
                .sequence} store=${store} line=${line} answered=${undefined} hasMenu=${false} />
            `
          )}
        </div>
        <p class="buttons">
          ${results.before && html`
            <button type="button" onClick=${() =>
              store.search(results.words, results.before)}>Search further</button>
          `}
          <button type="button" autofocus onClick=${close}>Close</button>
        </p>
        <//>
    `;
  }
  if (rooms !== undefined) {
    return html`
      <${Dialog} key="rooms" label="All rooms" closed=${close}>
        <ul role="list" aria-label="Rooms of this hub">
          ${rooms.map(({ name }) =>
            html`
              <li key=${name}>
                <button type="button" class="wide" onClick=${() => (close(), store.join(name))}
                >${store.find(roomOf(name)) === undefined ? "Join" : "Go to"} #${sanitizeName(name)}</button>
              </li>
            `
          )}
        </ul>
        <p class="buttons"><button type="button" autofocus onClick=${close}>Close</button></p>
        <//>
    `;
  }
  return store.panel === undefined ? null : html`<${ActionDialog} store=${store} />`;
}
