import { checkout } from "../../roles/program_here.ts";
import { linesOf } from "../lines_of.ts";
import type { FaultKind } from "./faults.ts";

/** What the platform's process is told to do. */
export type Order =
  | { readonly do: "greet" }
  /** So many more people come. */
  | { readonly do: "people"; readonly count: number }
  /** People write, each in their private chat. */
  | { readonly do: "write"; readonly messages: readonly { readonly person: number; readonly text: string }[] }
  /** It fails, refuses, cuts and falls silent at random, and tells some updates twice; or is well again. */
  | { readonly do: "trouble"; readonly on: boolean }
  /** How much the bot says in each chat, and how many updates aren't confirmed. */
  | { readonly do: "count" }
  | { readonly do: "record" }
  /** Empties all chats and records. */
  | { readonly do: "forget" };

/** What it answers. */
export interface Reply {
  readonly apiRoot?: string;
  readonly token?: string;
  readonly ids?: readonly number[];
  readonly shown?: readonly number[];
  readonly waiting?: number;
  readonly record?: Record;
}

/** All that happened on the platform. */
export interface Record {
  /** How often each kind of fault hit. */
  readonly hits: Readonly<{ [K in FaultKind["kind"]]: number }>;
  readonly chats: readonly ChatRecord[];
}

/** What happened in the chat of one person. */
export interface ChatRecord {
  /** Of the person, and so of the chat. */
  readonly id: number;
  /** What the person wrote, and when. */
  readonly written: readonly { readonly id: number; readonly atMs: number }[];
  /** As the chat shows it now, oldest first. */
  readonly messages: readonly {
    readonly id: number;
    readonly text: string;
    readonly fromBot: boolean;
    readonly edits: number;
  }[];
  /** Calls that concern it, in order: what they showed, or wanted to. */
  readonly told: readonly {
    readonly atMs: number;
    readonly method: string;
    readonly taken: boolean;
    readonly text: string;
    readonly id?: number;
  }[];
}

/** Telegram as a process of its own: it lives on while hosts die. */
export class TelegramPlatform implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();
  apiRoot = "";
  token = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#orders = child.stdin.getWriter();
    this.#replies = linesOf(child.stdout)[Symbol.asyncIterator]();
  }

  /** Starts one whose faults are drawn from a seed. */
  static async start(seed: number): Promise<TelegramPlatform> {
    const main = `${checkout}/tests/telegram/platform_main.ts`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", main, `${seed}`],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const platform = new TelegramPlatform(child);
    const { apiRoot, token } = await platform.order({ do: "greet" });
    Object.assign(platform, { apiRoot, token });
    return platform;
  }

  /** Resolves when it is done; orders are obeyed one after the other. */
  order(order: Order): Promise<Reply> {
    const reply = this.#last.then(async () => {
      await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
      const { value, done } = await this.#replies.next();
      if (done === true) throw new Error("The platform's process has ended");
      return JSON.parse(value) as Reply;
    });
    this.#last = reply.catch(() => {});
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close().catch(() => {});
    await this.#child.status;
    await this.#replies.return?.();
  }
}
