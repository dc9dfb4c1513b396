/**
 * The limits of one hub, each with its unit and its reason. Limits of the wire stand in `protocol/limits.ts`.
 *
 * @module
 */

/** Where a hub listens unless told otherwise: on every address, as the original does. */
export const DEFAULT_HOST = "0.0.0.0";

/** The port of the original RiftChat. */
export const DEFAULT_PORT = 8000;

/** How many connections a hub takes unless told otherwise; each costs about 11 KiB of memory and one file descriptor. */
export const DEFAULT_MAX_CONNECTIONS = 10_000;

/** The longest message of the day, in bytes: some screens of text; as JSON, at most twice that, it fits into one body. */
export const MAX_MOTD_BYTES = 8192;

/** How large a log file grows before it is put aside unless told otherwise, in bytes: some 100,000 lines. */
export const DEFAULT_LOG_BYTES = 10 * 1024 * 1024;

/** How many log files that were put aside are kept unless told otherwise. */
export const DEFAULT_LOG_KEEP = 5;

/** How long to wait before a log that could not be written is tried again, in milliseconds. */
export const LOG_RETRY_MS = 1000;

/** How often the delay of the event loop is measured where metrics are asked for, in milliseconds. */
export const LOOP_PROBE_MS = 100;

/**
 * How many bytes may wait for a reader that takes none for `MAX_STALL_MS`, beside what the kernel holds for it (about
 * 4 MB on Linux), before it is dropped. All readers share one log, so until then it costs nobody anything.
 */
export const MAX_LAG_BYTES = 1024 * 1024;

/**
 * How far behind somebody who speaks may be before nothing more is carried out for it until it has taken what is beyond, in
 * bytes: half of what a reader may be, so that nobody is dropped for a flood of its own. Where a reader may be less far
 * behind than the default, half of that. Four rounds of a flood, so that the wire stays full.
 */
export const MAX_AUTHOR_LAG_BYTES = MAX_LAG_BYTES / 2;

/** How long a reader with more than `MAX_LAG_BYTES` waiting may take nothing, in milliseconds: a pause, not an absence. */
export const MAX_STALL_MS = 10_000;

/**
 * How many times that may wait for a reader at all, however it reads: what one laggard can make the hub keep, and more
 * than a reader on the same machine falls behind in a flood that it does carry.
 */
export const MAX_LAG_FACTOR = 16;

/** How many bytes of replies may wait for a client before no more is read from it, so that they cannot pile up. */
export const OUTBOX_PAUSE_BYTES = 64 * 1024;

/**
 * The first piece of the log of the room that everyone is in, in bytes. All that follow are as large as may be: those are
 * used again, and the first lines find some that the rehearsal has used, which saves a millisecond of first touch.
 */
export const MAIN_SEGMENT_BYTES = 16 * 1024;

/** The largest piece of a room's log, in bytes, and so of one write: longer writes gain nothing on loopback. */
export const MAX_SEGMENT_BYTES = 256 * 1024;

/** How many of these are kept to be used again in any room: more than a flood to ten has under way, and 2 MiB. */
export const MAX_SPARE_SEGMENTS = 8;

/**
 * How many bytes may be said between two rounds of flushing before nobody's requests are read any further. Small
 * rounds keep the readers busy while the hub works on what comes next, large ones cost fewer writes: to ten readers 128 KiB
 * carry a flood as fast as 32 KiB, and 1.4 times as fast as 256 KiB; to a hundred and more, 1.1 times as fast as 32 KiB.
 */
export const MAX_ROUND_BYTES = 128 * 1024;

/**
 * What the JavaScript engine is told wherever a hub runs: room for what is new, in MiB. When thousands come at once it
 * would take 32 otherwise, never give that back, and be no faster: 8 KiB a connection where there are 5,000. That it has
 * these 8 from the start saves it from growing in the middle of a flood. The tasks in `deno.json` say the same, and an
 * executable is built with it.
 */
export const ENGINE_FLAGS = "--v8-flags=--min-semi-space-size=8,--max-semi-space-size=8";

/** The buffer into which an idle connection reads, in bytes: most lines of chat fit, and thousands of connections idle. */
export const MIN_READ_BYTES = 256;

/** The buffer into which a busy connection reads, in bytes: what the kernel hands over at once on loopback. */
export const MAX_READ_BYTES = 64 * 1024;

/**
 * The buffer into which a connection with a rate reads, in bytes for each request a second, at least `MIN_READ_BYTES` and at
 * most `MAX_READ_BYTES`. What has been read cannot be given back, and as long as it is carried out bit by bit nobody sees that
 * the client has gone: 512 bytes of the shortest lines take 16 s at 1 a second.
 */
export const READ_BYTES_PER_RATE = 512;

/** How long after its first byte a frame must be whole unless told otherwise, in milliseconds. */
export const MAX_FRAME_MS = 30_000;

/**
 * After how long without a sign a client counts as gone unless told otherwise, in milliseconds: several times what a
 * network on the move, or a program that is stopped for a minute, leaves one waiting.
 */
export const DEAD_MS = 180_000;

/** How many of the signs of life that a client has promised may be missing before it counts as gone. */
export const MAX_MISSED_HEARTBEATS = 3;

/** How often it is looked for clients that leave something undone for too long, in milliseconds. */
export const CHECK_INTERVAL_MS = 5000;

/** How much patience there is with one client; 0 is any. */
export interface ConnectionLimits {
  /** How long after its first byte a frame must be whole, in milliseconds. */
  frameMs: number;
  /** How many bytes may wait for a client that takes none for `MAX_STALL_MS`; `MAX_BACKLOGS` times that at all. */
  lagBytes: number;
  /** After how long a client that takes nothing, or owes a sign of life, counts as gone, in milliseconds. */
  deadMs: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  frameMs: MAX_FRAME_MS,
  lagBytes: MAX_LAG_BYTES,
  deadMs: DEAD_MS,
};

/**
 * How fast one client may ask unless told otherwise: ten requests at once, as on arriving or in a heated moment, and two a
 * second in the long run, which is faster than anybody types.
 */
export const DEFAULT_RATE_LIMIT = "10/2";

/** A wait for the rate that is told to the client each time, in milliseconds; of shorter ones the first in a row is. */
export const THROTTLE_NOTICE_MS = 10_000;

/** When it is worth connecting again for whoever was ended, in milliseconds: what was wrong was the connection. */
export const RECONNECT_DELAY_MS = 1000;

/** When it is worth trying again where the hub is full, in milliseconds: somebody leaves, and not everybody comes at once. */
export const FULL_RETRY_MS = 30_000;

/**
 * How many file descriptors are kept for what is not a client: files that are opened now and then, and those who are
 * told that the hub is full.
 */
export const RESERVED_DESCRIPTORS = 16;

/** How many connections an address may have at once, unless told otherwise: a school behind one gateway needs more. */
export const DEFAULT_MAX_PER_ADDRESS = 64;

/** How many connections an address may make in a minute, unless told otherwise. */
export const DEFAULT_MAX_NEW_PER_ADDRESS = 120;

/**
 * How many writes of a round are started in one turn of the event loop. Tokio, on which Deno stands, lets a task do 128
 * things at a stretch; a write beyond these waits and is polled in each turn until its own comes, so that 20 lines to 15,000
 * took 3 s instead of 0.3. Between two turns is read what has come: after half a millisecond with 60.
 */
export const MAX_TURN_WRITES = 60;

/** How long a flush round waits for the slowest tenth of the round before, in milliseconds. */
export const MAX_ROUND_MS = 10;

/** How long a hub that stops waits for its doorbell to be put up, so that it can be taken down, in milliseconds. */
export const SELF_PIPE_STOP_MS = 1000;

/** After how long another doorbell is put up where one was given up, in milliseconds. */
export const SELF_PIPE_RETRY_MS = 60_000;

/**
 * How many times as long as it takes to start the writes of a round there are from its start to that of the next one. A flood
 * of bursts that wait for their echo takes, to ten, a third less CPU with it than without a rest, and to a hundred as well.
 */
export const ROUND_PAUSE_FACTOR = 8;

/** How long that is at most, in milliseconds: a third of what nobody notices. */
export const MAX_ROUND_PAUSE_MS = 5;

/** How many bytes may be said in a rest before it ends: a screen of text, and no more memory than readers have at hand. */
export const MAX_ROUND_PAUSE_BYTES = 20 * 1024;

/** To how many readers rounds have rests. */
export const MAX_ROUND_PAUSE_READERS = 200;

/**
 * How long one connection may be served before all others have their turn, in milliseconds: with 100 that ask without end,
 * everyone else still waits a fraction of a second. Lines of chat never get there: the end of a round comes first.
 */
export const MAX_TURN_MS = 2;

/** How many times one connection may be read from before all others have their turn, whatever it sends. */
export const MAX_TURN_READS = 16;

/** How long a connection that is being ended may take to accept its last words, in milliseconds. */
export const LINGER_MS = 1000;

/** How long a hub that goes down may take to tell everyone, in milliseconds. */
export const SHUTDOWN_MS = 5000;

/**
 * How many connections the system may hold that are not accepted yet: all that come at once after a restart. What is
 * beyond, it may forget without telling the client.
 */
export const ACCEPT_BACKLOG = 4096;

/** How long somebody may take for the handshake of TLS, in milliseconds: a few round trips of the slowest link. */
export const HANDSHAKE_MS = 10_000;

/** How often a port is tried again that was just closed, once a millisecond; measured: the second try has it. */
export const MAX_BIND_TRIES = 100;

/** The largest file of a certificate or key, in bytes: a chain of a dozen certificates. */
export const MAX_PEM_BYTES = 64 * 1024;

/** How long before its end a certificate is said to expire, in milliseconds: two weeks, in which it can be renewed. */
export const CERTIFICATE_NOTICE_MS = 14 * 24 * 3_600_000;

/** How long to wait after the operating system refused to accept a connection (it is out of descriptors), in milliseconds. */
export const ACCEPT_RETRY_MS = 50;

/** How many refused connections are told why at the same time; those beyond are just closed. */
export const MAX_REFUSALS_AT_ONCE = 64;

/**
 * How many rooms one session may be in at once unless told otherwise: more than anybody follows, and what a quiet flood
 * of joins can make.
 */
export const MAX_ROOMS_PER_SESSION = 64;

/** How many rooms there may be at all unless told otherwise, each of which takes some KB. */
export const MAX_ROOMS = 10_000;

/** How many rooms there may be; 0 is any number. */
export interface RoomLimits {
  /** In all. */
  rooms: number;
  /** Of one session at once. */
  perSession: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_ROOM_LIMITS: RoomLimits = { rooms: MAX_ROOMS, perSession: MAX_ROOMS_PER_SESSION };

/** How many bytes of what others say to one person alone may wait to be read, before no more is taken for it. */
export const MAX_MAILBOX_BYTES = 256 * 1024;

/** The first piece of the log of a room other than `main`, in bytes: most of them are small. */
export const SMALL_SEGMENT_BYTES = 1024;

/**
 * About how many bytes of a list stand in one answer, so that the body stays within its limit with one item more: someone
 * in `MAX_ROOMS_PER_SESSION` rooms takes 13 KB.
 */
export const PAGE_BYTES = 48 * 1024;

/** How many bytes of JSON somebody who comes back is told at once of what it missed; the rest it asks for. */
export const MAX_CATCH_UP_BYTES = 256 * 1024;

/** How many words one may search for at once: more than anybody types. */
export const MAX_SEARCH_WORDS = 16;

/** How often it is tried to keep what is said after that has failed, in milliseconds. */
export const STORAGE_RETRY_MS = 2000;

/** How many rooms that nobody is in are listed: of more than these, those that were left last. */
export const MAX_EMPTY_ROOMS = 10_000;

/**
 * How many bursts of lines are said in each conversation of a rehearsal: in the first ones all happens that ever happens, a
 * flood too, so that the engine knows it; in the last one it compiles, which the end of a conversation would undo, and
 * which takes longer once there was a flood in it. After so many bursts it compiles nothing more.
 */
export const WARM_UP_BURSTS: readonly number[] = [25, 25, 550];

/** How long the rehearsal may take on a slow machine, in milliseconds. */
export const WARM_UP_MS = 400;

/** How many wrong passwords in a row cost no time: mistypings. */
export const FREE_GUESSES = 3;

/** How long to wait after the first that does, in milliseconds; it doubles with each. */
export const GUESS_WAIT_MS = 1000;

/** How long to wait at most, in milliseconds: who shares an address with a guesser still comes in some time. */
export const MAX_GUESS_WAIT_MS = 300_000;

/** After how long without another guess an address has a clean slate, in milliseconds. */
export const GUESS_RESET_MS = 3_600_000;

/** How many addresses that guessed are remembered, about a megabyte; of more, those that guessed last. */
export const MAX_GUESSERS = 10_000;

/** How long a client may take to give the password, in milliseconds. */
export const PASSWORD_MS = 30_000;
