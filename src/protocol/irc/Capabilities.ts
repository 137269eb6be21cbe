/** The capabilities of IRCv3 that a node offers (https://ircv3.net/irc/). */

/** Names, and what they mean here. Nobody changes its host or account: there is no `chghost`, and no `account-notify`. */
export const capabilities = [
  /** Messages name the account of their author, in a secure chat. */
  "account-tag",
  /** AWAY when somebody goes away, or is back. */
  "away-notify",
  /** A batch is sent only to who asked for it. */
  "batch",
  /** Whoever asks for version 302 of capabilities has it. What is offered never changes. */
  "cap-notify",
  /** CHATHISTORY. Who asks for it is sent nothing old otherwise. */
  "draft/chathistory",
  /** A message of several lines is one, both ways. */
  "draft/multiline",
  /** What a client says comes back to it, in the order of the chat. */
  "echo-message",
  /** A JOIN names the account and the real name. */
  "extended-join",
  /** An answer names the command that asked for it. */
  "labeled-response",
  /** Messages have `msgid`. */
  "message-tags",
  /** NAMES and WHO show all prefixes. */
  "multi-prefix",
  /** Messages have the time at which they were said, or at which the rest has happened. */
  "server-time",
  /** FAIL in place of numerics that mean something else. */
  "standard-replies",
  /** NAMES shows `nick!user@host`. */
  "userhost-in-names"
] as const

/** Those that mean something among guests alone. */
export const capabilitiesOfGuests = [
  /** INVITE to others in a channel. */
  "invite-notify",
  /** SETNAME of others in a channel. */
  "setname"
] as const

/** Those that mean something where all clients are one person. */
export const capabilitiesOfNodes = [
  /** MARKREAD: what was read at one client of the node, or at its page, is read at all. */
  "draft/read-marker"
] as const

/** A capability that is offered, `sasl` among them: only where there is a password. */
export type Capability =
  | (typeof capabilities)[number]
  | (typeof capabilitiesOfGuests)[number]
  | (typeof capabilitiesOfNodes)[number]
  | "sasl"
