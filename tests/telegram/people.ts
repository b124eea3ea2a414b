import type { Account, Chat, Json, KeptFile, ShownMessage, World } from "./world.ts";
import type { Updates } from "./updates.ts";

/** Where and how something is written. */
export interface Writing {
  /** A group. Absent: in private. */
  readonly in?: Chat;
  /** A topic of a forum. */
  readonly thread?: number;
  /** Answers this message of the chat. */
  readonly replyTo?: number;
}

/** A file that a person sends. */
export interface PersonFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly caption?: string;
  /** Sent as a photo. */
  readonly photo?: boolean;
  /** Said instead of its real length. */
  readonly saidBytes?: number;
}

/** A person with the app in hand. */
export class Person {
  constructor(
    readonly account: Account,
    readonly chat: Chat,
    readonly world: World,
    readonly updates: Updates,
  ) {}

  get id(): number {
    return this.account.id;
  }

  /** Writes a message; commands and mentions in it are marked as the app does. */
  write(text: string, writing: Writing = {}): ShownMessage {
    return this.#send({ text, entities: entitiesOf(text) }, writing);
  }

  /** Sends a file or a photo. */
  send(file: PersonFile, writing: Writing = {}): ShownMessage {
    const { name, bytes, mediaType = "application/octet-stream", caption = "", photo = false, saidBytes } = file;
    const kept = this.world.addFile(
      { name, mediaType, bytes, ...(saidBytes === undefined ? {} : { saidBytes }) },
      photo ? "photos" : "documents",
    );
    return this.#send({ text: caption, entities: entitiesOf(caption), file: kept, isPhoto: photo }, writing);
  }

  /** Changes what was written. */
  edit(message: ShownMessage, text: string, { in: chat = this.chat }: Writing = {}): void {
    const changed = { ...message, text, entities: entitiesOf(text), edits: message.edits + 1 };
    chat.messages.set(message.id, changed);
    this.updates.push("edited_message", chat.id, this.world.messageJson(chat, changed));
  }

  /** Presses the button with this label below a message of the bot's. */
  press(message: ShownMessage, label: string, { in: chat = this.chat }: Writing = {}): string {
    const shown = chat.messages.get(message.id)!;
    const button = shown.buttons.flat().find(({ text }) => text === label);
    if (button === undefined) throw new Error(`There is no button "${label}" below message ${message.id}`);
    const id = `query-${this.world.queries.size + 1}`;
    this.world.queries.set(id, "open");
    this.updates.push("callback_query", chat.id, {
      id,
      from: { ...this.account, is_bot: false },
      message: this.world.messageJson(chat, shown),
      chat_instance: `${chat.id}`,
      data: button.callback_data,
    });
    return id;
  }

  /** Something that has no text and no file: a sticker, a place, a joining member. */
  sendOther(content: Json, writing: Writing = {}): ShownMessage {
    return this.#send({ text: "", entities: [] }, writing, content);
  }

  /** Stops the bot: from then on it is refused. */
  block(): void {
    this.chat.blocked = true;
  }

  #send(
    content: Pick<ShownMessage, "text" | "entities"> & { readonly file?: KeptFile; readonly isPhoto?: boolean },
    { in: chat = this.chat, thread, replyTo }: Writing,
    more: Json = {},
  ): ShownMessage {
    chat.reached = true;
    if (chat === this.chat) chat.blocked = false;
    if (thread !== undefined) chat.threads.add(thread);
    const message = this.world.add(chat, {
      ...content,
      fromBot: false,
      senderId: this.id,
      buttons: [],
      ...(thread === undefined ? {} : { threadId: thread }),
      ...(replyTo === undefined ? {} : { replyTo }),
    });
    this.updates.push("message", chat.id, { ...this.world.messageJson(chat, message), ...more });
    return message;
  }
}

function entitiesOf(text: string): ShownMessage["entities"] {
  const found = (pattern: RegExp, type: string) =>
    [...text.matchAll(pattern)].map((match) => {
      const before = match[1]!.length;
      return { type, offset: match.index + before, length: match[0].length - before };
    });
  return [
    ...found(/(^|\s)\/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?/g, "bot_command"),
    ...found(/(^|[^\w@/])@[A-Za-z0-9_]{3,32}/g, "mention"),
  ].sort((a, b) => a.offset - b.offset);
}
