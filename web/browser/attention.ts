/**
 * What makes the user look: the number in the title, the mark on the icon, and notifications.
 *
 * @module
 */
import type { Alert } from "../store/mod.ts";

/** Shows that there are messages for the user. */
export class Attention {
  readonly #icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  readonly #clicked: (alert: Alert) => void;

  /**
   * Shows nothing yet.
   *
   * @param clicked called when the user clicks a notification
   */
  constructor(clicked: (alert: Alert) => void) {
    this.#clicked = clicked;
  }

  /** Whether the user can still be asked for notifications. */
  get mayAsk(): boolean {
    return "Notification" in globalThis && Notification.permission === "default";
  }

  /** Asks the user for notifications. */
  async ask(): Promise<void> {
    if (this.mayAsk) await Notification.requestPermission();
  }

  /**
   * Shows what is not seen, in the title and on the icon.
   *
   * @param place what the page shows, such as `#main`
   * @param unread how many messages are not seen
   * @param mentions how many of them are for the user
   */
  show(place: string, unread: number, mentions: number): void {
    const title = `${unread > 0 ? `(${unread}) ` : ""}${place} – RiftChat`;
    if (document.title !== title) document.title = title;
    const icon = mentions > 0 ? "/icon-unread.svg" : "/icon.svg";
    if (this.#icon !== null && this.#icon.getAttribute("href") !== icon) {
      this.#icon.setAttribute("href", icon);
    }
  }

  /**
   * Notifies the user of a message, if the page is hidden and the user allows it.
   *
   * @param alert the message
   */
  async notify(alert: Alert): Promise<void> {
    if (!("Notification" in globalThis) || Notification.permission !== "granted" || !document.hidden) return;
    const { from, conversation, text } = alert;
    const title = conversation.kind === "room" ? `${from} in ${conversation.label}` : from;
    const options = { body: text.slice(0, 200), tag: conversation.key, icon: "/icon-192.png" };
    try {
      const notification = new Notification(title, options);
      notification.onclick = () => {
        focus();
        notification.close();
        this.#clicked(alert);
      };
    } catch {
      // Browsers of phones show notifications through the service worker only.
      const registration = await navigator.serviceWorker?.getRegistration();
      await registration?.showNotification(title, options);
    }
  }
}
