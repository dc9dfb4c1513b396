/**
 * What somebody sees who is not in the chat yet.
 *
 * @module
 */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { sanitize } from "../../client/text/mod.ts";
import { html } from "./html.ts";

/** What the form is about. */
export interface JoinFormProperties {
  /** The name that stands there at first. */
  name: string;
  /** Why the person is not in the chat, if it was tried. */
  problem: string | undefined;
  /** Whether the address has an invite. */
  invited: boolean;
  /** Whether the form waits for the hub. */
  isBusy: boolean;
  /** Joins with a name. */
  join: (name: string, guest: boolean) => void;
}

/**
 * Shows the form.
 *
 * @param properties see {@linkcode JoinFormProperties}
 */
export function JoinForm({ name: first, problem, invited, isBusy, join }: JoinFormProperties): VNode {
  const [name, setName] = useState(first);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [problem]);
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() !== "") join(name.trim(), false);
  };
  return html`
    <main class="start">
      <h1>RiftChat</h1>
      ${invited && html`<p>You are invited to this hub.</p>`}
      <form onSubmit=${submit}>
        <label for="name">Name</label>
        <input id="name" ref=${field} required maxlength="32" autocomplete="username" autocapitalize="none"
          spellcheck=${false} dir="auto" value=${name}
          onInput=${(event: InputEvent) => setName((event.target as HTMLInputElement).value)} />
        <p class="error" role="alert">${problem === undefined ? "" : sanitize(problem)}</p>
        <p class="buttons">
          <button type="submit" disabled=${isBusy}>Join</button>
          <button type="button" disabled=${isBusy} onClick=${() =>
            name.trim() !== "" && join(name.trim(), true)}
          >Join as guest</button>
        </p>
        <p class="faint">With “Join” the name is yours: a key in this browser proves it. A guest has no key.</p>
      </form>
    </main>
  `;
}
