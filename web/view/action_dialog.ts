/**
 * The menus of what can be done, and the form of one action.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore } from "../store/mod.ts";
import { type Action, type Field, fieldsOf, filledIn, personActions, placeActions } from "./actions.ts";
import { Dialog } from "./dialog.ts";
import { html, type VNode } from "./html.ts";

/** Lines of an answer that are for use elsewhere: a link, or the command that takes a name over. */
const COPIED = /^\s*(?:\w+:\/\/|:key add )/;

/**
 * Shows the actions of the open panel, or the chosen one.
 *
 * @param properties the state
 */
export function ActionDialog({ store }: { store: ChatStore }): VNode {
  const { person, action: chosen } = store.panel!;
  const groups = person === undefined ? placeActions(store) : [personActions(store, person)];
  const action = groups.flatMap(([, actions]) => actions).find(([title]) => title === chosen);
  const close = () => store.show(undefined);
  if (action !== undefined) {
    return html`
      <${Dialog} key=${chosen} label=${chosen} closed=${close}>
        <${ActionForm} store=${store} action=${action} close=${close} />
        <//>
    `;
  }
  const choose = ([title, does, isAnswerShown]: Action) => {
    if (typeof does === "function") {
      close();
      return does();
    }
    store.show({ ...store.panel, action: title });
    if (!does.includes("{")) store.perform(does, isAnswerShown);
  };
  return html`
    <${Dialog} key="menu" label=${person === undefined ? "Actions" : sanitizeName(person)} closed=${close}>
      <div class="found">
        ${groups.map(([heading, actions]) =>
          html`
            ${person === undefined && html`<h3>${heading}</h3>`}
            <ul role="list" aria-label=${heading}>
              ${actions.map((action) =>
                html`
                  <li key=${action[0]}>
                    <button type="button" class="wide" onClick=${() => choose(action)}>${action[0]}</button>
                  </li>
                `
              )}
            </ul>
          `
        )}
      </div>
      <p class="buttons"><button type="button" onClick=${close}>Close</button></p>
      <//>
  `;
}

function ActionForm(
  { store, action: [title, does, isAnswerShown], close }: {
    store: ChatStore;
    action: Action;
    close: () => void;
  },
): VNode {
  const closing = useRef<HTMLButtonElement>(null);
  const { problem, answer } = store.panel!;
  const fields = answer === undefined ? fieldsOf(store, does as string) : [];
  useEffect(() => {
    if (answer !== undefined) closing.current!.focus();
  }, [answer]);
  const submit = (event: Event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target as HTMLFormElement)) as Record<
      string,
      string
    >;
    store.perform(filledIn(does as string, values), isAnswerShown);
  };
  return html`
    <form class="fields" onSubmit=${submit}>
      ${fields.map(([name, field], index) =>
        html`
          <label key=${name}><span>${field.label}</span>
            <${FieldInput} name=${name} field=${field} autofocus=${index === 0} />
          </label>
        `
      )}
      ${answer?.split("\n").map((line) =>
        COPIED.test(line) ? html`<${CopyField} text=${line.trim()} />` : html`<p dir="auto">${line}</p>`
      )}
      <p class="error" role="alert">${problem}</p>
      <p class="buttons">
        ${fields.length > 0 && html`<button type="submit">${title}</button>`}
        <button type="button" ref=${closing} onClick=${close}>
          ${fields.length > 0 ? "Cancel" : "Close"}
        </button>
      </p>
    </form>
  `;
}

function FieldInput({ name, field, autofocus }: { name: string; field: Field; autofocus: boolean }): VNode {
  const { options, value, type, isOptional } = field;
  if (options !== undefined) {
    return html`
      <select name=${name} autofocus=${autofocus}>
        ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
      </select>
    `;
  }
  return html`
    <${type === "textarea" ? type : "input"} name=${name} type=${type} autofocus=${autofocus} dir="auto"
      required=${!isOptional} min="1" autocomplete="off" autocapitalize="none" defaultValue=${value} />
  `;
}

function CopyField({ text }: { text: string }): VNode {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = () => {
    // Where the clipboard is blocked, the user can copy what is selected.
    field.current!.select();
    navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  };
  const label = text[0] === "h"
    ? "Link for browsers"
    : text[0] === ":"
    ? "Words for the other device"
    : "Link for the terminal";
  return html`
    <div class="copy">
      <span>${label}</span>
      <input ref=${field} readonly aria-label=${label} value=${text} />
      <button type="button" aria-label=${`Copy: ${label}`} onClick=${copy}>Copy</button>
      <span role="status">${isCopied && "copied"}</span>
    </div>
  `;
}
