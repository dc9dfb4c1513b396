/**
 * What somebody sees who is not in the chat yet.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { sanitize } from "../../client/text/mod.ts";
import { html, type VNode } from "./html.ts";

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
  /** Whether the hub has asked for its password. */
  wantsPassword: boolean;
  /** Joins with a name and the password of the hub, which is empty if there is none. */
  join: (name: string, guest: boolean, password: string) => void;
}

/**
 * Shows the form.
 *
 * @param properties see {@linkcode JoinFormProperties}
 */
export function JoinForm(
  { name: first, problem, invited, isBusy, wantsPassword, join }: JoinFormProperties,
): VNode {
  const [name, setName] = useState(first);
  const field = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => (wantsPassword ? password : field).current?.focus(), [problem, wantsPassword]);
  const enter = (guest: boolean) => {
    if (name.trim() !== "") join(name.trim(), guest, password.current!.value);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    enter(false);
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
        <label for="password">Password of the hub, if it has one</label>
        <input id="password" ref=${password} type="password" autocomplete="current-password" />
        <p class="error" role="alert">${problem === undefined ? "" : sanitize(problem)}</p>
        <p class="buttons">
          <button type="submit" disabled=${isBusy}>Join</button>
          <button type="button" disabled=${isBusy} onClick=${() => enter(true)}>Join as guest</button>
        </p>
        <p class="faint">With “Join” the name is yours: a key in this browser proves it. A guest has no key.</p>
      </form>
    </main>
  `;
}
