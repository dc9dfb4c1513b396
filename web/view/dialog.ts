/**
 * A dialog over the messages. Escape closes it. The browser keeps the focus in it, and gives it back when it closes.
 *
 * @module
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { html, type VNode } from "./html.ts";

/**
 * Shows a dialog.
 *
 * @param properties its name, the id of what screen readers read after that, what happens when the user closes it, and
 *   what it shows
 */
export function Dialog(
  { label, describedBy, closed, children }: {
    label: string;
    describedBy?: string;
    closed: () => void;
    children: unknown;
  },
): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    closed();
  };
  return html`
    <dialog ref=${dialog} aria-label=${label} aria-describedby=${describedBy} onCancel=${cancel}>
      <h2>${label}</h2>
      ${children}
    </dialog>
  `;
}
