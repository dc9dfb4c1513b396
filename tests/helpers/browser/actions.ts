/**
 * Uses the menus and forms of the page, as a person does.
 *
 * @module
 */
import type { PageHub } from "../hubs/page_hub.ts";
import { ChatPage } from "./chat_page.ts";
import type { Browser } from "./chromium.ts";

/**
 * Opens the menu of the current conversation and chooses an action.
 *
 * @param person who does it
 * @param action its title
 */
export async function choose({ page }: ChatPage, action: string | RegExp): Promise<void> {
  await page.click("button", /^Actions in /);
  await page.click("button", action);
}

/**
 * Opens the menu of somebody in the list of people and chooses an action.
 *
 * @param person who does it
 * @param other the person whom the action is for
 * @param action its title
 */
export async function chooseFor({ page }: ChatPage, other: string, action: string | RegExp): Promise<void> {
  await page.click("button", `Actions for ${other}`);
  await page.click("button", action);
}

/**
 * Presses the button of a form and waits until the form has closed.
 *
 * @param person who does it
 * @param action the title of the action, which the button has, too
 */
export async function finish({ page }: ChatPage, action: string): Promise<void> {
  await page.click("button", action);
  await page.gone("dialog");
}

/**
 * Lists the buttons of the open menu.
 *
 * @param person who has opened it
 */
export async function menu({ page }: ChatPage): Promise<string[]> {
  await page.find("dialog");
  return (await page.all("button")).map(({ name }) => name);
}

/**
 * Opens the page for somebody who owns their name.
 *
 * @param browser the browser
 * @param hub the hub
 * @param name the name
 */
export async function owner(browser: Browser, hub: PageHub, name: string): Promise<ChatPage> {
  const person = await ChatPage.join(browser, hub.url, name);
  await person.say(`${name} is here`);
  await person.sees(`${name} is here`);
  return person;
}

/**
 * Selects a value of a list.
 *
 * @param person who does it
 * @param label what the list is called
 * @param value the value
 */
export async function selectOption({ page }: ChatPage, label: string, value: string): Promise<void> {
  const found = await page.find("combobox", label);
  await page.on(found, `function () { this.value = ${JSON.stringify(value)}; }`);
}

/**
 * Joins a room.
 *
 * @param person who does it
 * @param room the room, with `#`
 */
export async function go(person: ChatPage, room: string): Promise<void> {
  await person.say(`:join ${room}`);
  await person.page.find("log", room);
}
