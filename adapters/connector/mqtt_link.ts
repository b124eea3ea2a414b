import type { MqttClient } from "mqtt";
import { brokerStream } from "./mqtt_stream.ts";
import { connectTo } from "./tcp.ts";

/** Who connects, and where. */
export interface BrokerLogin {
  readonly address: string;
  readonly tls: boolean;
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** Why something didn't come to its end. `hasLeft`: its bytes may have reached the broker. */
export type BrokerLoss = Loss & { readonly hasLeft: boolean };

type Loss = { readonly kind: "refused"; readonly reason: string } | { readonly kind: "lost"; readonly reason: string };

/** What a topic says from a moment on. */
interface Watch {
  /** What was said last. */
  last: Uint8Array | undefined;
  readonly next: Set<(payload: Uint8Array) => void>;
}

/** One connection to a broker. It ends for good with the first thing that goes wrong: nothing is ever sent again. */
export class BrokerLink {
  readonly #client: MqttClient;
  readonly #watched = new Map<string, Set<Watch>>();
  /** Aborted when it ended. */
  readonly #ended = new AbortController();
  #loss: Loss = { kind: "lost", reason: "it closed the connection" };

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("message", (topic, payload) => {
      for (const watch of this.#watched.get(topic) ?? []) {
        watch.last = payload;
        for (const next of watch.next) next(payload);
      }
    });
    client.on("error", (error) => this.#end(lossOf(error)));
    client.on("close", () => this.#end(this.#loss));
  }

  /** Connects and logs in. Abort of `signal`, which is also the deadline, gives it up. */
  static async open(login: BrokerLogin, signal: AbortSignal): Promise<BrokerLink | BrokerLoss> {
    const connected = await connectTo(login, signal);
    if (connected.kind === "unreachable") return { kind: "lost", hasLeft: false, reason: connected.reason };
    const { default: mqtt } = await import("mqtt");
    const stream = () => brokerStream(connected.connection, (reason) => link.#end({ kind: "lost", reason }));
    const client = new mqtt.MqttClient(stream, {
      protocolVersion: 4,
      clientId: login.clientId,
      clean: true,
      ...(login.user === undefined ? {} : { username: login.user }),
      ...(login.password === undefined ? {} : { password: login.password }),
      keepalive: 15,
      // A write is made once or not at all: this connection ends with its first failure, and takes nothing along.
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      // Deadlines are the caller's; a worker for timers would be another thread.
      connectTimeout: 60_000,
      timerVariant: "native",
    });
    const link: BrokerLink = new BrokerLink(client);
    const loggedIn = Promise.withResolvers<void>();
    client.once("connect", () => loggedIn.resolve());
    const outcome = await link.#until(loggedIn.promise, signal, false);
    if (outcome === undefined) return link;
    link.close();
    return outcome;
  }

  get isOpen(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** Aborts when it ends. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Subscribes anew, which makes the broker say again what it has retained, and hears the topic from then on, until
   * `stop`.
   */
  async watch(topic: string, signal: AbortSignal): Promise<TopicWatch | BrokerLoss> {
    const watch: Watch = { last: undefined, next: new Set() };
    const watches = this.#watched.get(topic) ?? new Set();
    this.#watched.set(topic, watches.add(watch));
    const stop = () => {
      watches.delete(watch);
      if (watches.size > 0 || this.#watched.get(topic) !== watches) return;
      this.#watched.delete(topic);
      if (this.isOpen) this.#client.unsubscribe(topic, () => {});
    };
    const subscribe = (signal: AbortSignal) =>
      this.#until(
        this.#client.subscribeAsync(topic, { qos: 1 }).then(
          () => undefined,
          (): BrokerLoss => ({ kind: "refused", hasLeft: false, reason: `the broker refuses ${topic}` }),
        ),
        signal,
        false,
      );
    const problem = await subscribe(signal);
    if (problem !== undefined) {
      stop();
      return problem;
    }
    const next = async (signal: AbortSignal) => {
      if (watch.last !== undefined) return watch.last;
      const heard = Promise.withResolvers<Uint8Array>();
      watch.next.add(heard.resolve);
      try {
        return await this.#until(heard.promise, signal, false);
      } finally {
        watch.next.delete(heard.resolve);
      }
    };
    return {
      kind: "watching",
      next,
      // What the broker passed on before it acknowledges this is here by then: it keeps the order of a connection.
      again: async (signal) => await subscribe(signal) ?? await next(signal),
      stop,
    };
  }

  /** Publishes once, with the broker's acknowledgement. Nothing is returned when it came. */
  async publish(
    topic: string,
    payload: string,
    { retain }: { readonly retain: boolean },
    signal: AbortSignal,
  ): Promise<BrokerLoss | undefined> {
    if (!this.isOpen || signal.aborted) return { ...this.#loss, hasLeft: false };
    const acknowledged = this.#client.publishAsync(topic, payload, { qos: 1, retain }).then(
      () => undefined,
      (): BrokerLoss => ({ kind: "lost", hasLeft: true, reason: "the broker didn't acknowledge it" }),
    );
    return await this.#until(acknowledged, signal, true);
  }

  close(): void {
    this.#end({ kind: "lost", reason: "the connection was closed" });
  }

  #end(loss: Loss): void {
    if (!this.isOpen) return;
    this.#loss = loss;
    this.#ended.abort();
    this.#client.end(true);
  }

  /** Waits for the broker; what ends first decides. */
  async #until<T>(answer: Promise<T>, signal: AbortSignal, hasLeft: boolean): Promise<T | BrokerLoss> {
    const either = AbortSignal.any([signal, this.#ended.signal]);
    const ended = Promise.withResolvers<BrokerLoss>();
    const late = { kind: "lost", reason: "it didn't answer in time" } as const;
    const end = () => ended.resolve({ ...this.isOpen ? late : this.#loss, hasLeft });
    if (either.aborted) end();
    else either.addEventListener("abort", end, { once: true });
    try {
      return await Promise.race([answer, ended.promise]);
    } finally {
      either.removeEventListener("abort", end);
    }
  }
}

/** A topic that is heard. */
export interface TopicWatch {
  readonly kind: "watching";
  /** What was said last since, as far as it is here, or what is said next. */
  next(signal: AbortSignal): Promise<Uint8Array | BrokerLoss>;
  /** The same, but asks the broker first, so that nothing that it had before this is still on its way. */
  again(signal: AbortSignal): Promise<Uint8Array | BrokerLoss>;
  stop(): void;
}

/** Source: MQTT 3.1.1, section 3.2.2.3. The library's own messages may quote what it was given. */
const refusals: Readonly<Record<number, string>> = {
  1: "the broker doesn't speak MQTT 3.1.1",
  2: "the broker refuses this client's name",
  3: "the broker isn't ready",
  4: "the broker refuses this user, or its password",
  5: "the broker refuses this user, or its password",
};

function lossOf(error: Error): Loss {
  const code = "code" in error ? error.code : undefined;
  if (typeof code !== "number") return { kind: "lost", reason: "what it sent isn't MQTT" };
  return { kind: "refused", reason: refusals[code] ?? `the broker refuses (code ${code})` };
}
