import { Refusal } from "./methods.ts";
import type { Json } from "./world.ts";

interface Waiting {
  readonly json: Json;
  readonly id: number;
  /** Which updates are told in turn: those of one chat. */
  readonly chatId: number;
  /** Shown again although it was confirmed: what a platform does that lost the confirmation. */
  readonly isCopy: boolean;
}

interface Webhook {
  readonly url: string;
  readonly secret?: string;
  readonly connectionsMax: number;
}

/** How a push went: the answer's status; 0 where there was none. */
export interface Push {
  readonly updateId: number;
  readonly status: number;
}

/** How often a push that failed is tried again, at first; twice as long each time. */
const pushBackoffMs = 100;
const pushBackoffMsMax = 5_000;
const pushMsMax = 10_000;

/**
 * What people did and the bot wasn't told yet: asked for by long polling, or pushed to a webhook.
 * Source: https://core.telegram.org/bots/api#getting-updates
 */
export class Updates {
  #nextId = 1_000;
  #waiting: Waiting[] = [];
  #poll: ((reason: "new" | "other poll" | "webhook") => void) | undefined;
  #webhook: Webhook | undefined;
  readonly #pushing = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  #lastError: string | undefined;
  #lastErrorSeconds = 0;
  readonly pushes: Push[] = [];
  /** Of each update that was confirmed, this share is told once more. */
  copies = 0;
  /** Each answer's updates stand in any order. */
  shuffled = false;

  constructor(readonly random: () => number, readonly nowMs: () => number) {}

  /** Puts an update into the queue; returns its id. */
  push(kind: string, chatId: number, json: Json): number {
    const id = this.#nextId++;
    this.#waiting.push({ id, chatId, json: { update_id: id, [kind]: json }, isCopy: false });
    if (this.#webhook === undefined) this.#poll?.("new");
    else this.#pushChat(chatId, this.#webhook);
    return id;
  }

  /** The id of the newest. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /** True until it is confirmed. */
  isWaiting(id: number): boolean {
    return this.#waiting.some((update) => update.id === id && !update.isCopy);
  }

  /** How many aren't confirmed. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets the poll that waits look again at whether it may. */
  wake(): void {
    this.#poll?.("new");
  }

  async poll(payload: Json, left: AbortSignal): Promise<readonly Json[]> {
    if (this.#webhook !== undefined) {
      throw new Refusal(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
      );
    }
    this.#poll?.("other poll");
    const offset = Number(payload.offset ?? 0);
    const limit = Math.min(100, Math.max(1, Number(payload.limit ?? 100)));
    const timeoutMs = Number(payload.timeout ?? 0) * 1_000;
    const isConfirmed = ({ id, isCopy }: Waiting) => !isCopy && id < offset;
    const confirmed = this.#waiting.filter(isConfirmed);
    this.#waiting = this.#waiting.filter((update) => !isConfirmed(update));
    for (const update of confirmed) {
      if (this.random() < this.copies) this.#waiting.push({ ...update, isCopy: true });
    }
    if (this.#waiting.length === 0 && timeoutMs > 0) {
      const reason = await new Promise<string>((resolve) => {
        const timer = setTimeout(() => resolve("timeout"), timeoutMs);
        const done = (reason: string) => {
          clearTimeout(timer);
          left.removeEventListener("abort", leave);
          if (this.#poll === done) this.#poll = undefined;
          resolve(reason);
        };
        const leave = () => done("left");
        left.addEventListener("abort", leave, { once: true });
        this.#poll = done;
      });
      if (reason === "other poll" || reason === "webhook") {
        throw new Refusal(
          409,
          reason === "webhook"
            ? "Conflict: terminated by setWebhook request"
            : "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        );
      }
    }
    const told = this.#waiting.slice(0, limit);
    this.#waiting = [...told.filter(({ isCopy }) => !isCopy), ...this.#waiting.slice(limit)];
    const order = this.shuffled
      ? told.map((update) => ({ update, at: this.random() })).sort((a, b) => a.at - b.at).map(({ update }) => update)
      : told;
    return order.map(({ json }) => json);
  }

  setWebhook(payload: Json): void {
    const { url, secret_token: secret, max_connections: connectionsMax = 40, drop_pending_updates: drop } = payload;
    if (typeof url !== "string" || !/^https:\/\/|^http:\/\/127\.0\.0\.1:/.test(url)) {
      // The real one takes https only; loopback is for tests.
      throw new Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook");
    }
    if (secret !== undefined && !/^[A-Za-z0-9_-]{1,256}$/.test(String(secret))) {
      throw new Refusal(400, "Bad Request: secret token contains unallowed characters");
    }
    if (drop === true) this.#waiting = [];
    this.#poll?.("webhook");
    const webhook = {
      url,
      connectionsMax: Number(connectionsMax),
      ...(secret === undefined ? {} : { secret: String(secret) }),
    };
    this.#webhook = webhook;
    for (const chatId of new Set(this.#waiting.map(({ chatId }) => chatId))) this.#pushChat(chatId, webhook);
  }

  deleteWebhook(payload: Json): void {
    this.#webhook = undefined;
    if (payload.drop_pending_updates === true) this.#waiting = [];
  }

  webhookInfo(): Json {
    return {
      url: this.#webhook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: this.#waiting.length,
      ...(this.#lastError === undefined
        ? {}
        : { last_error_date: this.#lastErrorSeconds, last_error_message: this.#lastError }),
    };
  }

  /** Pushes what waits of one chat, one after the other; chats beside each other. */
  #pushChat(chatId: number, webhook: Webhook): void {
    if (this.#pushing.has(chatId) || this.#pushing.size >= webhook.connectionsMax) return;
    const pushing = this.#pushAll(chatId, webhook).finally(() => {
      this.#pushing.delete(chatId);
      const next = this.#waiting.find(({ chatId }) => !this.#pushing.has(chatId));
      // Which may have been set anew meanwhile.
      if (next !== undefined && this.#webhook !== undefined) this.#pushChat(next.chatId, this.#webhook);
    });
    this.#pushing.set(chatId, pushing);
  }

  async #pushAll(chatId: number, webhook: Webhook): Promise<void> {
    for (let failures = 0; this.#webhook === webhook && !this.#closing.signal.aborted;) {
      const next = this.#waiting.find((update) => update.chatId === chatId);
      if (next === undefined) return;
      const status = await this.#pushOne(next, webhook);
      this.pushes.push({ updateId: next.id, status });
      if (status >= 200 && status < 300) {
        failures = 0;
        const again = !next.isCopy && this.random() < this.copies;
        this.#waiting = this.#waiting.filter((update) => update !== next);
        if (again) this.#waiting.push({ ...next, isCopy: true });
        continue;
      }
      this.#lastErrorSeconds = Math.floor(this.nowMs() / 1_000);
      this.#lastError = status === 0 ? "Connection refused" : `Wrong response from the webhook: ${status}`;
      const waitMs = Math.min(pushBackoffMsMax, pushBackoffMs * 2 ** failures++);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#closing.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  async #pushOne({ json }: Waiting, { url, secret }: Webhook): Promise<number> {
    try {
      const response = await fetch(url, {
        method: "POST",
        body: JSON.stringify(json),
        headers: {
          "content-type": "application/json",
          ...(secret === undefined ? {} : { "x-telegram-bot-api-secret-token": secret }),
        },
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(pushMsMax)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#webhook = undefined;
    this.#poll?.("new");
    await Promise.all(this.#pushing.values());
  }
}
