/** The identity of a chat: nodes of different chats never talk to each other. */
import * as Schema from "effect/Schema"

/** The id of a chat: 128 random bits in hexadecimal, chosen once. People see it only in a file. */
export const ChatId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("ChatId"))
export type ChatId = typeof ChatId.Type
