import { type Api, InputFile } from "grammy/web";
import type { Button, Delivery, DeliveryResult, OutboundFile } from "../../core/message/types.ts";
import { ObjectError } from "../../core/ports/objects.ts";
import type { Called, TelegramApi } from "./telegram_api.ts";
import { deliveryFailure, type Failure } from "./telegram_failure.ts";
import { telegramHtml } from "./telegram_html.ts";
import { targetOf } from "./telegram_update.ts";

/** What may be shown as a picture. Source: https://core.telegram.org/bots/api#sendphoto */
const photoTypes: readonly string[] = ["image/jpeg", "image/png"];
const photoBytesMax = 10_000_000;
/** The outbox gives up earlier, if it wants to. */
const uploadMsMax = 600_000;
/** Buttons with longer labels stand below each other. */
const labelLengthOfRow = 24;

/** Sends one delivery. */
export async function send(api: TelegramApi, delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
  let result = await sendOnce(api, delivery, signal);
  if (result.kind === "refused" && result.movedTo !== undefined) {
    result = await sendOnce(api, { ...delivery, conversation: `${result.movedTo}` }, signal);
  }
  return result.kind === "accepted" ? result : deliveryFailure(result);
}

type Result = Extract<DeliveryResult, { kind: "accepted" }> | Failure;

async function sendOnce(api: TelegramApi, delivery: Delivery, signal: AbortSignal): Promise<Result> {
  const { chat, ...topic } = targetOf(delivery.conversation);
  switch (delivery.kind) {
    case "typing":
      return accepted(await api.call((api, signal) => api.sendChatAction(chat, "typing", topic, signal), signal));
    case "text": {
      const more = { ...topic, ...replyTo(delivery.replyTo), ...keyboard(delivery.buttons), ...noPreview };
      return await inForm(
        delivery.text,
        (text, form) => api.call((api, signal) => api.sendMessage(chat, text, { ...more, ...form }, signal), signal),
      );
    }
    case "edit": {
      const id = Number(delivery.platformId);
      const more = { ...keyboard(delivery.buttons), ...noPreview };
      const result = await inForm(delivery.text, async (text, form) => {
        const edited = await api.call(
          (api, signal) => api.editMessageText(chat, id, text, { ...more, ...form }, signal),
          signal,
        );
        return edited.kind === "done" || edited.about === "unchanged"
          ? { kind: "done", value: { message_id: id } }
          : edited;
      });
      // An edit that arrived twice is the same edit.
      return result.kind === "unreachable" ? { ...result, mayHaveArrived: false } : result;
    }
    case "file": {
      const more = { ...topic, ...replyTo(delivery.replyTo) };
      const { file } = delivery;
      if (photoTypes.includes(file.mediaType) && file.bytes <= photoBytesMax) {
        const shown = await sendFile(
          file,
          signal,
          api,
          (api, input, signal) => api.sendPhoto(chat, input, more, signal),
        );
        // What can't be shown as a picture is still a file.
        if (shown.kind === "accepted" || shown.about !== "photo") return shown;
      }
      return await sendFile(file, signal, api, (api, input, signal) => api.sendDocument(chat, input, more, signal));
    }
  }
}

/** As HTML; where that is refused for its form, as it was written. So no answer is lost for its form. */
async function inForm(
  markdown: string,
  sendText: (text: string, form: { parse_mode?: "HTML" }) => Promise<Called<{ message_id: number }>>,
): Promise<Result> {
  const html = telegramHtml(markdown);
  const first = await sendText(html, { parse_mode: "HTML" });
  return accepted(first.kind !== "done" && first.about === "form" ? await sendText(markdown, {}) : first);
}

async function sendFile(
  file: OutboundFile,
  signal: AbortSignal,
  api: TelegramApi,
  sendInput: (api: Api, input: InputFile, signal: Parameters<Api["getMe"]>[0]) => Promise<{ message_id: number }>,
): Promise<Result> {
  let unreadable: Failure | undefined;
  const content = async function* () {
    try {
      yield* file.open(signal);
    } catch (error) {
      const kind = error instanceof ObjectError && error.kind === "missing" ? "refused" : "unreachable";
      unreadable = { kind, reason: "the file can't be read here" };
      throw error;
    }
  };
  const input = new InputFile(content(), partName(file.name));
  const result = accepted(await api.call((api, signal) => sendInput(api, input, signal), signal, uploadMsMax));
  return result.kind === "accepted" ? result : unreadable ?? result;
}

/** The library writes a name into a header as it is: quoted here, without what would end the quotes or the line. */
function partName(name: string): string {
  // deno-lint-ignore no-control-regex
  return `"${name.replace(/[\x00-\x1f\x7f"\\]/g, "_").slice(0, 200) || "file"}"`;
}

function accepted(called: Called<{ message_id: number } | true>): Result {
  if (called.kind !== "done") return called;
  return { kind: "accepted", platformId: called.value === true ? "" : `${called.value.message_id}` };
}

/** What was a button's press can't be replied to. */
function replyTo(id: string | undefined) {
  return id === undefined || !/^\d+$/.test(id)
    ? {}
    : { reply_parameters: { message_id: Number(id), allow_sending_without_reply: true } };
}

function keyboard(buttons: readonly Button[] | undefined) {
  if (buttons === undefined || buttons.length === 0) return {};
  const keys = buttons.map(({ label, text }) => ({ text: label, callback_data: text }));
  const inOneRow = buttons.every(({ label }) => label.length <= labelLengthOfRow / buttons.length);
  return { reply_markup: { inline_keyboard: inOneRow ? [keys] : keys.map((key) => [key]) } };
}

/** A preview would make the platform's servers open every address that an answer names. */
const noPreview = { link_preview_options: { is_disabled: true } };
