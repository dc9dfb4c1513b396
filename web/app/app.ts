/**
 * From the form to the chat, and back if the hub says no.
 *
 * @module
 */
import { render } from "preact";
import { type InviteSecret, parseInviteSecret } from "../../identity/mod.ts";
import { checkName, ProtocolError } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";
import { Attention, connectWebSocket, keptValues, ownSigner, tabSession } from "../browser/mod.ts";
import { type Alert, ChatStore, Memory } from "../store/mod.ts";
import { ChatView, html, JoinForm } from "../view/mod.ts";

/** How long the page rests after it was drawn, in milliseconds: what arrives meanwhile is drawn together. */
const REST_MS = 50;

/** The page of one visitor. */
export class App {
  readonly #root: HTMLElement;
  readonly #memory = new Memory(keptValues());
  readonly #session = tabSession();
  readonly #attention = new Attention((alert) => this.#go(alert));
  readonly #invite: InviteSecret | undefined;
  #store: ChatStore | undefined;
  #wasOpen = false;
  /** Whether the user was told that the browser keeps no key. */
  #wasTold = false;
  #problem: string | undefined;
  #wantsPassword = false;
  #isBusy = false;
  #version = 0;
  #isDrawing = false;
  #restsUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Reads the invite in the address, and removes it there: it is a secret.
   *
   * @param root where the page is shown
   */
  constructor(root: HTMLElement) {
    this.#root = root;
    const secret = location.hash.slice(1);
    if (secret === "") return;
    history.replaceState(null, "", location.pathname);
    try {
      this.#invite = parseInviteSecret(secret);
    } catch {
      this.#problem = "This is not the whole link of an invite: copy all of it.";
    }
  }

  /** Joins with the name of the last visit; a new visitor is asked for one. */
  start(): void {
    if (!isSecureContext) {
      this.#problem = "A browser lets this page prove who you are only over https:// or on localhost.";
      return this.#draw();
    }
    addEventListener("online", () => this.#store?.woke());
    addEventListener("offline", () => this.#store?.networkLost());
    addEventListener("pagehide", () => this.#store?.end());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.#store?.woke();
      this.#store?.seen();
    });
    addEventListener("focus", () => this.#store?.seen());
    navigator.serviceWorker?.register("/sw.js").catch(() => {});
    const name = this.#memory.get("name", "");
    if (name === "" || this.#invite !== undefined) return this.#draw();
    this.#join(name, this.#memory.get("guest", false));
  }

  async #join(name: string, guest: boolean, password = ""): Promise<void> {
    const wanted = name.normalize("NFC");
    try {
      checkName(wanted);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#problem = error.message;
      return this.#draw();
    }
    this.#problem = undefined;
    this.#isBusy = true;
    this.#wasOpen = false;
    this.#draw();
    const { hostname, port, protocol } = location;
    const signer = guest ? undefined : await ownSigner();
    const store = this.#store = new ChatStore({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
      page: location.origin + "/",
      connect: connectWebSocket,
      clock: systemClock,
      offsetMinutes: (at) => -new Date(at).getTimezoneOffset(),
      memory: this.#memory,
      name: wanted,
      signer,
      password: password === "" ? undefined : password,
      invite: this.#invite,
      session: this.#session,
      isVisible: () => !document.hidden,
      changed: (mayWait) => this.#changed(store, wanted, guest, mayWait),
      alert: (alert) => void this.#attention.notify(alert),
    });
    if (!guest && signer === undefined && !this.#wasTold) {
      this.#wasTold = true;
      store.tell(
        "you are here as a guest, as this browser keeps no key for the page: allow it cookies and data, or use a " +
          "newer one",
      );
    }
    await store.run();
    if (this.#store !== store) return;
    this.#isBusy = false;
    const { link } = store;
    this.#wantsPassword = store.wantsPassword;
    if (link?.kind === "ended" && link.how !== "left") {
      this.#problem = store.wantsPassword && password === ""
        ? "This hub has a password: type it, and join again."
        : link.hubMessage ?? link.why;
    }
    this.#store = undefined;
    this.#draw();
  }

  #changed(store: ChatStore, name: string, guest: boolean, mayWait = false): void {
    if (store.link?.kind === "open" && !this.#wasOpen) {
      this.#wasOpen = true;
      this.#memory.set("name", name);
      this.#memory.set("guest", guest);
    }
    const rest = mayWait ? this.#restsUntil - performance.now() : 0;
    if (rest <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), rest);
  }

  #go({ conversation }: Alert): void {
    if (this.#store?.find(conversation) !== undefined) this.#store.go(conversation);
  }

  /** Draws once for all changes of a turn. */
  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => {
      this.#isDrawing = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#drawNow();
      this.#restsUntil = performance.now() + REST_MS;
    });
  }

  #drawNow(): void {
    const store = this.#store;
    if (store === undefined || !this.#wasOpen) {
      document.title = "RiftChat";
      return render(
        html`
          <${JoinForm} name=${this.#memory.get("name", "")} problem=${this.#problem} isBusy=${this.#isBusy}
            invited=${this.#invite !== undefined} wantsPassword=${this.#wantsPassword}
            join=${(name: string, guest: boolean, password: string) => this.#join(name, guest, password)} />
        `,
        this.#root,
      );
    }
    this.#attention.show(store.current.label, store.unread, store.mentions);
    const ask = () => this.#attention.ask().then(() => this.#draw());
    render(
      html`
        <${ChatView} store=${store} version=${++this.#version} mayAsk=${this.#attention.mayAsk} ask=${ask} />
      `,
      this.#root,
    );
  }
}
