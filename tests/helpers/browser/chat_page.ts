/**
 * The page of a hub, as a person uses it: the roles and names of its controls stand here.
 *
 * @module
 */
import type { Browser } from "./chromium.ts";
import type { Page, PageOptions } from "./page.ts";

/** What the person does at the beginning. */
export interface JoinOptions extends PageOptions {
  /** Whether the person has no key, so that the name belongs to nobody. */
  guest?: boolean;
}

/** One person who has joined a hub in a browser. */
export class ChatPage {
  /** The page. */
  readonly page: Page;

  /**
   * Uses a page on which a person has joined.
   *
   * @param page the page
   */
  constructor(page: Page) {
    this.page = page;
  }

  /**
   * Opens the page of a hub and joins with a name.
   *
   * @param browser the browser
   * @param url the address of the page
   * @param name the name
   * @param options see {@linkcode JoinOptions}
   * @returns the page, after the hub has let the person in
   */
  static async join(
    browser: Browser,
    url: string,
    name: string,
    options: JoinOptions = {},
  ): Promise<ChatPage> {
    const page = await browser.open(options);
    await page.goto(url);
    return await ChatPage.enterOn(page, name, options.guest);
  }

  /**
   * Joins on a page that is open.
   *
   * @param page the page of the hub
   * @param name the name
   * @param guest whether without a key
   */
  static async enterOn(page: Page, name: string, guest = false): Promise<ChatPage> {
    const chat = new ChatPage(page);
    await chat.enter(name, guest);
    return chat;
  }

  /**
   * Fills in the form of somebody who has not been here before.
   *
   * @param name the name
   * @param guest whether without a key
   */
  async enter(name: string, guest = false): Promise<void> {
    await this.page.fill("Name", name);
    await this.page.click("button", guest ? "Join as guest" : "Join");
    await this.untilConnected();
  }

  /** Waits until the page is connected and has caught up. */
  async untilConnected(): Promise<void> {
    await this.page.sees("status", undefined, /^connected/im);
  }

  /**
   * Sends a message to the current conversation.
   *
   * @param text the message, of one line
   */
  async say(text: string): Promise<void> {
    await this.page.fill("Message", text);
    await this.page.click("button", "Send");
  }

  /**
   * Waits until the current conversation shows a text. In a message of this person it counts when the hub has sent the
   * message back: before, a message that somebody else sends afterwards may get the lower number.
   *
   * @param wanted the text, or what matches
   */
  async sees(wanted: string | RegExp): Promise<void> {
    await this.page.sees("log", undefined, typeof wanted === "string" ? sentText(wanted) : wanted);
  }

  /** Goes to a conversation of the list. */
  async go(conversation: string): Promise<void> {
    const escaped = conversation.replace(/[^\w]/g, "\\$&");
    await this.page.click("button", new RegExp(`^${escaped}(,|$)`));
    await this.page.find("log", conversation);
  }

  /** All that the log of the current conversation shows. */
  async log(): Promise<string> {
    return await this.page.textOf(await this.page.find("log"));
  }

  /**
   * Those lines of the log that match, in their order.
   *
   * @param pattern what is taken of a line
   */
  async matches(pattern: RegExp): Promise<string[]> {
    return [...(await this.log()).matchAll(pattern)].map(([match]) => match);
  }
}

/** Matches a text unless it is in a message that the page has not sent yet. */
function sentText(text: string): RegExp {
  const escaped = text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`${escaped}(?![^\\n]*\\s*\\((?:sending|not sent yet)\\))`);
}
