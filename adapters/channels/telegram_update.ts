import * as v from "valibot";
import type { InboundFile, InboundMessage, Place } from "../../core/message/types.ts";
import { localeOf } from "../../core/text/mod.ts";

/** Of all that the platform tells, what a message is made of. Source: https://core.telegram.org/bots/api#update */
const user = v.object({
  id: v.number(),
  is_bot: v.boolean(),
  first_name: v.string(),
  last_name: v.optional(v.string()),
  username: v.optional(v.string()),
  language_code: v.optional(v.string()),
});
const chat = v.object({ id: v.number(), type: v.string() });
const entity = v.object({
  type: v.string(),
  offset: v.number(),
  length: v.number(),
  user: v.optional(v.object({ id: v.number() })),
});
const file = v.object({
  file_id: v.string(),
  file_size: v.optional(v.number()),
  file_name: v.optional(v.string()),
  mime_type: v.optional(v.string()),
});
const message = v.object({
  message_id: v.number(),
  from: v.optional(user),
  sender_chat: v.optional(v.unknown()),
  chat,
  message_thread_id: v.optional(v.number()),
  is_topic_message: v.optional(v.boolean()),
  text: v.optional(v.string()),
  caption: v.optional(v.string()),
  entities: v.optional(v.array(entity), []),
  caption_entities: v.optional(v.array(entity), []),
  reply_to_message: v.optional(v.object({
    from: v.optional(v.object({ id: v.number() })),
    forum_topic_created: v.optional(v.unknown()),
  })),
  document: v.optional(file),
  photo: v.optional(v.array(file)),
  video: v.optional(file),
  video_note: v.optional(file),
  audio: v.optional(file),
  voice: v.optional(file),
});
const updateSchema = v.object({
  update_id: v.number(),
  message: v.optional(message),
  callback_query: v.optional(v.object({
    id: v.string(),
    from: user,
    data: v.optional(v.string()),
    message: v.optional(v.object({
      chat,
      message_thread_id: v.optional(v.number()),
      is_topic_message: v.optional(v.boolean()),
    })),
  })),
});

/** What the platform is asked to tell. People's edits aren't among it: an answer belongs to what was asked first. */
export const allowedUpdates = ["message", "callback_query"] as const;

/** One thing that somebody did. */
export type Update = v.InferOutput<typeof updateSchema>;
type Message = v.InferOutput<typeof message>;
type User = v.InferOutput<typeof user>;

/** Who the bot is, as the platform says. */
export interface Me {
  readonly id: number;
  readonly username: string;
}

/** A file as the platform names it. */
export interface RemoteFile {
  readonly id: string;
  readonly name: string;
  readonly bytes?: number;
}

/** What the mapping needs besides the update. */
export interface MappingDeps {
  readonly channel: string;
  readonly me: Me;
  /** Commands that are meant for this bot in a group even where its name isn't added. */
  readonly commands: readonly string[];
  readonly openFile: (file: RemoteFile) => InboundFile;
}

/** Reads what the platform told; `undefined` when it isn't what the documentation says. */
export function parseUpdate(value: unknown): Update | undefined {
  const parsed = v.safeParse(updateSchema, value);
  return parsed.success ? parsed.output : undefined;
}

/** What is taken in of an update; `undefined` of what isn't said to the assistant. Pure. */
export function inboundOf({ message, callback_query: query }: Update, deps: MappingDeps): InboundMessage | undefined {
  if (query !== undefined) {
    const { id, from, data, message } = query;
    if (message === undefined || data === undefined || from.is_bot) return undefined;
    const place = placeOf(message.chat);
    if (place === undefined) return undefined;
    return {
      ...written(deps, from),
      conversation: conversationOf(message),
      place,
      platformId: `button:${id}`,
      text: data,
    };
  }
  // A channel's own posts and administrators without a name are nobody: many people share that account.
  if (message?.from === undefined || message.from.is_bot || message.sender_chat !== undefined) return undefined;
  const place = placeOf(message.chat);
  if (place === undefined || (place === "group" && !isAddressed(message, deps))) return undefined;
  const text = textOf(message, deps.me);
  const by = written(deps, message.from);
  const files = filesOf(message).map(deps.openFile);
  if (text === "" && files.length === 0) return undefined;
  return {
    ...by,
    conversation: conversationOf(message),
    place,
    platformId: `${message.message_id}`,
    text,
    ...(files.length === 0 ? {} : { files }),
  };
}

/** `CHAT` or `CHAT:TOPIC`. */
function conversationOf(message: Pick<Message, "chat" | "message_thread_id" | "is_topic_message">): string {
  const { chat, message_thread_id: thread, is_topic_message: inTopic } = message;
  // Outside of topics a thread is only a chain of replies.
  return inTopic && thread !== undefined ? `${chat.id}:${thread}` : `${chat.id}`;
}

/** Where a conversation is: the parameters of a call. */
export function targetOf(conversation: string): { readonly chat: number; readonly message_thread_id?: number } {
  const [chat, thread] = conversation.split(":");
  return { chat: Number(chat), ...(thread === undefined ? {} : { message_thread_id: Number(thread) }) };
}

function placeOf({ type }: Message["chat"]): Place | undefined {
  return type === "private" ? "direct" : type === "group" || type === "supergroup" ? "group" : undefined;
}

function written({ channel }: MappingDeps, { id, first_name, last_name, username, language_code }: User) {
  const name = [first_name, last_name].filter((part) => part).join(" ");
  return {
    channel,
    account: `${id}`,
    accountName: username === undefined ? name : `${name} (@${username})`,
    locale: localeOf(language_code),
  };
}

/** True when a message in a group is said to the bot: it is named, answered, or given a command. */
function isAddressed(message: Message, { me, commands }: MappingDeps): boolean {
  const { reply_to_message: reply } = message;
  // In a topic, every message "answers" the one that opened it.
  if (reply?.from?.id === me.id && reply.forum_topic_created === undefined) return true;
  const { text, entities } = wordsOf(message);
  return entities.some(({ type, offset, length, user }) => {
    const word = text.slice(offset, offset + length).toLowerCase();
    if (type === "text_mention") return user?.id === me.id;
    if (type === "mention") return word === `@${me.username.toLowerCase()}`;
    if (type !== "bot_command" || offset !== 0) return false;
    const [command, to] = word.slice(1).split("@");
    return to === undefined ? commands.includes(command!) : to === me.username.toLowerCase();
  });
}

/** What was written, without the bot's own name where it only calls the bot. */
function textOf(message: Message, me: Me): string {
  const words = wordsOf(message);
  const name = `@${me.username}`.toLowerCase();
  return words.entities.toSorted((a, b) => b.offset - a.offset).reduce((text, { type, offset, length }) => {
    const end = offset + length;
    const [before, word, after] = [text.slice(0, offset), text.slice(offset, end), text.slice(end)];
    if (type === "bot_command" && word.toLowerCase().endsWith(name)) {
      return before + word.slice(0, -name.length) + after;
    }
    if (type !== "mention" || word.toLowerCase() !== name) return text;
    if (before.trim() === "") return after.replace(/^[\s,:;]+/, "");
    return `${before}${/\s$/.test(before) ? after.replace(/^\s/, "") : after}`.trimEnd();
  }, words.text);
}

function wordsOf({ text, caption, entities, caption_entities }: Message) {
  return text === undefined ? { text: caption ?? "", entities: caption_entities } : { text, entities };
}

/** The files of a message. A photo comes in several sizes: the largest is the last. */
function filesOf({ document, photo, video, video_note, audio, voice, message_id }: Message): RemoteFile[] {
  const named: readonly (readonly [file: typeof document, name: string])[] = [
    [document, "file"],
    [photo?.at(-1), `photo_${message_id}.jpg`],
    [video, `video_${message_id}.mp4`],
    [video_note, `video_${message_id}.mp4`],
    [audio, `audio_${message_id}.mp3`],
    [voice, `voice_${message_id}.ogg`],
  ];
  return named.flatMap(([file, name]) =>
    file === undefined ? [] : [{
      id: file.file_id,
      name: file.file_name ?? name,
      ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
    }]
  );
}
