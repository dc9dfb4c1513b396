/**
 * Makes elements from templates: `htm` with Preact. A value in a template is text or an attribute, never markup.
 *
 * @module
 */
import htm from "htm";
import { h, type VNode } from "preact";

type Template = (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** Makes an element from a template. */
export const html: Template = (htm as unknown as { bind(make: typeof h): Template }).bind(h);
