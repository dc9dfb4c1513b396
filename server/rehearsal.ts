/**
 * A rehearsal: right after its start the program holds a conversation with itself, on a hub of its own on loopback, so
 * that the JavaScript engine has compiled what every line of chat goes through when the guests come. After a restart
 * they may all come at once. Measured: the first 3,000 lines then take two thirds of the time.
 *
 * It takes a tenth of a second of one core, `REHEARSAL_MS` at most, and nobody sees anything of it.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import { Code, encodeFrame, serialize } from "../protocol/mod.ts";
import { systemClock, systemTimers } from "./clock.ts";
import { REHEARSAL_BURSTS, REHEARSAL_MS } from "./limits.ts";
import { startHub } from "./serve.ts";

const LISTENERS = 4;
const LINES_A_BURST = 32;

/**
 * Holds a rehearsal.
 *
 * @param log a log that nobody reads
 * @returns when it is over; rejects where this machine has no loopback to rehearse on
 */
export async function rehearse(log: Logger): Promise<void> {
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, log);
  const guests: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < LISTENERS; i++) {
      guests.push(await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port }));
    }
    for (const guest of guests) listen(guest);
    const frame = encodeFrame(
      serialize({ code: Code.Say, message: "What a fine hub this is going to be! ".repeat(2) }),
    );
    const burst = new Uint8Array(LINES_A_BURST * frame.length);
    for (let at = 0; at < burst.length; at += frame.length) burst.set(frame, at);
    const end = systemClock.elapsed() + REHEARSAL_MS;
    for (let i = 0; i < REHEARSAL_BURSTS && systemClock.elapsed() < end; i++) {
      for (let sent = 0; sent < burst.length;) sent += await guests[0]!.write(burst.subarray(sent));
      // A turn of the event loop each, in which whoever has come already is served as well.
      await new Promise<void>((resume) => systemTimers.soon(resume));
    }
  } finally {
    for (const guest of guests) guest.close();
    await hub.stop();
  }
}

/** Reads until the guest is closed, here or there; never rejects. */
async function listen(guest: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (await guest.read(buffer) !== null);
  } catch {
    // It was closed here in the middle of a read, or reset: the rehearsal is over for it either way.
  }
}
