/** Which chat: so that nodes of one never take a node of another for theirs. */
import * as Schema from "effect/Schema"

/** What a chat is called among programs: 128 bits by chance, chosen once, in hexadecimal. People never see it but in a file. */
export const ChatId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("ChatId"))
export type ChatId = typeof ChatId.Type
