/**
 * A scrollback for tests, and the messages of a hub for it.
 *
 * @module
 */
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import type { Preferences } from "../../../client/config/mod.ts";
import { type Notification, Scrollback } from "../../../client/render/mod.ts";
import type { ScrollbackOptions } from "../../../client/render/scrollback.ts";
import type { Capabilities } from "../../../client/text/mod.ts";
import { type ChatLine, Code, type ServerMessage } from "../../../protocol/mod.ts";

/** 14:03 on a Tuesday in UTC. */
export const AT = Date.UTC(2026, 10, 24, 14, 3, 59);
export const DAY = 86_400_000;

const PLAIN: Capabilities = { colours: "none", ascii: false, title: true };

/** A scrollback for tests, with the rows and bells that it has returned. */
export class Reader {
  readonly scrollback: Scrollback;
  rows: string[] = [];
  bells = 0;
  notifications: Notification[] = [];
  now = AT;

  constructor(
    { columns = 80, capabilities = PLAIN, buffers, isIn, ...preferences }:
      & Partial<Preferences>
      & { columns?: number; capabilities?: Capabilities }
      & Pick<ScrollbackOptions, "buffers" | "isIn"> = {},
  ) {
    this.scrollback = new Scrollback({
      columns,
      capabilities,
      // Alignment has a test of its own.
      preferences: { ...DEFAULT_PREFERENCES, align: false, ...preferences },
      offsetMinutes: () => 0,
      now: AT,
      ...(buffers === undefined ? {} : { buffers }),
      ...(isIn === undefined ? {} : { isIn }),
    });
  }

  receive(...messages: ServerMessage[]): this {
    for (const message of messages) {
      const { rows, bell, notification } = this.scrollback.receive(message, this.now);
      this.rows.push(...rows);
      if (bell) this.bells++;
      if (notification !== undefined) this.notifications.push(notification);
    }
    return this;
  }

  say(username: string, message: string, line: Partial<ChatLine> = {}): this {
    return this.receive({
      code: Code.Said,
      message: { timestamp: this.now, username, message, sequence: 1, ...line },
    });
  }

  /** Returns the rows since the last call. */
  read(): string[] {
    const rows = this.rows;
    this.rows = [];
    return rows;
  }
}

export const OFFER: ServerMessage = {
  code: Code.YourName,
  new: "x7f3kd92ab",
  server: { version: "1", protocol: 1, nonce: "" },
};

export function welcome(username: string, motd?: string): ServerMessage {
  return {
    code: Code.Welcome,
    username,
    rooms: ["main"],
    limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
    features: [],
    retention_ms: 0,
    ...(motd === undefined ? {} : { motd }),
  };
}

export const joined = (name: string): ServerMessage => ({ code: Code.Joined, new: name });
export const left = (username: string): ServerMessage => ({ code: Code.Left, username });
export const renamed = (old: string, name: string): ServerMessage => ({ code: Code.Renamed, old, new: name });
export const named = (name: string): ServerMessage => ({ code: Code.YourName, new: name });

/** Returns a reader after the welcome of the user ana. */
export function ana(options: ConstructorParameters<typeof Reader>[0] = {}): Reader {
  const reader = new Reader(options).receive(OFFER, welcome("ana"), joined("ana"));
  reader.read();
  return reader;
}
