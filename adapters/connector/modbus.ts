import { createLeases } from "../../core/leases.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ReachedDevice, TagRead, TagWritten } from "../../core/ports/connector.ts";
import type { Random } from "../../core/ports/random.ts";
import type { ModbusTag } from "../../schema/devices.ts";
import { deadline } from "./deadline.ts";
import type { DeviceDriver } from "./driver.ts";
import { type LinkAnswer, ModbusLink } from "./modbus_link.ts";
import { type Pdu, readAnswer, readRequest, writeAnswer, writeRequests } from "./modbus_pdu.ts";
import { lostSinceWritten, Unverified } from "./unverified.ts";

/** How many wait to ask one address: it is asked one thing at a time. */
const waitingMax = 64;
/** A connection that nothing was asked over for this time is closed: devices have room for few. */
const idleMsMax = 10_000;

type ModbusDevice = Extract<ReachedDevice, { kind: "modbus" }>;

/** A connection, and when it is closed for want of questions. */
interface Kept {
  readonly link: ModbusLink;
  idle: AbortController;
}

/** Modbus TCP. One connection an address, also for several units behind a gateway, and one question over it at a time. */
export function createModbusDriver(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DeviceDriver {
  const leases = createLeases({ clock, waitMsMax: 60_000, waitingMax });
  const links = new Map<string, Kept>();
  const unverified = new Unverified<ModbusLink>(clock);

  /** Asks in turn. The wait, and then connecting and asking together, are bounded by the device's own time. */
  async function exchange<T>(
    device: ModbusDevice,
    signal: AbortSignal,
    talk: (ask: (pdu: Pdu) => Promise<LinkAnswer & { readonly link?: ModbusLink }>) => Promise<T>,
  ): Promise<T | { readonly kind: "unreachable"; readonly reason: string }> {
    const wait = deadline(clock, device.timeoutMs, signal);
    const held = await leases.hold(device.address, async () => {
      wait.stop();
      const within = deadline(clock, device.timeoutMs, signal);
      try {
        return await talk((pdu) => ask(device, pdu, within.signal));
      } finally {
        within.stop();
        const kept = links.get(device.address);
        if (kept !== undefined) closeWhenIdle(device.address, kept);
      }
    }, wait.signal);
    wait.stop();
    if (held.kind === "held") return held.result;
    return { kind: "unreachable", reason: signal.aborted ? "cancelled" : "it is busy with other questions" };
  }

  /** Over the connection that is there, else over a new one. */
  async function ask(
    device: ModbusDevice,
    pdu: Pdu,
    signal: AbortSignal,
  ): Promise<LinkAnswer & { readonly link?: ModbusLink }> {
    const kept = links.get(device.address);
    kept?.idle.abort();
    let link = kept?.link;
    if (link?.isOpen !== true) {
      links.delete(device.address);
      const [high = 0, low = 0] = random.bytes(2);
      const opened = await ModbusLink.open(device.address, high << 8 | low, signal);
      if ("kind" in opened) return { kind: "lost", hasLeft: false, reason: opened.reason };
      link = opened;
      links.set(device.address, { link, idle: new AbortController() });
    }
    return { ...await link.ask(device.unit, pdu, signal), link };
  }

  function closeWhenIdle(address: string, kept: Kept): void {
    kept.idle.abort();
    kept.idle = new AbortController();
    const { signal } = kept.idle;
    void clock.sleep(idleMsMax, signal).then(() => {
      if (signal.aborted) return;
      kept.link.close();
      if (links.get(address) === kept) links.delete(address);
    });
  }

  return {
    async read(device, tagName, signal) {
      const tag = modbusTag(device, tagName);
      if (tag === undefined) return { kind: "refused", reason: `there is no Modbus tag ${tagName}` };
      const key = keyOf(device as ModbusDevice, tag);
      return await exchange(device as ModbusDevice, signal, async (ask): Promise<TagRead> => {
        if (unverified.linkFor(key) === "lost") return lostSinceWritten;
        const answer = await ask(readRequest(tag));
        if (answer.kind === "lost") return { kind: "unreachable", reason: answer.reason };
        const read = readAnswer(tag, answer.pdu);
        if (read !== undefined) return read;
        answer.link?.close();
        return { kind: "unreachable", reason: "what it answered isn't an answer to that" };
      });
    },
    async write(device, tagName, value, signal) {
      const tag = modbusTag(device, tagName);
      if (tag === undefined) return { kind: "refused", reason: `there is no Modbus tag ${tagName}` };
      const written = writeRequests(tag, value);
      if (written.kind === "refused") return written;
      return await exchange(device as ModbusDevice, signal, async (ask): Promise<TagWritten> => {
        let untried = "it doesn't know this function";
        for (const wanted of written.requests) {
          const answer = await ask(wanted.request);
          if (answer.kind === "lost") {
            return { kind: answer.hasLeft ? "unknown" : "unreachable", reason: answer.reason };
          }
          const outcome = writeAnswer(wanted, answer.pdu);
          if (outcome === undefined) {
            answer.link?.close();
            return { kind: "unknown", reason: "what it answered isn't an answer to that" };
          }
          if (outcome.kind === "written" && answer.link !== undefined) {
            unverified.wrote(keyOf(device as ModbusDevice, tag), answer.link, device.timeoutMs);
          }
          if (outcome.kind !== "untried") return outcome;
          untried = outcome.reason;
        }
        return { kind: "refused", reason: untried };
      });
    },
    close() {
      for (const { link, idle } of links.values()) {
        idle.abort();
        link.close();
      }
      links.clear();
    },
  };
}

function modbusTag(device: ReachedDevice, name: string): ModbusTag | undefined {
  return device.kind === "modbus" && Object.hasOwn(device.tags, name) ? device.tags[name] : undefined;
}

function keyOf({ address, unit }: ModbusDevice, { table, register }: ModbusTag): string {
  return `${address} ${unit} ${table} ${register}`;
}
