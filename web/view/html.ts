/**
 * Makes elements from templates: `htm` with Preact. A value in a template is text or an attribute, never markup.
 *
 * @module
 */
import htm from "htm";
import { h } from "preact";

/** An element of the page, as Preact makes it. */
export interface VNode {
  /** The name of the HTML element, or the function that shows it. */
  readonly type: unknown;
  /** Its attributes, or the properties for the function. */
  readonly props: object;
}

/** Makes an element from the texts of a template and the values between them. */
export type Template = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** Makes an element from a template. */
export const html: Template = (htm as unknown as { bind(make: typeof h): Template }).bind(h);
