import { modelStatesBytesMax } from "../core/model_states.ts";
import { stdinBytesMax } from "../adapters/cli/message_text.ts";
import { contextTokensMax } from "../adapters/engines/llama/memory_plan.ts";
import { packetBytesMax } from "../adapters/connector/mqtt_stream.ts";
import { failuresMax, openMs, openMsMax } from "../adapters/plugins/extism/breaker.ts";
import {
  callsWaitingMax,
  idleMsDefault,
  placeWaitMsMax,
  pluginsWaitingMax,
} from "../adapters/plugins/extism/client.ts";
import { hostBytesMax } from "../adapters/plugins/extism/kernel_module.ts";
import { instancesMax } from "../adapters/plugins/extism/order.ts";
import { patienceDefault } from "../adapters/engines/openai/engine.ts";
import { requestMsMax } from "../adapters/web/guard.ts";
import { logEntriesMax } from "../adapters/web/html/console/logs.ts";
import { streamsEachMax, streamsMax } from "../adapters/web/streams.ts";
import { answerMsMax } from "../core/api/types.ts";
import {
  fetchesMax,
  unsentBytesFactor,
  unsentMax,
  unsentMs,
  uploadPatience,
  uploadsMax,
  uploadsOfOneMax,
} from "../core/attachments.ts";
import { approversMax, performMsMax, waitingEachMax, waitingMax, wrongPerMinuteMax } from "../core/approvals/deps.ts";
import { valueLengthMax } from "../core/approvals/words.ts";
import { pixelsMax } from "../core/attachments/image_size.ts";
import { filesMax } from "../core/attachments/rows.ts";
import { tagTextLengthMax } from "../core/capabilities/device.ts";
import { configBytesMax } from "../core/config.ts";
import { auditLookedMax, auditPageMax } from "../core/console/types.ts";
import { messagesMax, sessionsMax } from "../core/conversations.ts";
import { codeAttemptsMax, codeMsMax } from "../core/codes.ts";
import { leaseWaitingMax, leaseWaitMsMax } from "../core/machines.ts";
import { loginMsMax } from "../core/logins.ts";
import { waitMsMax } from "../core/message/delivery.ts";
import { nameLengthMax } from "../core/message/identities.ts";
import { textLengthMax } from "../core/message/intake.ts";
import { retryPolicy } from "../core/message/outbox.ts";
import { firstLengthMax, pairingMsMax, pairingsEachMax, pairingsMax, refusedMsMax } from "../core/message/pairings.ts";
import { receiptMsMax } from "../core/message/receipts.ts";
import { restorableMs, searchedMax, titleLengthMax } from "../core/message/sessions.ts";
import { attemptsMax } from "../core/message/turn.ts";
import { keysOfOneMax } from "../core/plugins/host/kv.ts";
import { answerBytesMax, redirectsMax, requestMsMax as pluginRequestMsMax } from "../core/plugins/host/http.ts";
import { writesMax } from "../core/plugins/host/device.ts";
import { messagesMax as pluginMessagesMax } from "../core/plugins/host/message.ts";
import { replyBytesMax, requestBytesMax } from "../core/plugins/host_calls.ts";
import { underWayMax } from "../adapters/connector/protocol.ts";
import { ownBytesMax, ownFilesMax } from "../core/capabilities/files.ts";
import { tokensMax } from "../core/tokens.ts";
import { embeddingMemoryBytesMax, pluginRunnersMax } from "../core/permissions.ts";
import { bodyBytesMax } from "../schema/api.ts";
import { choicesMax } from "../schema/openai/chat.ts";
import { textsMax } from "../schema/openai/embeddings.ts";
import { messagesMax as v1MessagesMax, v1BodyBytesMax } from "../schema/openai/fields.ts";

/** What people may run into, each with its number as the program has it and what happens beyond it. */
const limits: readonly (readonly [what: string, limit: string, beyond: string])[] = [
  ["one message", `${count(textLengthMax)} UTF-16 code units`, "refused, with both numbers"],
  ["`ask` from a pipe", bytes(stdinBytesMax), "refused before it is sent"],
  ["a question and its answer together", "the model's context (4,096 tokens unless configured)", "a plain sentence"],
  [
    "a server that answers instead of a model here",
    `${time(patienceDefault.reachMs)} to say what it has, ${time(patienceDefault.firstMs)} to the first token, ${
      time(patienceDefault.silenceMs)
    } from one to the next`,
    "a plain sentence",
  ],
  ["attempts at one answer", count(attemptsMax), "a plain sentence; the question is kept"],
  ["a delivery to a platform that is away", time(retryPolicy.expiryMs), "expired, told in the log"],
  ["a pause that a platform asks for", time(waitMsMax), "it is tried again"],
  ["an answer in one message of a platform", "what the platform takes", "several messages, cut at good places"],
  ["a shown conversation", `its newest ${count(messagesMax)} messages`, "an export has all of them"],
  [
    "the list of conversations",
    `shows ${count(sessionsMax)}; a search looks through ${count(searchedMax)}`,
    "older ones are kept, and opened by their address",
  ],
  ["a conversation's title", `${count(titleLengthMax)} characters`, "refused"],
  ["a removed conversation", `can be restored for ${time(restorableMs)}`, "erased for good within the next hour"],
  ["one file", "`objects.file_max`, 20 MB unless configured", "413 while it comes; of a channel's, said in the answer"],
  ["files of one message", count(filesMax), "refused; of a channel's message the first are taken, and it is said"],
  [
    "the time of one upload",
    `${time(uploadPatience.allMs)}, and ${time(uploadPatience.pieceMs)} without a byte`,
    "400, and nothing of it stays",
  ],
  ["uploads at once", `${count(uploadsOfOneMax)} a person, ${count(uploadsMax)} in all`, "429, with when to try again"],
  [
    "files that were uploaded and not sent",
    `${count(unsentMax)} a person, or ${count(unsentBytesFactor)} times the largest file, for ${time(unsentMs)}`,
    "409; then they are removed",
  ],
  [
    "a file that a channel's platform doesn't give",
    `asked for ${count(fetchesMax)} times`,
    "answered without, and said",
  ],
  ["a picture on the page", `${count(pixelsMax / 1e6)} million pixels`, "a link that downloads it"],
  [
    "a page of the audit",
    `${count(auditPageMax)} entries, found among ${count(auditLookedMax)}`,
    "the next page goes on from there",
  ],
  ["the log on the console", `its newest ${count(logEntriesMax)} entries`, "`clawdbot logs` and the files have more"],
  ["models that are brought at once", "1", "refused until it is here, or stopped"],
  ["live views", `${count(streamsEachMax)} a person, ${count(streamsMax)} in all`, "429, with when to try again"],
  ["the body of a request to `/api`", bytes(bodyBytesMax), "413"],
  ["a request that isn't a live view or an answer", time(requestMsMax), "503"],
  ["the body of a request to `/v1`", bytes(v1BodyBytesMax), "413"],
  ["messages of one request to `/v1`", count(v1MessagesMax), "400"],
  ["answers to one request (`n`)", count(choicesMax), "400"],
  ["texts of one request for vectors", count(textsMax), "400"],
  [
    "a text whose vector is wanted",
    `what the model takes: 512 tokens, of another than the default at most ${count(contextTokensMax)}`,
    "400, with the text's number and length",
  ],
  [
    "memory of the process for vectors",
    `${count(embeddingMemoryBytesMax / 1e9)} GB`,
    "a larger model isn't loaded, with numbers; a process that grows past it is ended",
  ],
  ["the time of one request to `/v1`", time(answerMsMax), "504, `timeout`"],
  ["tokens of a site", count(tokensMax), "refused; revoke those that nothing uses"],
  [
    "a login code",
    `${time(codeMsMax)}, once, ${count(codeAttemptsMax)} wrong ones that begin as it does`,
    "void; `clawdbot login-code`",
  ],
  [
    "a request to be let in",
    `${time(pairingMsMax)}; ${count(pairingsEachMax)} open on a channel, ${count(pairingsMax)} in all`,
    "whoever comes then hears nothing",
  ],
  [
    "a stranger's first message that is kept",
    `${count(firstLengthMax)} UTF-16 code units`,
    "they are asked to write again",
  ],
  ["somebody who was refused", time(refusedMsMax), "hears nothing until then"],
  [
    "things that wait for approval",
    `${count(waitingEachMax)} of one person, ${count(waitingMax)} in all`,
    "refused, with the number",
  ],
  [
    "an approval that was asked for",
    "`access.approval_time`, 15 minutes unless configured",
    "expired; nothing is done",
  ],
  ["people who are sent one card", count(approversMax), "others who may approve find it on the page"],
  [
    "a value on a card in a message",
    `${count(valueLengthMax)} UTF-16 code units`,
    "cut, and said; the page shows all of it",
  ],
  ["wrong codes for approvals", `${count(wrongPerMinuteMax)} a person and minute`, "told to wait; a right one counts"],
  [
    "what was approved, while it is done",
    time(performMsMax),
    "ended; whether it was done isn't known, and that is said",
  ],
  ["a person's name", `${count(nameLengthMax)} characters`, "cut"],
  ["a command that is offered again", time(receiptMsMax), "it is done again"],
  ["a browser's login", `${time(loginMsMax)} after its last use`, "the login page"],
  [
    "a request of a plugin, and the reply to it",
    `${bytes(requestBytesMax)}, ${bytes(replyBytesMax)}`,
    "an error for the plugin",
  ],
  [
    "a request of a plugin over HTTP",
    `${bytes(answerBytesMax)} of answer, ${count(redirectsMax)} redirects, ${time(pluginRequestMsMax)}`,
    "an error for the plugin",
  ],
  ["requests of plugins that are under way", count(underWayMax), "an error for the plugin"],
  [
    "keys that a plugin keeps",
    `${count(keysOfOneMax)}, within its quota`,
    "an error for the plugin; nothing is changed",
  ],
  [
    "files of a plugin's own",
    `${count(ownFilesMax)}, ${bytes(ownBytesMax)} together`,
    "an error for the plugin; nothing is changed",
  ],
  [
    "what a model computed of conversations, on the disk",
    `${bytes(modelStatesBytesMax)}`,
    "least recently used out; computed again",
  ],
  [
    "what one call of a tool sends and proposes",
    `${count(pluginMessagesMax)} messages, ${count(writesMax)} writes to machines`,
    "an error for the plugin",
  ],
  [
    "writes that wait for one device",
    `${count(leaseWaitingMax)}, ${time(leaseWaitMsMax)} each`,
    "refused; nothing is sent",
  ],
  ["a text in a tag of a device", `${count(tagTextLengthMax)} UTF-16 code units`, "refused"],
  ["a packet of an MQTT broker", bytes(packetBytesMax), "the connection is ended"],
  [
    "plugins that run at once",
    `${count(pluginRunnersMax - 1)}, and one process that is kept ready`,
    `the one that has been idle for longest makes room; else the call waits for ${time(placeWaitMsMax)}, ${
      count(pluginsWaitingMax)
    } plugins at most`,
  ],
  ["calls of one plugin that wait for each other", count(callsWaitingMax), "the call fails, `busy`"],
  ["a plugin that nobody calls", time(idleMsDefault), "its process ends"],
  [
    "sessions of a plugin that keeps its state",
    count(instancesMax),
    "the one that was called longest ago begins anew",
  ],
  ["what the host keeps for a plugin during a call", bytes(hostBytesMax), "the call fails, `host-memory`"],
  [
    "a plugin that fails",
    `${count(failuresMax)} times in a row`,
    `isn't called for ${time(openMs)}, then twice as long each time, ${time(openMsMax)} at most`,
  ],
  ["`config.yaml`", bytes(configBytesMax), "refused; the old one stays in force"],
];

/** The table of `docs/limits.md`. */
export function limitsTable(): string {
  const rows = limits.map(([what, limit, beyond]) => `| ${what} | ${limit} | ${beyond} |`);
  return ["| what | limit | beyond it |", "|---|---|---|", ...rows, ""].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function bytes(value: number): string {
  return value % 1024 === 0 ? `${count(value / 1024)} KiB` : `${count(value / 1_000)} KB`;
}

function time(ms: number): string {
  const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]] as const;
  const [name, length] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ["millisecond", 1];
  return `${count(ms / length)} ${name}${ms === length ? "" : "s"}`;
}
