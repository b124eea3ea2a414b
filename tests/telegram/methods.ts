import { cleaned, EntityError, parseHtml, type ShownText } from "./html.ts";
import type { Chat, Json, ShownButton, ShownMessage, World } from "./world.ts";

/** A call that the platform refuses, in its own words. */
export class Refusal extends Error {
  constructor(readonly code: number, description: string, readonly parameters?: Json) {
    super(description);
  }
}

/** A part of a multipart body. */
export interface SentFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a method is called with. */
export interface Call {
  readonly world: World;
  readonly payload: Json;
  /** Parts of the body that are files, by their name. */
  readonly files: ReadonlyMap<string, SentFile>;
}

/** What a call came to; `message`: the one that it made or changed. */
export interface Done {
  readonly result: unknown;
  readonly chat?: Chat;
  readonly message?: ShownMessage;
}

const textLengthMax = 4_096;
const captionLengthMax = 1_024;
const photoBytesMax = 10_000_000;
const documentBytesMax = 50_000_000;
const downloadBytesMax = 20_000_000;

/** The methods that say something, by name. Source: https://core.telegram.org/bots/api#available-methods */
export const methods: Readonly<Record<string, (call: Call) => Done>> = {
  getMe: ({ world }) => ({
    result: { ...world.bot, can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false },
  }),

  sendMessage(call) {
    const chat = writableChat(call);
    const shown = shownText(call, "text", textLengthMax);
    if (shown.text === "") throw bad("message text is empty");
    return added(call, chat, shown);
  },

  sendDocument: (call) => sendFile(call, "document"),
  sendPhoto: (call) => sendFile(call, "photo"),

  editMessageText(call) {
    const { world, payload } = call;
    const chat = writableChat(call);
    const message = chat.messages.get(Number(payload.message_id));
    if (message === undefined) throw bad("message to edit not found");
    if (!message.fromBot) throw bad("message can't be edited");
    if (message.file !== undefined) throw bad("there is no text in the message to edit");
    const shown = shownText(call, "text", textLengthMax);
    if (shown.text === "") throw bad("message text is empty");
    const buttons = buttonsOf(payload);
    const changed = { ...message, ...shown, buttons, edits: message.edits + 1 };
    if (looks(changed) === looks(message)) {
      throw bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current " +
          "content and reply markup of the message",
      );
    }
    chat.messages.set(message.id, changed);
    return { result: world.messageJson(chat, changed), chat, message: changed };
  },

  sendChatAction(call) {
    const chat = writableChat(call);
    if (!/^(?:typing|upload_photo|upload_document)$/.test(String(call.payload.action))) {
      throw bad("wrong parameter action in request");
    }
    return { result: true, chat };
  },

  answerCallbackQuery({ world, payload }) {
    const id = String(payload.callback_query_id);
    if (world.queries.get(id) !== "open") {
      throw bad("query is too old and response timeout expired or query ID is invalid");
    }
    world.queries.set(id, "answered");
    return { result: true };
  },

  setMyCommands({ world, payload }) {
    const commands = payload.commands as { command: string; description: string }[];
    if (!Array.isArray(commands) || commands.length > 100) throw bad("too many commands specified");
    for (const { command, description } of commands) {
      if (!/^[a-z0-9_]{1,32}$/.test(command)) throw bad("BOT_COMMAND_INVALID");
      if (description.length < 1 || description.length > 256) throw bad("BOT_COMMAND_DESCRIPTION_INVALID");
    }
    world.commands.set(String(payload.language_code ?? ""), commands);
    return { result: true };
  },

  getMyCommands: ({ world, payload }) => ({ result: world.commands.get(String(payload.language_code ?? "")) ?? [] }),

  getFile({ world, payload }) {
    const file = world.files.get(String(payload.file_id));
    if (file === undefined) throw bad("wrong file_id or the file is temporarily unavailable");
    const size = file.saidBytes ?? file.bytes.length;
    if (size > downloadBytesMax) throw bad("file is too big");
    return { result: { file_id: file.id, file_unique_id: `u-${file.id}`, file_size: size, file_path: file.path } };
  },
};

function bad(description: string): Refusal {
  return new Refusal(400, `Bad Request: ${description}`);
}

function writableChat({ world, payload }: Call): Chat {
  if (payload.chat_id === undefined || payload.chat_id === "") throw bad("chat_id is empty");
  const chat = world.chats.get(Number(payload.chat_id));
  if (chat === undefined) throw bad("chat not found");
  if (chat.movedTo !== undefined) {
    const parameters = { migrate_to_chat_id: chat.movedTo };
    throw new Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters);
  }
  if (chat.blocked) throw new Refusal(403, "Forbidden: bot was blocked by the user");
  if (!chat.reached) throw new Refusal(403, "Forbidden: bot can't initiate conversation with a user");
  return chat;
}

function shownText({ payload }: Call, field: "text" | "caption", lengthMax: number): ShownText {
  const written = payload[field];
  if (written !== undefined && typeof written !== "string") throw bad("strings must be encoded in UTF-8");
  const text = written ?? "";
  let shown: ShownText = { text, entities: [] };
  if (payload.parse_mode === "HTML") {
    try {
      shown = parseHtml(text);
    } catch (error) {
      if (!(error instanceof EntityError)) throw error;
      throw bad(`can't parse entities: ${error.message}`);
    }
  } else if (payload.parse_mode !== undefined) throw bad("unsupported parse_mode");
  const clean = cleaned(shown);
  if (clean.text.length > lengthMax) {
    throw bad(field === "text" ? "message is too long" : "message caption is too long");
  }
  return clean;
}

function buttonsOf({ reply_markup: markup }: Json): readonly (readonly ShownButton[])[] {
  const parsed = typeof markup === "string" ? JSON.parse(markup) : markup;
  const rows: readonly (readonly ShownButton[])[] = Object(parsed).inline_keyboard ?? [];
  for (const { text, callback_data: data, url } of rows.flat()) {
    if (typeof text !== "string" || text === "") throw bad("inline keyboard button text can't be empty");
    const bytes = new TextEncoder().encode(data ?? "").length;
    if (url === undefined && (bytes < 1 || bytes > 64)) throw bad("BUTTON_DATA_INVALID");
  }
  return rows;
}

function added(
  { world, payload }: Call,
  chat: Chat,
  more: ShownText & Pick<ShownMessage, "file" | "isPhoto">,
): Done {
  const reply = typeof payload.reply_parameters === "string"
    ? JSON.parse(payload.reply_parameters)
    : payload.reply_parameters;
  const wanted = reply === undefined ? undefined : Number(reply.message_id);
  const found = wanted !== undefined && chat.messages.has(wanted);
  if (wanted !== undefined && !found && reply.allow_sending_without_reply !== true) {
    throw bad("message to be replied not found");
  }
  const threadId = payload.message_thread_id === undefined ? undefined : Number(payload.message_thread_id);
  if (threadId !== undefined && !chat.threads.has(threadId)) throw bad("message thread not found");
  const message = world.add(chat, {
    ...more,
    fromBot: true,
    senderId: world.bot.id,
    buttons: buttonsOf(payload),
    ...(threadId === undefined ? {} : { threadId }),
    ...(found ? { replyTo: wanted } : {}),
  });
  return { result: world.messageJson(chat, message), chat, message };
}

function sendFile(call: Call, field: "document" | "photo"): Done {
  const { world, payload, files } = call;
  const chat = writableChat(call);
  const named = /^attach:\/\/(.+)$/.exec(String(payload[field] ?? ""))?.[1] ?? field;
  const sent = files.get(named);
  if (sent === undefined) throw bad(`there is no ${field} in the request`);
  if (sent.bytes.length === 0) throw bad("file must be non-empty");
  if (sent.bytes.length > documentBytesMax) throw new Refusal(413, "Request Entity Too Large");
  if (field === "photo") {
    if (sent.bytes.length > photoBytesMax) throw bad("file is too big");
    const isJpeg = sent.bytes[0] === 0xff && sent.bytes[1] === 0xd8;
    const isPng = sent.bytes[0] === 0x89 && sent.bytes[1] === 0x50;
    if (!isJpeg && !isPng) throw bad("IMAGE_PROCESS_FAILED");
  }
  const shown = shownText(call, "caption", captionLengthMax);
  const file = world.addFile(sent, field === "photo" ? "photos" : "documents");
  return added(call, chat, { ...shown, file, ...(field === "photo" ? { isPhoto: true } : {}) });
}

/** What a person sees of a message: two that look alike are the same to an edit. */
function looks({ text, entities, buttons }: ShownMessage): string {
  return JSON.stringify([text, entities, buttons]);
}
