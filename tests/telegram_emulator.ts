/**
 * Telegram's Bot API on loopback, as its documentation says, with people who write to the bot, a record of all that
 * the bot told it, and faults by switches. Source: https://core.telegram.org/bots/api
 *
 *   deno run -A tests/telegram_emulator.ts [--port PORT] [--token TOKEN]
 *
 * As a process of its own it reads lines like `Anna: hello` from stdin, and prints what the bot says to whom.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { type FaultKind, Faults } from "./telegram/faults.ts";
import { parseMultipart } from "./telegram/multipart.ts";
import { type Done, methods, Refusal, type SentFile } from "./telegram/methods.ts";
import { Person } from "./telegram/people.ts";
import { RateKeeper, type Rates } from "./telegram/rates.ts";
import { Updates } from "./telegram/updates.ts";
import { type Account, type Chat, type Json, type ShownMessage, World } from "./telegram/world.ts";

export type { Fault } from "./telegram/faults.ts";
export type { Person, PersonFile, Writing } from "./telegram/people.ts";
export { publishedRates, type Rates } from "./telegram/rates.ts";
export type { Chat, ShownMessage } from "./telegram/world.ts";

/** One call that reached the platform, in the order of their coming. Polls aren't among them. */
export interface Told {
  readonly atMs: number;
  readonly method: string;
  readonly chatId?: number;
  readonly payload: Json;
  /** The answer's status, whether or not it reached the caller. 0: none was meant. */
  readonly status: number;
  /** It took effect. */
  readonly taken: boolean;
  /** The whole answer left. */
  readonly answered: boolean;
  /** The message that it made or changed, as it was then. */
  readonly message?: ShownMessage;
}

/** How an emulator is started. */
export interface EmulatorOptions {
  readonly token?: string;
  /** Absent: a free one. */
  readonly port?: number;
  readonly username?: string;
  /** Kept with 429. Absent: anything is borne. */
  readonly rates?: Rates;
  /** Chance for faults, copies and orders; `Math.random` unless a seed is wanted. */
  readonly random?: () => number;
  /** What calls are timed by, and rates kept by. Absent: the system's clock. */
  readonly nowMs?: () => number;
}

/** Long enough for a slow machine, short enough to fail a test that waits in vain. */
const waitMsMax = 30_000;

/** One bot's platform. */
export class TelegramEmulator implements AsyncDisposable {
  readonly world: World;
  readonly updates: Updates;
  readonly faults: Faults;
  readonly told: Told[] = [];
  token: string;
  #port = 0;
  #server: Server | undefined;
  #rates: RateKeeper | undefined;
  readonly #nowMs: () => number;
  #nextPerson = 4_711;
  #nextGroup = 1_000_001;
  readonly #watchers = new Set<() => void>();
  /** How many polls came, whatever became of them. */
  polls = 0;

  private constructor(
    { token, username = "plant_bot", rates, random = Math.random, nowMs = Date.now }: EmulatorOptions,
  ) {
    this.#nowMs = nowMs;
    this.token = token ?? "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
    this.world = new World({ id: 110_201_543, is_bot: true, first_name: "Plant", username });
    this.updates = new Updates(random, nowMs);
    this.faults = new Faults(random);
    this.rates = rates;
  }

  /** Starts one; it takes calls when this resolves. */
  static async start(options: EmulatorOptions = {}): Promise<TelegramEmulator> {
    const emulator = new TelegramEmulator(options);
    await emulator.accept(options.port);
    return emulator;
  }

  /** What a bot is configured with as `api_root`. */
  get apiRoot(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get username(): string {
    return this.world.bot.username!;
  }

  /** Absent: anything is borne. */
  set rates(rates: Rates | undefined) {
    this.#rates = rates === undefined ? undefined : new RateKeeper(rates);
  }

  /** Takes connections, at the port that it had before. */
  async accept(port = this.#port): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => void this.#serve(request, response));
    server.keepAliveTimeout = 60_000;
    for (const endMs = Date.now() + waitMsMax;;) {
      const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
        server.once("error", resolve);
        server.listen(port, "127.0.0.1", () => resolve(undefined));
      });
      if (error === undefined) break;
      // While it refused, the system may have lent its port to somebody's connection.
      if (error.code !== "EADDRINUSE" || Date.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Refuses connections, and cuts those that are there. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** Gives the bot another token: the old one is 401 from now on. */
  revokeToken(token = `${this.world.bot.id}:revoked-${this.told.length}`): void {
    this.token = token;
    this.updates.wake();
  }

  /** A person; their private chat is empty. */
  person(account: string | Partial<Account>): Person {
    const id = this.#nextPerson++;
    const given = typeof account === "string" ? { first_name: account } : account;
    const full: Account = { id, first_name: `Person ${id}`, language_code: "en", ...given };
    this.world.accounts.set(full.id, full);
    return new Person(full, this.world.addChat({ id: full.id, type: "private" }), this.world, this.updates);
  }

  /** A group that the bot is a member of. */
  group(title: string, { forum = false }: { readonly forum?: boolean } = {}): Chat {
    return this.world.addChat({
      id: -(1_000_000_000_000 + this.#nextGroup++),
      type: "supergroup",
      title,
      isForum: forum,
    });
  }

  /** A group becomes a larger one, with another id: so it is when its history is made visible to newcomers. */
  upgrade(group: Chat): Chat {
    const larger = this.group(group.title ?? "");
    group.movedTo = larger.id;
    return larger;
  }

  /** What a chat shows now, oldest first. */
  messages({ id }: { readonly id: number }): ShownMessage[] {
    return [...this.world.chats.get(id)?.messages.values() ?? []];
  }

  /** What the bot says in a chat, as it is shown now, oldest first. */
  said(chat: { readonly id: number }): ShownMessage[] {
    return this.messages(chat).filter(({ fromBot }) => fromBot);
  }

  /** Calls that concern a chat, in order. */
  toldIn({ id }: { readonly id: number }): Told[] {
    return this.told.filter(({ chatId }) => chatId === id);
  }

  /** Resolves with the first value that isn't `undefined`; looks again after each call. Rejects after 30 s. */
  async until<R>(look: () => R | undefined, what = `${look}`, timeoutMs = waitMsMax): Promise<R> {
    for (const endMs = Date.now() + timeoutMs;;) {
      const found = look();
      if (found !== undefined) return found;
      const leftMs = endMs - Date.now();
      if (leftMs <= 0) throw new Error(`The platform waited ${timeoutMs} ms in vain: ${what}`);
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.#watchers.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(leftMs, 100));
        this.#watchers.add(done);
      });
    }
  }

  /** Resolves with the bot's message that matches, as it is shown then. */
  untilSaid(chat: { readonly id: number }, pattern: RegExp, timeoutMs?: number): Promise<ShownMessage> {
    return this.until(
      () => this.said(chat).find(({ text }) => pattern.test(text)),
      `${pattern} in chat ${chat.id}; said: ${JSON.stringify(this.said(chat).map(({ text }) => text))}`,
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.refuse(), this.updates.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    response.on("error", () => {});
    const left = new AbortController();
    response.on("close", () => left.abort());
    try {
      await this.#answer(request, response, left.signal);
    } catch (error) {
      // A caller that left in the middle of its request; anything else is a bug of the emulator's.
      const hasLeft = left.signal.aborted || (error as { code?: string }).code === "ECONNRESET";
      if (!hasLeft) console.error("telegram emulator:", error);
      response.socket?.destroy();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, left: AbortSignal): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", this.apiRoot).pathname);
    const [, isFile, token, rest] = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(path) ?? [];
    if (rest === undefined) return answerJson(response, 404, { ok: false, error_code: 404, description: "Not Found" });
    const method = isFile === undefined ? rest : "file";
    const { payload, files } = isFile === undefined ? await bodyOf(request) : nothingSent;
    const chatId = payload.chat_id === undefined ? undefined : Number(payload.chat_id);
    if (method === "getUpdates") this.polls++;
    const fault = this.faults.next(method, chatId);
    const note = (more: Pick<Told, "status" | "taken" | "answered"> & Pick<Partial<Told>, "message">) => {
      if (method !== "getUpdates") {
        this.told.push({ atMs: this.#nowMs(), method, ...(chatId === undefined ? {} : { chatId }), payload, ...more });
      }
      for (const watcher of [...this.#watchers]) watcher();
    };

    if (fault?.kind === "silence") {
      note({ status: 0, taken: false, answered: false });
      return; // Until the caller leaves.
    }
    if (fault?.kind === "cut" && !fault.taken) {
      note({ status: 0, taken: false, answered: false });
      return cut(response, fault.shown, { ok: false });
    }
    if (fault?.kind === "gateway") {
      note({ status: fault.code, taken: false, answered: true });
      response.writeHead(fault.code, { "content-type": "text/html" });
      return void response.end(`<html><head><title>${fault.code} Bad Gateway</title></head></html>`);
    }
    if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.ms));

    if (isFile !== undefined) return this.#download(token!, rest, response, fault, note);
    let message: ShownMessage | undefined;
    let answer: { readonly status: number; readonly body: Json };
    try {
      if (token !== this.token) throw new Refusal(401, "Unauthorized");
      if (fault?.kind === "retry") throw tooMany(fault.afterSeconds);
      if (fault?.kind === "error") throw new Refusal(fault.code, fault.description);
      const result = method === "getUpdates"
        ? await this.updates.poll(payload, left)
        : this.#call(method, payload, files, (done) => message = done.message);
      // The token may have been revoked meanwhile.
      if (token !== this.token) throw new Refusal(401, "Unauthorized");
      answer = { status: 200, body: { ok: true, result } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message: description, parameters } = error;
      answer = { status: code, body: { ok: false, error_code: code, description, ...(parameters && { parameters }) } };
    }
    const isCut = fault?.kind === "cut";
    note({
      status: answer.status,
      taken: answer.status === 200,
      answered: !isCut,
      ...(message === undefined ? {} : { message }),
    });
    if (isCut) return cut(response, fault.shown, answer.body);
    answerJson(response, answer.status, answer.body);
  }

  #call(method: string, payload: Json, files: ReadonlyMap<string, SentFile>, done: (done: Done) => void): unknown {
    switch (method) {
      case "setWebhook":
        this.updates.setWebhook(payload);
        return true;
      case "deleteWebhook":
        this.updates.deleteWebhook(payload);
        return true;
      case "getWebhookInfo":
        return this.updates.webhookInfo();
    }
    if (!Object.hasOwn(methods, method)) throw new Refusal(404, "Not Found: method not found");
    if (/^(?:sendMessage|sendDocument|sendPhoto|editMessageText)$/.test(method)) {
      const waitSeconds = this.#rates?.take(Number(payload.chat_id), this.#nowMs());
      if (waitSeconds !== undefined) throw tooMany(waitSeconds);
    }
    const made = methods[method]!({ world: this.world, payload, files });
    done(made);
    return made.result;
  }

  #download(
    token: string,
    path: string,
    response: ServerResponse,
    fault: FaultKind | undefined,
    note: (more: Pick<Told, "status" | "taken" | "answered">) => void,
  ): void {
    const file = [...this.world.files.values()].find((file) => file.path === path);
    const status = token !== this.token ? 401 : file === undefined ? 404 : 200;
    const isCut = fault?.kind === "cut";
    note({ status, taken: status === 200, answered: !isCut });
    if (file === undefined || status !== 200) {
      return answerJson(response, status, { ok: false, error_code: status, description: "Not Found" });
    }
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": `${file.bytes.length}` });
    if (!isCut) return void response.end(file.bytes);
    response.write(file.bytes.subarray(0, file.bytes.length >> 1));
    setTimeout(() => response.socket?.destroy(), 5);
  }
}

function tooMany(seconds: number): Refusal {
  return new Refusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
}

function answerJson(response: ServerResponse, status: number, body: Json): void {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  response.writeHead(status, { "content-type": "application/json", "content-length": `${bytes.length}` });
  response.end(bytes);
}

/** Breaks the connection in the middle of an answer. */
function cut(response: ServerResponse, shown: "nothing" | "headers" | "half", body: Json): void {
  if (shown === "nothing") return void response.socket?.destroy();
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  response.writeHead(200, { "content-type": "application/json", "content-length": `${bytes.length}` });
  if (shown === "headers") response.flushHeaders();
  else response.write(bytes.subarray(0, bytes.length >> 1));
  setTimeout(() => response.socket?.destroy(), 5);
}

interface Body {
  readonly payload: Json;
  readonly files: ReadonlyMap<string, SentFile>;
}

const nothingSent: Body = { payload: {}, files: new Map() };

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const type = request.headers["content-type"] ?? "";
  const body = await new Response(Readable.toWeb(request) as ReadableStream<Uint8Array>).bytes();
  const files = new Map<string, SentFile>();
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/.exec(type)?.[1];
  const text = () => new TextDecoder().decode(body);
  if (boundary === undefined) {
    if (type.startsWith("application/x-www-form-urlencoded")) {
      return { payload: Object.fromEntries(new URLSearchParams(text())), files };
    }
    return { payload: body.length === 0 ? {} : JSON.parse(text()), files };
  }
  const payload: Record<string, unknown> = {};
  for (const { name, fileName, mediaType, bytes } of parseMultipart(body, boundary)) {
    if (fileName === undefined) payload[name] = new TextDecoder().decode(bytes);
    else files.set(name, { name: fileName, mediaType, bytes });
  }
  return { payload, files };
}

if (import.meta.main) {
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({ options: { port: { type: "string" }, token: { type: "string" } } });
  const emulator = await TelegramEmulator.start({
    ...(values.token === undefined ? {} : { token: values.token }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
  });
  console.log(`api_root: ${emulator.apiRoot}\ntoken: ${emulator.token}`);
  const people = new Map<string, Person>();
  const shown = new Map<string, string>();
  const show = () => {
    for (const [name, person] of people) {
      for (const { id, text } of emulator.said(person)) {
        const key = `${name} ${id}`;
        if (shown.get(key) === text) continue;
        console.log(`${shown.has(key) ? "changed for" : "to"} ${name}: ${text}`);
        shown.set(key, text);
      }
    }
  };
  const ended = new AbortController();
  const showing = emulator.until(
    () => {
      show();
      return ended.signal.aborted ? true : undefined;
    },
    "",
    Infinity,
  );
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const piece of lines) {
    const parts = (rest + piece).split("\n");
    rest = parts.pop()!;
    for (const line of parts) {
      const [, name, text] = /^([^:]+): ?(.+)$/.exec(line) ?? [];
      if (name === undefined || text === undefined) continue;
      const person = people.get(name) ?? emulator.person(name);
      people.set(name, person);
      person.write(text);
    }
  }
  ended.abort();
  await showing;
  await emulator.close();
}
