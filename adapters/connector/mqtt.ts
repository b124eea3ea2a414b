import type { TagValue } from "../../core/devices.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ReachedDevice, TagRead, TagWritten } from "../../core/ports/connector.ts";
import type { Random } from "../../core/ports/random.ts";
import type { MqttTag } from "../../schema/devices.ts";
import { deadline } from "./deadline.ts";
import type { DeviceDriver } from "./driver.ts";
import { BrokerLink, type BrokerLoss, type TopicWatch } from "./mqtt_link.ts";
import { readPayload, writePayload } from "./mqtt_payload.ts";
import { lostSinceWritten, Unverified } from "./unverified.ts";

/** A connection that nothing was asked over for this time is closed. */
const idleMsMax = 10_000;

type MqttDevice = Extract<ReachedDevice, { kind: "mqtt" }>;

/** The connection of one device. */
interface Kept {
  readonly link: BrokerLink;
  underWay: number;
  idle: AbortController;
  /** Topics that are heard since something was written, for as long as it is read back. */
  readonly heard: Map<string, TopicWatch>;
}

/**
 * Topics of an MQTT broker, by MQTT 3.1.1 and quality of service 1. A reading is what the broker has retained, or what is
 * said next. What is written to a tag without a topic of its own for that is retained; what is ordered on another topic
 * isn't, since a device that comes back must not be ordered again. After a write its topic is heard on, so that what the
 * device says to it isn't missed.
 */
export function createMqttDriver({ clock, random }: { readonly clock: Clock; readonly random: Random }): DeviceDriver {
  const opening = new Map<string, Promise<Kept | BrokerLoss>>();
  const unverified = new Unverified<BrokerLink>(clock);

  async function open(device: MqttDevice, signal: AbortSignal): Promise<Kept | BrokerLoss> {
    const { address, tls, user, passwordText: password } = device;
    const clientId = `clawdbot-${[...random.bytes(6)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    const link = await BrokerLink.open({ address, tls, clientId, user, password }, signal);
    if (!(link instanceof BrokerLink)) return link;
    return { link, underWay: 0, idle: new AbortController(), heard: new Map() };
  }

  /** The connection that is there, else a new one, which others of this device wait for as well. */
  async function linkTo(device: MqttDevice, signal: AbortSignal): Promise<Kept | BrokerLoss> {
    const key = loginKey(device);
    const there = await opening.get(key);
    if (there !== undefined && "link" in there && there.link.isOpen) return there;
    if (signal.aborted) return { kind: "lost", hasLeft: false, reason: "it didn't answer in time" };
    const opened = open(device, signal);
    opening.set(key, opened);
    const kept = await opened;
    if (!("link" in kept) && opening.get(key) === opened) opening.delete(key);
    return kept;
  }

  async function over<T>(
    device: MqttDevice,
    signal: AbortSignal,
    talk: (kept: Kept, signal: AbortSignal) => Promise<T>,
  ): Promise<T | BrokerLoss> {
    const connecting = deadline(clock, device.timeoutMs, signal);
    const kept = await linkTo(device, connecting.signal).finally(connecting.stop);
    if (!("link" in kept)) return kept;
    kept.idle.abort();
    kept.underWay++;
    const within = deadline(clock, device.timeoutMs, signal);
    try {
      return await talk(kept, within.signal);
    } finally {
      within.stop();
      if (--kept.underWay === 0) closeWhenIdle(loginKey(device), kept);
    }
  }

  function closeWhenIdle(key: string, kept: Kept): void {
    kept.idle = new AbortController();
    const { signal } = kept.idle;
    void clock.sleep(kept.link.isOpen ? idleMsMax : 0, signal).then(async () => {
      if (signal.aborted) return;
      kept.link.close();
      if (await opening.get(key) === kept) opening.delete(key);
    });
  }

  async function read(device: MqttDevice, tag: MqttTag, signal: AbortSignal): Promise<TagRead> {
    const since = unverified.linkFor(keyOf(device, tag));
    if (since === "lost") return lostSinceWritten;
    const outcome = await over(device, signal, async (kept, signal): Promise<TagRead | BrokerLoss> => {
      const heard = since === kept.link ? kept.heard.get(tag.topic) : undefined;
      const watch = heard ?? await kept.link.watch(tag.topic, signal);
      if (watch.kind !== "watching") return watch;
      const said = await (heard === undefined ? watch.next(signal) : watch.again(signal));
      if (heard === undefined) watch.stop();
      if ("kind" in said) {
        return kept.link.isOpen ? { ...said, reason: `nothing is said on ${tag.topic} within its time` } : said;
      }
      return readPayload(tag, said);
    });
    if (outcome.kind === "lost") return { kind: "unreachable", reason: outcome.reason };
    return outcome.kind === "refused" ? { kind: "refused", reason: outcome.reason } : outcome;
  }

  async function write(device: MqttDevice, tag: MqttTag, value: TagValue, signal: AbortSignal): Promise<TagWritten> {
    const { topic, writeTopic } = tag;
    const outcome = await over(device, signal, async (kept, signal): Promise<TagWritten | BrokerLoss> => {
      const watch = await kept.link.watch(topic, signal);
      if (watch.kind !== "watching") return watch;
      const retain = writeTopic === undefined;
      const problem = await kept.link.publish(writeTopic ?? topic, writePayload(value), { retain }, signal);
      if (problem !== undefined) {
        watch.stop();
        return problem;
      }
      hear(kept, topic, watch, device.timeoutMs);
      unverified.wrote(keyOf(device, tag), kept.link, device.timeoutMs);
      return { kind: "written" };
    });
    if (outcome.kind === "lost") return { kind: outcome.hasLeft ? "unknown" : "unreachable", reason: outcome.reason };
    return outcome.kind === "refused" ? { kind: "refused", reason: outcome.reason } : outcome;
  }

  /** Hears a topic on for as long as what was written is read back. */
  function hear(kept: Kept, topic: string, watch: TopicWatch, ms: number): void {
    kept.heard.get(topic)?.stop();
    kept.heard.set(topic, watch);
    void clock.sleep(ms, kept.link.ended).then(() => {
      watch.stop();
      if (kept.heard.get(topic) === watch) kept.heard.delete(topic);
    });
  }

  return {
    async read(device, tagName, signal) {
      const tag = mqttTag(device, tagName);
      if (tag === undefined) return { kind: "refused", reason: `there is no MQTT tag ${tagName}` };
      return await read(device as MqttDevice, tag, signal);
    },
    async write(device, tagName, value, signal) {
      const tag = mqttTag(device, tagName);
      if (tag === undefined) return { kind: "refused", reason: `there is no MQTT tag ${tagName}` };
      return await write(device as MqttDevice, tag, value, signal);
    },
    close() {
      for (const kept of opening.values()) {
        void kept.then((kept) => {
          if (!("link" in kept)) return;
          kept.idle.abort();
          kept.link.close();
        });
      }
      opening.clear();
    },
  };
}

function mqttTag(device: ReachedDevice, name: string): MqttTag | undefined {
  return device.kind === "mqtt" && Object.hasOwn(device.tags, name) ? device.tags[name] : undefined;
}

function keyOf({ address }: MqttDevice, { topic }: MqttTag): string {
  return `${address} ${topic}`;
}

/** One connection for each login: two devices of one broker may be two users. */
function loginKey({ address, tls, user, passwordText }: MqttDevice): string {
  return JSON.stringify([address, tls, user, passwordText]);
}
