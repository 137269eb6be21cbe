/** The capabilities of IRCv3 that a node offers (https://ircv3.net/irc/). */

/**
 * Names, and what they mean here. Of those without a remark nothing is ever sent, because a node of outlive does not
 * change its name, host or account, and nobody is invited.
 */
export const capabilities = [
  "account-notify",
  /** Messages name the account of their author, in a secure chat. */
  "account-tag",
  "away-notify",
  /** A batch is sent only to who asked for it. */
  "batch",
  "cap-notify",
  "chghost",
  /** CHATHISTORY. Who asks for it is sent nothing old otherwise. */
  "draft/chathistory",
  /** A message of several lines is one, both ways. */
  "draft/multiline",
  /** What a client says comes back to it, in the order of the chat. */
  "echo-message",
  /** A JOIN names the account and the real name. */
  "extended-join",
  "invite-notify",
  /** An answer names the command that asked for it. */
  "labeled-response",
  /** Messages have `msgid`. */
  "message-tags",
  /** NAMES and WHO show all prefixes. There is one. */
  "multi-prefix",
  /** Messages have the time at which they were said. */
  "server-time",
  "setname",
  /** FAIL in place of numerics that mean something else. */
  "standard-replies",
  /** NAMES shows `nick!user@host`. */
  "userhost-in-names"
] as const

/** A capability that is offered, `sasl` among them: only where there is a password. */
export type Capability = (typeof capabilities)[number] | "sasl"
