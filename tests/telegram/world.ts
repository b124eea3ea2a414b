import type { ShownText } from "./html.ts";

/** A JSON object of the platform. */
export type Json = Readonly<Record<string, unknown>>;

/** One button that is shown below a message. */
export interface ShownButton {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
}

/** A file that the platform keeps. */
export interface KeptFile {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Said instead of the content's real length, for files that nobody wants to make. */
  readonly saidBytes?: number;
}

/** One message as the chat shows it now. */
export interface ShownMessage extends ShownText {
  readonly id: number;
  readonly fromBot: boolean;
  readonly senderId: number;
  readonly threadId?: number;
  readonly replyTo?: number;
  readonly buttons: readonly (readonly ShownButton[])[];
  readonly file?: KeptFile;
  readonly isPhoto?: boolean;
  readonly dateSeconds: number;
  readonly edits: number;
}

/** One chat. */
export interface Chat {
  readonly id: number;
  readonly type: "private" | "group" | "supergroup";
  readonly title?: string;
  readonly isForum: boolean;
  /** By id, in the order of their coming. */
  readonly messages: Map<number, ShownMessage>;
  readonly threads: Set<number>;
  lastMessageId: number;
  /** In a private chat: whether the person has written, and has not blocked the bot. */
  reached: boolean;
  blocked: boolean;
  /** The chat that it has become. */
  movedTo?: number;
}

/** One account. */
export interface Account {
  readonly id: number;
  readonly first_name: string;
  readonly last_name?: string;
  readonly username?: string;
  readonly language_code?: string;
}

/** All that the platform holds for one bot. */
export class World {
  readonly chats = new Map<number, Chat>();
  readonly accounts = new Map<number, Account>();
  readonly files = new Map<string, KeptFile>();
  /** Commands by language; "" is the rest. */
  readonly commands = new Map<string, readonly { readonly command: string; readonly description: string }[]>();
  /** Ids of callback queries that weren't answered yet, and those that were. */
  readonly queries = new Map<string, "open" | "answered">();
  #nextFile = 1;

  constructor(readonly bot: Account & { readonly is_bot: true }) {}

  /** A chat that people may write in. */
  addChat(chat: Pick<Chat, "id" | "type"> & Partial<Pick<Chat, "title" | "isForum">>): Chat {
    const made: Chat = {
      isForum: false,
      ...chat,
      messages: new Map(),
      threads: new Set(),
      lastMessageId: 0,
      reached: chat.type !== "private",
      blocked: false,
    };
    this.chats.set(made.id, made);
    return made;
  }

  addFile(file: Pick<KeptFile, "name" | "mediaType" | "bytes" | "saidBytes">, folder: string): KeptFile {
    const number = this.#nextFile++;
    const extension = /\.[A-Za-z0-9]{1,8}$/.exec(file.name)?.[0] ?? "";
    const kept = { ...file, id: `file-${number}`, path: `${folder}/file_${number}${extension}` };
    this.files.set(kept.id, kept);
    return kept;
  }

  add(chat: Chat, message: Omit<ShownMessage, "id" | "edits" | "dateSeconds">): ShownMessage {
    const shown = { ...message, id: ++chat.lastMessageId, edits: 0, dateSeconds: Math.floor(Date.now() / 1_000) };
    chat.messages.set(shown.id, shown);
    return shown;
  }

  /** The message as the platform's JSON. */
  messageJson(chat: Chat, message: ShownMessage, withReply = true): Json {
    const { id, threadId, replyTo, text, entities, buttons, file, isPhoto, fromBot, senderId } = message;
    const words = file === undefined ? ["text", "entities"] : ["caption", "caption_entities"];
    const reply = replyTo === undefined ? undefined : chat.messages.get(replyTo);
    const from = fromBot ? this.bot : { ...this.accounts.get(senderId), is_bot: false };
    return {
      message_id: id,
      from,
      chat: chatJson(chat, chat.type === "private" ? this.accounts.get(chat.id) : undefined),
      date: message.dateSeconds,
      ...(message.edits > 0 ? { edit_date: Math.floor(Date.now() / 1_000) } : {}),
      ...(threadId === undefined ? {} : { message_thread_id: threadId, is_topic_message: true }),
      ...(reply === undefined || !withReply ? {} : { reply_to_message: this.messageJson(chat, reply, false) }),
      ...(text === "" ? {} : { [words[0]!]: text }),
      ...(entities.length === 0 ? {} : { [words[1]!]: entities }),
      ...(file === undefined ? {} : isPhoto ? { photo: photoJson(file) } : { document: documentJson(file) }),
      ...(buttons.length === 0 ? {} : { reply_markup: { inline_keyboard: buttons } }),
    };
  }
}

function chatJson(chat: Chat, person: Account | undefined): Json {
  const { id, type, title, isForum } = chat;
  if (person !== undefined) {
    const { first_name, last_name, username } = person;
    return { id, type, first_name, ...(last_name && { last_name }), ...(username && { username }) };
  }
  return { id, type, title, ...(isForum ? { is_forum: true } : {}) };
}

const sizeOf = ({ bytes, saidBytes }: KeptFile) => saidBytes ?? bytes.length;

function documentJson(file: KeptFile): Json {
  return {
    file_id: file.id,
    file_unique_id: `u-${file.id}`,
    file_name: file.name,
    mime_type: file.mediaType,
    file_size: sizeOf(file),
  };
}

/** A photo comes in several sizes, the largest last. */
function photoJson(file: KeptFile): Json[] {
  const size = (id: string, width: number, bytes: number) => ({
    file_id: id,
    file_unique_id: `u-${id}`,
    width,
    height: width,
    file_size: bytes,
  });
  return [size(`${file.id}-small`, 90, 1_000), size(file.id, 1_280, sizeOf(file))];
}
