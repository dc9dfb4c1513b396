/**
 * The limits of a hub, each with its unit and its reason. The limits of the protocol are in `protocol/limits.ts`.
 *
 * This file is long because every limit needs its reason, and one list of all limits is easier to review.
 *
 * @module
 */

/** The default address to listen on: all addresses of the machine, as in the original RiftChat. */
export const DEFAULT_HOST = "0.0.0.0";

/** The default port: the one of the original RiftChat. */
export const DEFAULT_PORT = 8000;

/**
 * The default limit of connections. Each one takes about 11 KiB of memory, 36 KiB with TLS, and one file descriptor.
 */
export const DEFAULT_MAX_CONNECTIONS = 10_000;

/**
 * The longest message of the day, in bytes: some screens of text. As JSON it is at most twice as long, which fits into
 * one body.
 */
export const MAX_MOTD_BYTES = 8192;

/** The default size at which a log file is rotated, in bytes: some 100,000 lines. */
export const DEFAULT_LOG_BYTES = 10 * 1024 * 1024;

/** The default number of rotated log files to keep. */
export const DEFAULT_LOG_KEEP = 5;

/** How long the hub waits before it writes to a failed log file again, in milliseconds. */
export const LOG_RETRY_MS = 1000;

/** How many log lines wait in memory while the log file cannot be written; older ones are lost. */
export const MAX_WAITING_LOG_LINES = 100;

/** How often the delay of the event loop is measured if metrics are on, in milliseconds. */
export const LOOP_PROBE_MS = 100;

/**
 * How many bytes may wait for a reader that reads nothing for `MAX_STALL_MS` before it is dropped, besides what the
 * kernel buffers for it (about 4 MB on Linux). All readers share one log, so until then a slow reader costs nobody
 * anything.
 */
export const MAX_LAG_BYTES = 1024 * 1024;

/**
 * How far behind the author of messages may be before nothing more is read from it until it has read the excess, in
 * bytes. Half of what a reader may be, so that no author is dropped for its own flood; if the limit for readers is
 * lower than the default, half of that. It is four write rounds of a flood, so that the connection stays busy.
 */
export const MAX_AUTHOR_LAG_BYTES = MAX_LAG_BYTES / 2;

/**
 * How long a reader with more than `MAX_LAG_BYTES` waiting may read nothing, in milliseconds: long enough for a short
 * pause of a program or network.
 */
export const MAX_STALL_MS = 10_000;

/**
 * How many times `MAX_LAG_BYTES` may wait for any reader, even one that reads. This is the most memory that one slow
 * reader can make the hub hold; a reader on the same machine that keeps up with a flood falls behind less.
 */
export const MAX_LAG_FACTOR = 16;

/** How many bytes of replies may wait for a client before nothing more is read from it, so that they cannot pile up. */
export const OUTBOX_PAUSE_BYTES = 64 * 1024;

/**
 * The first segment of the log of `main`, in bytes. All later segments have the maximum size: those are used again,
 * and the first messages find some that the warm-up has used, which saves a millisecond of page faults.
 */
export const MAIN_SEGMENT_BYTES = 16 * 1024;

/** The largest segment of a room log, in bytes, and so the largest write: longer writes are no faster on loopback. */
export const MAX_SEGMENT_BYTES = 256 * 1024;

/**
 * How many segments of the maximum size are kept for reuse by any room: more than a flood to ten readers has under
 * way, and 2 MiB.
 */
export const MAX_SPARE_SEGMENTS = 8;

/**
 * How many bytes may be appended between two write rounds before no connection is read from. Small rounds keep the
 * readers busy while the hub works on the next messages; large ones need fewer writes. To ten readers, 128 KiB carry a
 * flood as fast as 32 KiB, and 1.4 times as fast as 256 KiB; to a hundred and more, 1.1 times as fast as 32 KiB.
 */
export const MAX_ROUND_BYTES = 128 * 1024;

/**
 * The flags for V8 wherever a hub runs: the size of the young generation, in MiB. By default it grows to 32 when
 * thousands of clients connect at once, is never given back, and makes nothing faster: 8 KiB for each of 5,000
 * connections. A start size of 8 avoids growing it in the middle of a flood. The tasks in `deno.json` use the same
 * flags, and executables are built with them.
 */
export const ENGINE_FLAGS = "--v8-flags=--min-semi-space-size=8,--max-semi-space-size=8";

/** The read buffer of an idle connection, in bytes: most chat messages fit, and thousands of connections are idle. */
export const MIN_READ_BYTES = 256;

/** The read buffer of a busy connection, in bytes: what the kernel returns at once on loopback. */
export const MAX_READ_BYTES = 64 * 1024;

/**
 * The read buffer of a connection with a rate limit, in bytes for each request a second, between `MIN_READ_BYTES` and
 * `MAX_READ_BYTES`. Bytes that were read cannot be put back, and while they are carried out slowly, the hub does not
 * notice that the client has disconnected: 512 bytes of the shortest messages take 16 s at 1 a second.
 */
export const READ_BYTES_PER_RATE = 512;

/** The default time within which a frame must be complete after its first byte, in milliseconds. */
export const MAX_FRAME_MS = 30_000;

/**
 * The default time without any sign of a client after which its connection counts as dead, in milliseconds: several
 * times the interruption of a moving network, or of a program that is stopped for a minute.
 */
export const DEAD_MS = 180_000;

/** How many of the heartbeats that a client has promised may be missing before its connection counts as dead. */
export const MAX_MISSED_HEARTBEATS = 3;

/** How often the time limits of connections are checked, in milliseconds. */
export const CHECK_INTERVAL_MS = 5000;

/** The time and lag limits of one connection; 0 means no limit. */
export interface ConnectionLimits {
  /** How long after its first byte a frame must be complete, in milliseconds. */
  frameMs: number;
  /**
   * How many bytes may wait for a client that reads nothing for `MAX_STALL_MS`; `MAX_LAG_FACTOR` times that for any
   * client.
   */
  lagBytes: number;
  /**
   * How long a client may read nothing, or send no promised heartbeat, before its connection counts as dead, in
   * milliseconds.
   */
  deadMs: number;
}

/** The default limits of a connection. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  frameMs: MAX_FRAME_MS,
  lagBytes: MAX_LAG_BYTES,
  deadMs: DEAD_MS,
};

/**
 * The default rate limit of one client: ten requests at once, as after connecting or in a heated discussion, and two a
 * second in the long run, which is faster than anybody types.
 */
export const DEFAULT_RATE_LIMIT = "10/2";

/**
 * If a message waits this long or longer for the rate limit, its client is always notified, in milliseconds. Of
 * shorter waits in a row, it is notified of the first only.
 */
export const THROTTLE_NOTICE_MS = 10_000;

/**
 * When a client whose session was ended may connect again, in milliseconds: the problem was the connection, so soon.
 */
export const RECONNECT_DELAY_MS = 1000;

/** When a client may try again if the hub is full, in milliseconds: long enough that not all come back at once. */
export const FULL_RETRY_MS = 30_000;

/**
 * How many file descriptors are reserved for uses other than open connections: for files that are opened now and then,
 * and for clients that are told that the hub is full.
 */
export const RESERVED_DESCRIPTORS = 16;

/**
 * How long a new client may be silent before it is announced under its random name, in milliseconds. A client that
 * chooses a name needs a round trip for that, which takes a second on a slow link; a client that only asks whether the
 * hub answers, or whether it speaks TLS, has left by then.
 */
export const ANNOUNCE_SILENT_MS = 3000;

/** How many silent clients that are not announced are a crowd. */
export const NEWCOMERS_CROWD = 100;

/**
 * How long a client of a crowd may be silent before it is announced, in milliseconds. Measured with 5,000 silent
 * clients who connect at once and then chat: at 3 s the hub delivers 0.6 times as many messages as at 250 ms.
 */
export const ANNOUNCE_CROWD_MS = 250;

/** The default limit of connections of one address at once. A school behind one gateway needs more. */
export const DEFAULT_MAX_PER_ADDRESS = 64;

/** The default limit of new connections of one address in a minute. */
export const DEFAULT_MAX_NEW_PER_ADDRESS = 120;

/**
 * How many times as many connections as one address a network may have, by the number of its leading bits: the /24 of
 * an IPv4 address, and the /56 and the /48 of an IPv6 address, of which one home or one site has every address. With
 * the default limits no network has more than about a tenth of the hub, and a site of a thousand users fits.
 */
export const NETWORK_FACTORS: ReadonlyMap<number, number> = new Map([[24, 16], [56, 4], [48, 16]]);

/**
 * How many writes of a round are started in one turn of the event loop. Tokio, the event loop of Deno, lets a task do
 * 128 operations in a turn; further writes wait and are polled in each turn until it is theirs, so that 20 messages to
 * 15,000 clients took 3 s instead of 0.3. Between two turns the hub reads what has arrived: every half millisecond
 * with 60.
 */
export const MAX_TURN_WRITES = 60;

/**
 * The same while messages of this hub are on their way through the log of a cluster, which takes a third of a
 * millisecond. With 20 they are shown a tenth earlier in a hub that is nearly full.
 */
export const MAX_AWAITING_TURN_WRITES = 20;

/** How long a write round waits for the slowest tenth of the writes of the round before it, in milliseconds. */
export const MAX_ROUND_MS = 10;

/** How long a hub that stops waits until its self-pipe is open, so that it can be closed, in milliseconds. */
export const SELF_PIPE_STOP_MS = 1000;

/** When a new self-pipe is opened after one was given up, in milliseconds. */
export const SELF_PIPE_RETRY_MS = 60_000;

/**
 * The time from the start of a write round to the start of the next one, as a multiple of the time that it takes to
 * start its writes. With it, a flood of bursts whose authors wait for their echo takes a third less CPU to ten readers
 * than without a pause, and to a hundred as well.
 */
export const ROUND_PAUSE_FACTOR = 8;

/**
 * The longest time from the start of a write round to the start of the next one that a pause may cause, in
 * milliseconds: a third of a delay that nobody notices.
 */
export const MAX_ROUND_PAUSE_MS = 5;

/**
 * How many bytes may be appended in a pause between rounds before it ends: a screen of text, and no more memory than
 * readers have at hand.
 */
export const MAX_ROUND_PAUSE_BYTES = 20 * 1024;

/** The largest number of readers to which rounds have pauses. */
export const MAX_ROUND_PAUSE_READERS = 200;

/**
 * How long one connection may be served before all others have their turn, in milliseconds: with 100 clients that send
 * without end, everyone else still waits a fraction of a second. Chat messages alone never reach it: the end of a
 * round comes first.
 */
export const MAX_TURN_MS = 2;

/** How many times one connection may be read from before all others have their turn. */
export const MAX_TURN_READS = 16;

/** How long a connection that the hub ends may take to read its final messages, in milliseconds. */
export const LINGER_MS = 1000;

/** How long a hub that shuts down may take to notify everyone, in milliseconds. */
export const SHUTDOWN_MS = 5000;

/**
 * How long a hub of a cluster holds messages once it knows that NATS is away, in milliseconds: with the two seconds
 * after which it knows, that is longer than the change of a leader takes (6.5 s) and a restart of all servers (9 s).
 */
export const CLUSTER_HOLD_MS = 8000;

/**
 * How often a hub of a cluster sends keep-alives to clients whose requests wait, in milliseconds. The first one comes
 * within twice that time: a client takes a hub for dead that has not answered for a minute.
 */
export const KEEP_ALIVE_MS = 20_000;

/** When a client may try again whose messages are refused as NATS is away, in milliseconds. */
export const CLUSTER_RETRY_MS = 5000;

/**
 * How long a hub of a cluster that shuts down waits before that until what its clients have sent counts, in
 * milliseconds: longer than a new leader of the log takes at a planned change (0.3 s).
 */
export const CLUSTER_DRAIN_MS = 3000;

/**
 * How many connections the operating system may hold before the hub accepts them: all clients that reconnect after a
 * restart. It may drop those beyond without telling the client.
 */
export const ACCEPT_BACKLOG = 4096;

/** How long a client may take for the TLS handshake, in milliseconds: a few round trips of the slowest link. */
export const HANDSHAKE_MS = 10_000;

/** In which time the lines of the log that clients cause are limited and counted, in milliseconds. */
export const LOG_LIMIT_MS = 60_000;

/**
 * How many lines of a kind (connected, named, ended) one address may have in the log in a minute: all of its
 * connections within the default limit.
 */
export const MAX_LINES_OF_ADDRESS: number = DEFAULT_MAX_NEW_PER_ADDRESS;

/** How many lines of a kind all addresses together may have in the log in a minute. */
export const MAX_LOGGED_LINES = 600;

/** How many addresses have lines of a kind of their own in the log in a minute; the others share one count. */
export const MAX_LOGGED_ADDRESSES = 100;

/** How often the log says that connections from a proxy have no valid PROXY header, in milliseconds. */
export const PROXY_WARNING_MS = 60_000;

/** The largest buffer for a read of encrypted bytes, in bytes: a record of TLS. */
export const MAX_TLS_READ_BYTES = 16_896;

/** The longest write with TLS, in bytes: four records, so that the progress of a slow reader is seen. */
export const MAX_TLS_WRITE_BYTES = 64 * 1024;

/**
 * The longest message of a WebSocket, in bytes, all its frames together. A client sends some chat frames in each
 * message, and a chat frame is much shorter.
 */
export const MAX_WEB_SOCKET_MESSAGE_BYTES = 1024 * 1024;

/** How many framed copies the WebSockets of a hub share: one for each position from which readers take a log. */
export const MAX_FRAMED_COPIES = 8;

/**
 * How long the framed copies are kept after the last one was made, in milliseconds. They are needed for the few
 * milliseconds of a write round.
 */
export const FRAMED_COPIES_MS = 1000;

/** The largest file of a certificate or key, in bytes: a chain of a dozen certificates. */
export const MAX_PEM_BYTES = 64 * 1024;

/**
 * How long before a certificate expires the hub warns of it, in milliseconds: two weeks, in which it can be renewed.
 */
export const CERTIFICATE_NOTICE_MS = 14 * 24 * 3_600_000;

/** How long the hub waits after a failed accept (no file descriptor is left), in milliseconds. */
export const ACCEPT_RETRY_MS = 50;

/**
 * How many refusals of messages may wait for the answers to earlier ones before a client is not read any more: as many
 * as a client of ours has requests in flight.
 */
export const MAX_DEFERRED_REFUSALS = 64;

/**
 * How many refused connections are told the reason at the same time. Those beyond are only closed. While no file
 * descriptors are left, it is half of `RESERVED_DESCRIPTORS`: the others are for files.
 */
export const MAX_REFUSALS_AT_ONCE = 64;

/**
 * The default limit of rooms of one session: more than anybody follows. It also limits what a slow flood of joins can
 * create.
 */
export const MAX_ROOMS_PER_SESSION = 64;

/** The default limit of rooms, each of which takes some KB. */
export const MAX_ROOMS = 10_000;

/** How many rooms there may be, and up to how many people they announce; 0 means no limit. */
export interface RoomLimits {
  /** On the whole hub. */
  rooms: number;
  /** For one session at once. */
  perSession: number;
  /** Up to how many people in a room each join and leave is announced, see `BigRooms`; by default there is no limit. */
  announceUpTo?: number;
}

/** The default limits of rooms. */
export const DEFAULT_ROOM_LIMITS: RoomLimits = { rooms: MAX_ROOMS, perSession: MAX_ROOMS_PER_SESSION };

/**
 * Up to how many people in a room each join and leave is announced in a cluster, where many may return at once: nobody
 * follows the comings and goings of more, and as many who join at once are 90,000 frames.
 */
export const CLUSTER_ANNOUNCE_UP_TO = 300;

/** How often the members of a big room are told how many people are there, in milliseconds. */
export const BIG_ROOM_COUNT_MS = 3000;

/** The share of the limit of a big room at which it is small again: far enough below that it does not go to and fro. */
export const SMALL_ROOM_SHARE = 0.8;

/** How many bytes of direct messages may wait unread for one user before the hub refuses more of them. */
export const MAX_MAILBOX_BYTES = 256 * 1024;

/** The first segment of the log of a room other than `main`, in bytes: most of these rooms are small. */
export const SMALL_SEGMENT_BYTES = 1024;

/**
 * About how many bytes of a list one message holds, so that the body stays within its limit with one more item: a user
 * in `MAX_ROOMS_PER_SESSION` rooms takes 13 KB.
 */
export const PAGE_BYTES = 48 * 1024;

/** How many bytes of missed messages, as JSON, a client that reconnects receives at once. It asks for the rest. */
export const MAX_CATCH_UP_BYTES = 256 * 1024;

/**
 * The same for a client that wants the newest messages of each room, so that nothing else has to wait for long behind
 * them, even on a slow link.
 */
export const MAX_NEWEST_BYTES = 64 * 1024;

/** How many words one search may have: more than anybody types. */
export const MAX_SEARCH_WORDS = 16;

/**
 * How long one search may work before it ends with what it has found, in milliseconds, without its pauses: a search for
 * a rare word in a million messages takes a tenth of that.
 */
export const MAX_SEARCH_MS = 200;

/**
 * How long searches work in a row before the hub pauses them, in milliseconds. One step may exceed it. A pause is as
 * long as the work before it, so searches take at most half of the time of a hub.
 */
export const SEARCH_SLICE_MS = 2;

/**
 * How much work on the history costs a client as much as a message, in milliseconds: the longest search costs a burst
 * of the default rate limit.
 */
export const SEARCH_MS_PER_REQUEST = 20;

/** How often the hub tries to store messages again after that has failed, in milliseconds. */
export const STORAGE_RETRY_MS = 2000;

/** How many rooms without members are listed; beyond, those that emptied first are dropped. */
export const MAX_EMPTY_ROOMS = 10_000;

/**
 * How many bursts of messages each conversation of the warm-up has. The first conversations run every code path, a
 * flood included, so that V8 has seen it. In the last one V8 compiles; the end of a conversation would undo that, and
 * it takes longer after a flood in the same conversation. After so many bursts V8 compiles nothing more.
 */
export const WARM_UP_BURSTS: readonly number[] = [25, 25, 550];

/** How long the warm-up may take on a slow machine, in milliseconds. */
export const WARM_UP_MS = 400;

/** How many wrong passwords in a row cost an address no wait, for mistypings. */
export const FREE_GUESSES = 2;

/**
 * How long an address waits after the first wrong password that is not free, in milliseconds. It doubles with each
 * further one.
 */
export const GUESS_WAIT_MS = 1000;

/**
 * The longest wait after a wrong password, in milliseconds: a user who shares an address with a guesser still gets in
 * after a while.
 */
export const MAX_GUESS_WAIT_MS = 300_000;

/** After how long without a guess the wrong passwords of an address are forgotten, in milliseconds. */
export const GUESS_RESET_MS = 3_600_000;

/**
 * How many addresses with wrong passwords are remembered, about a megabyte, and as many networks; beyond, those that
 * guessed longest ago are forgotten. Within `GUESS_RESET_MS` fewer can guess, because of `GUESS_BUDGET`.
 */
export const MAX_GUESSERS = 10_000;

/** How many wrong passwords may come at once, and how many in a second in the long run. */
export interface GuessRate {
  /** At once. */
  burst: number;
  /** In a second. */
  perSecond: number;
}

/**
 * How many wrong passwords a network may send, by the number of its leading bits: enough for the mistypings of all its
 * users, and so few that many addresses are of little use.
 */
export const NETWORK_GUESSES: ReadonlyMap<number, GuessRate> = new Map([
  [24, { burst: 16, perSecond: 1 / 60 }],
  [56, { burst: 8, perSecond: 1 / 120 }],
  [48, { burst: 16, perSecond: 1 / 60 }],
]);

/**
 * How many wrong passwords all addresses together may send: one a second, so that a botnet needs thousands of years for
 * three random words; and 600 at once, for the users of an old password after it has changed.
 */
export const GUESS_BUDGET: GuessRate = { burst: 600, perSecond: 1 };

/**
 * How many addresses are remembered from which the right password came; beyond, those that gave it longest ago are
 * forgotten.
 */
export const MAX_KNOWN_ADDRESSES = 10_000;

/** For how long they are remembered, in milliseconds: 30 days, so that users who come once a week stay known. */
export const KNOWN_ADDRESS_MS: number = 30 * 24 * 3_600_000;

/** How often the time of {@linkcode KNOWN_ADDRESS_MS} begins again, and other hubs are told of it, in milliseconds. */
export const TELL_KNOWN_MS: number = 24 * 3_600_000;

/** How long a client may take to give the password, in milliseconds. */
export const PASSWORD_MS = 30_000;

/** How long a connection to the metrics may take from its beginning to its end, in milliseconds. */
export const METRICS_REQUEST_MS = 10_000;

/** How many connections to the metrics may be open at once; more are closed. */
export const METRICS_MAX_REQUESTS = 32;

/** How many names a key may own: a person, a role and a program. */
export const MAX_NAMES_OF_KEY = 3;

/** How many keys a name may have: the devices of a person. */
export const MAX_KEYS_OF_NAME = 20;

/** How many names an address may take in {@linkcode NEW_NAMES_MS}: a team may share it, a program may not take all. */
export const MAX_NEW_NAMES = 10;

/** The time of {@linkcode MAX_NEW_NAMES}, in milliseconds. */
export const NEW_NAMES_MS = 3_600_000;

/** How long a code for another device is valid, in milliseconds: to fetch the phone and type six words. */
export const KEY_CODE_MS = 600_000;

/** How many codes a name gets at a hub in {@linkcode KEY_CODES_MS}: each of its keys once. Their uses are stored. */
export const MAX_KEY_CODES = 20;

/** The time of {@linkcode MAX_KEY_CODES}, in milliseconds. */
export const KEY_CODES_MS = 3_600_000;

/** How long it is known that a code was used, in milliseconds: much longer than the clocks of hubs differ. */
export const FORGET_CODE_MS = 24 * 3_600_000;

/** How many rooms a person may own: nobody keeps more of them in order. */
export const MAX_ROOMS_OF_OWNER = 100;

/** How many members a room that belongs to somebody may have: each takes some 200 bytes of memory. */
export const MAX_MEMBERS_OF_ROOM = 10_000;

/** How many words a code for another device has: 48 bits, of which each hub tries 2,400 in 10 min at most. */
export const KEY_CODE_WORDS = 6;

/** How often the hub looks for names that were not used for too long, in milliseconds. */
export const EXPIRE_NAMES_MS = 60_000;

/** The default of `--name-days`: how many days a name stays owned without being used. A long holiday is no reason. */
export const DEFAULT_NAME_DAYS = 90;

/** How many bans and mutes a room may have: nobody who owns a room can fill the disk of the hub with them. */
export const MAX_SANCTIONS_OF_ROOM = 1000;

/** How many moderators a room may have. */
export const MAX_MODERATORS_OF_ROOM = 100;

/**
 * How many actions of operators the audit holds, and how many of owners and moderators of rooms, some 20 MB each; the
 * oldest are deleted beyond that.
 */
export const MAX_AUDIT_ENTRIES = 100_000;

/** The largest file of operators, in bytes: some thousand keys. */
export const MAX_OPERATORS_BYTES = 1024 * 1024;

/** How many entries of the audit one answer of a running hub has at most, some 300 KB. */
export const MAX_AUDIT_PAGE = 1000;

/** How many characters a reason may have. */
export const MAX_REASON_CHARS = 300;

/** How often the hub looks for bans and mutes that are over, in milliseconds. */
export const EXPIRE_SANCTIONS_MS = 60_000;

/** How many characters the text of `--contact` may have. */
export const MAX_CONTACT_CHARS = 200;

/**
 * For how long authors may delete and edit their messages, in milliseconds: a day, as long as the hub remembers the ids
 * by which authors without a key prove that a message is theirs.
 */
export const CHANGE_MS = 86_400_000;

/** How many messages one request deletes, the newest: those of four minutes at the default rate. */
export const MAX_DELETED_AT_ONCE = 500;

/** How many invites a hub has at most: enough for one a day and user, and all of them fit into memory. */
export const MAX_INVITES = 10_000;

/** How long an invite can be used if nothing else is said, in milliseconds: a day, for all time zones. */
export const DEFAULT_INVITE_MS = 24 * 3_600_000;

/** For how long an invite that has ended is listed, in milliseconds. */
export const FORGET_INVITE_MS = 30 * 24 * 3_600_000;

/** How many tokens for scripts a hub has at most: all of them fit into memory. */
export const MAX_TOKENS = 1000;

/** How many rooms a token may name. */
export const MAX_ROOMS_OF_TOKEN = 64;

/** The largest body of a request of a script, in bytes: a notification of Alertmanager with hundreds of alerts. */
export const MAX_SCRIPT_BODY_BYTES = 256 * 1024;

/** After how long without a message a stream carries something, in milliseconds: proxies wait for a minute. */
export const STREAM_KEEP_ALIVE_MS = 20_000;

/** How long a client of HTTP may take for the head of a request, in milliseconds. */
export const HTTP_HEAD_MS = 10_000;

/** How long it may take for the body, in milliseconds. */
export const HTTP_BODY_MS = 30_000;

/** How long a connection may be silent between two requests, in milliseconds. */
export const HTTP_IDLE_MS = 60_000;

/** How long one write of an answer may make no progress, in milliseconds. */
export const HTTP_WRITE_MS = 30_000;

/** The most addresses in `--peers`: as many as a 210 may name (`MAX_HUBS` of the protocol). */
export const MAX_PEERS = 32;

/** The longest address in `--peers`, in characters (`MAX_HUB_CHARS` of the protocol). */
export const MAX_PEER_CHARS = 300;
