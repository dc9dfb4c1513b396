/**
 * What can be done with a person, a room, the user's name and the hub: one table for the menus and their forms. An
 * action is a command of the terminal, so its rules and the words of its errors are the same. A word in braces in a
 * command is a field of its form. An action that the user may not carry out is not listed.
 *
 * @module
 */
import { sanitizeName } from "../../client/text/mod.ts";
import type { ChatStore } from "../store/mod.ts";

/** Something that can be done. */
export type Action = readonly [
  title: string,
  /** A command with fields in braces, or what does it without a command. */
  does: string | (() => void),
  /** Whether the answer to the command is shown in the place of the form. */
  isAnswerShown?: true,
];

/** Actions with a heading. */
export type ActionGroup = readonly [heading: string, actions: readonly Action[]];

/** The choices of a field: their values and texts. */
export type Options = readonly (readonly [value: string, text: string])[];

/** A field of a form. */
export interface Field {
  /** What it is called. */
  readonly label: string;
  /** The values to choose from, each with its text; without them it is a field for text. */
  readonly options?: Options;
  /** What stands there at first; the value of a checkbox. */
  readonly value?: string;
  /** The type of the field; a line of text if not given. */
  readonly type?: "checkbox" | "number" | "textarea";
  /** Whether it may be empty. */
  readonly isOptional?: boolean;
}

const HOUR: Options = [["30m", "30 minutes"], ["2h", "2 hours"]];
const DAY: Options = [["1d", "1 day"], ["7d", "7 days"]];

/** The fields of the forms, by the words in braces. */
function fields(store: ChatStore): Record<string, Field> {
  const places = placesToModerate(store);
  const options = (label: string, options: Options) => ({ label, options });
  return {
    at: options("Where", places),
    // Nobody can be put out of main.
    room: options("Where", places.filter(([place]) => place !== "#main")),
    span: options("How long", [["", "until it is lifted"], ...HOUR, ...DAY]),
    reason: { label: "Reason, which the person reads", isOptional: true },
    address: {
      label: "Also whoever comes from the same address",
      type: "checkbox",
      value: "+address",
      isOptional: true,
    },
    who: { label: "Name" },
    own: { label: "Name", value: store.name },
    ignored: options("Name", store.ignored.map((name) => [name, sanitizeName(name)] as const)),
    target: { label: "Name, key or address" },
    topic: { label: "Topic; empty for none", value: store.current.topic, isOptional: true },
    history: options("Members can read", [["all", "all messages"], ["joined", "messages since they joined"]]),
    every: options("Each person may send a message", [
      ["off", "at any time"],
      ...["10s", "30s", "1m", "5m"].map((span) => [span, `every ${span}`] as const),
    ]),
    words: { label: "The six words that the other device shows after :key code" },
    key: { label: "Its fingerprint, as “Your keys” shows it" },
    uses: { label: "For how many people", type: "number", value: "1" },
    expires: options("For how long", [...DAY, ...HOUR]),
    id: { label: "Its id, as “Invites” shows it" },
    text: { label: "What everyone on the hub reads", type: "textarea" },
    mode: options("Who may come to the hub", [
      ["off", "everyone"],
      ["owned", "owners of names"],
      ["invited", "owners of names and invited people"],
    ]),
  };
}

/**
 * Finds the fields of a command.
 *
 * @param store the state
 * @param command a command with fields in braces
 * @returns the fields by their names, in order
 */
export function fieldsOf(store: ChatStore, command: string): [name: string, field: Field][] {
  const known = fields(store);
  return [...command.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, known[name!]!]);
}

/**
 * Replaces the fields of a command by their values.
 *
 * @param command a command with fields in braces
 * @param values the values by their names
 */
export function filledIn(command: string, values: Readonly<Record<string, string>>): string {
  return command.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name]?.trim() ?? "";
    if (name === "topic") return value || "-";
    if (name === "words") return value.replace(/^:key add /, "");
    // Without a time before it, a reason that begins with a number could be read as one.
    return name === "reason" && !values.span && /^\d/.test(value) ? `"${value}"` : value;
  });
}

/**
 * Lists what the user can do with a person.
 *
 * @param store the state
 * @param person the name of the person, not of the user
 */
export function personActions(store: ChatStore, person: string): ActionGroup {
  const { current: { label, name: room }, moderates, powers } = store;
  const name = sanitizeName(person);
  const isIgnored = store.isIgnored(person);
  return [name, [
    [`Message ${name}`, () => store.openPerson(person)],
    [`${isIgnored ? "Do not ignore" : "Ignore"} ${name}`, () => store.setIgnored(person, !isIgnored)],
    ...when(store.has("keys"), [`About ${name}`, `:whois ${person}`, true]),
    ...when(
      ownsRoom(store),
      [`Invite ${name} to ${label}`, `:invite @${person}`],
      [`Remove ${name} from ${label}`, `:remove @${person}`],
    ),
    ...when(
      isOwnedRoom(store) && moderates,
      [`Make ${name} a moderator of ${label}`, `:mod #${room} @${person}`],
      [`End ${name} as a moderator of ${label}`, `:unmod #${room} @${person}`],
    ),
    ...when(
      placesToModerate(store).length > 0,
      [`Kick ${name}`, `:kick {room} @${person} {reason}`],
      [`Mute ${name}`, `:mute {at} @${person} {span} {reason}`],
      [`Lift the mute of ${name}`, `:unmute {at} @${person}`],
      [`Ban ${name}`, `:ban {room} @${person} ${powers?.operator ? "{address} " : ""}{span} {reason}`],
      [`Lift the ban of ${name}`, `:unban {room} @${person}`],
    ),
  ]];
}

/**
 * Lists what the user can do here: with the current conversation, their name and the hub.
 *
 * @param store the state
 */
export function placeActions(store: ChatStore): ActionGroup[] {
  const { current, ignored, moderates, name, powers } = store;
  const { kind, label, mode, name: room } = current;
  const owns = ownsRoom(store), isOperator = powers?.operator === true;
  return [
    kind === "person" ? personActions(store, room) : [label, [
      ...when(store.has("private_rooms"), [`About ${label}`, ":room", true]),
      ...when(
        owns,
        ["Set the topic", ":topic {topic}"],
        mode === "private" ? ["Open it to everyone", ":room open"] : ["Make it private", ":room private"],
        ["Set what members can read", ":room history {history}"],
        ["Invite somebody", ":invite @{who}"],
        ["Remove somebody", ":remove @{who}"],
        ["Give it to a member", ":room owner @{who}"],
        [`Delete ${label}`, ":room delete"],
      ),
      ...when(
        isOwnedRoom(store) && moderates,
        ["Add a moderator", `:mod #${room} @{who}`],
        ["Remove a moderator", `:unmod #${room} @{who}`],
      ),
      ...when(
        placesToModerate(store).length > 0,
        ["Slow mode", ":slow {at} {every}"],
        ["Bans, mutes and limits", ":bans", true],
        ["Lift a ban", ":unban {room} {target}"],
      ),
      ...when(current.key !== "#main", [`Leave ${label}`, () => store.close(current)]),
    ]],
    [sanitizeName(name), [
      ["Change your name", ":username {own}"],
      ...when(
        store.has("keys"),
        ["Take your name from another device", ":key add {words}"],
        ["Use your name on another device", ":key code", true],
        ["Your keys", ":keys", true],
        ["Remove a key", ":key remove {key}"],
        ["Give up your name", ":release"],
      ),
      ...when(ignored.length > 0, ["Stop ignoring somebody", ":unignore {ignored}"]),
    ]],
    ["This hub", [
      ...when(
        store.has("invites") && (isOperator || owns),
        [
          `Make an invite to ${isOwnedRoom(store) ? label : "the hub"}`,
          ":invite link --uses {uses} --expires {expires}",
          true,
        ],
        ["Invites", ":invites", true],
        ["Revoke an invite", ":invite revoke {id}"],
      ),
      ...when(isOperator, ["Announce", ":announce {text}"], ["Lockdown", ":lockdown {mode}"]),
      ["Leave the chat", () => store.command(":quit")],
    ]],
  ];
}

function when(holds: boolean, ...actions: readonly Action[]): readonly Action[] {
  return holds ? actions : [];
}

/** Where the user keeps order, as commands name it: the current room first, the whole hub as the empty text. */
function placesToModerate({ current, moderates, powers }: ChatStore): Options {
  const rooms = new Set([...moderates ? [current.name] : [], ...powers?.rooms ?? []]);
  return [
    ...[...rooms].map((name) => [`#${name}`, `#${sanitizeName(name)}`] as const),
    ...powers?.operator ? [["", "the whole hub"] as const] : [],
  ];
}

function isOwnedRoom({ current }: ChatStore): boolean {
  return current.kind === "room" && current.owner !== undefined;
}

function ownsRoom(store: ChatStore): boolean {
  return isOwnedRoom(store) && store.isSelf(store.current.owner!);
}
