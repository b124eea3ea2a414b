import { tagOf } from "./capabilities/device.ts";
import type { ResolvedSecrets } from "./config/secrets.ts";
import type { Device, Tag, TagValue } from "./devices.ts";
import { createLeases, type LeaseOutcome } from "./leases.ts";
import type { Clock } from "./ports/clock.ts";
import type { Connector, ReachedDevice } from "./ports/connector.ts";
import type { Log } from "./ports/log.ts";
import { isSameValue, nameOf, writableValue } from "./tag_values.ts";
import type { ProposedWrite } from "./tools/types.ts";

/** Why nothing was read, or nothing proposed. `unreachable`: worth another try. */
export interface MachineRefusal {
  readonly kind: "refused" | "unreachable";
  /** One line. */
  readonly reason: string;
}

/** What a tag holds now. */
export interface MachineValue {
  readonly kind: "read";
  readonly value: TagValue;
  /** What that value is called, where it has a name. */
  readonly name?: string;
  readonly unit?: string;
}

/**
 * What became of a write. Only `done` and `different` say that something was written, and both were read back; after
 * `unknown` nobody knows; in every other case nothing was sent.
 */
export type WriteOutcome =
  | { readonly kind: "done"; readonly value: TagValue }
  /** What people approved isn't what is there any more: another value, another place, another range; or it was stopped. */
  | { readonly kind: "void"; readonly reason: string }
  /** It was written, and what was read back is something else: `value`. */
  | { readonly kind: "different"; readonly value: TagValue; readonly reason: string }
  | { readonly kind: "unknown" | "refused" | "unreachable"; readonly reason: string };

/** What keeps back a write that isn't sent yet. */
export interface HeldBack {
  /** Ends the waiting for the device, and the reading before the write. */
  readonly stop: AbortSignal;
  /** Why it isn't to be made any more, asked directly before it is sent; where this rejects, nothing is sent. */
  readonly refusal: () => Promise<string | undefined>;
}

/** The site's machines, by the names of its configuration. Never rejects. Whether somebody may is decided before. */
export interface Machines {
  read(device: string, tag: string, signal: AbortSignal): Promise<MachineValue | MachineRefusal>;
  /** Checks a value and reads the present one: what people are then asked. `value` may be a value's name. */
  propose(device: string, tag: string, value: TagValue, signal: AbortSignal): Promise<ProposedWrite | MachineRefusal>;
  /**
   * Makes one write that people approved, once: takes the device for itself, reads again, writes only if the present
   * value is still the shown one, and reads back. Abort of `signal` stops it until it was written, and not after that: what
   * it cuts while it is sent may be `unknown`. `heldBack` is looked at until it is sent.
   */
  write(proposed: ProposedWrite, signal: AbortSignal, heldBack?: HeldBack): Promise<WriteOutcome>;
  /** Stops waiting for what was written to be read back; such a write is `unknown`. */
  close(): void;
}

/** What machines need. `devices` and `secrets` are those in force at each call. */
export interface MachinesDeps {
  readonly connector: Connector;
  readonly devices: () => Readonly<Record<string, Device>>;
  readonly secrets: () => ResolvedSecrets;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a write waits for another write of the same device. */
export const leaseWaitMsMax = 30_000;
/** How many wait for one device. */
export const leaseWaitingMax = 16;
/** Between two readings of a device that doesn't show yet what was written. */
const readBackPauseMs = 100;

/** The machines of a site. */
export function createMachines({ connector, devices, secrets, clock, log }: MachinesDeps): Machines {
  const leases = createLeases({ clock, waitMsMax: leaseWaitMsMax, waitingMax: leaseWaitingMax });
  const closing = new AbortController();

  function find(deviceName: string, tagName: string): Found | MachineRefusal {
    const found = tagOf(devices(), deviceName, tagName);
    if (found === undefined) return refused(`this site has no ${deviceName}.${tagName}`);
    const { device, tag } = found;
    const password = passwordOf(device, secrets());
    if (password.kind === "failed") return refused(`${deviceName} can't be used: ${password.reason}`);
    const reached = { ...device, ...(password.text === undefined ? {} : { passwordText: password.text }) };
    return { kind: "found", reached, tag, tagName, device };
  }

  /** The tag of a write, if all that people were shown of it is still so. */
  function findShown(proposed: ProposedWrite): Found | WriteOutcome {
    const found = find(proposed.device, proposed.tag);
    if (found.kind !== "found") return found;
    const { device, tag } = found;
    const writable = tag.writable ? writableValue(tag, proposed.value) : undefined;
    const shown = shownOf(device, tag, proposed.present, proposed.value);
    if (writable?.kind === "value" && writable.value === proposed.value && isShown(shown, proposed)) return found;
    return { kind: "void", reason: "its configuration has changed since it was shown" };
  }

  async function write(
    proposed: ProposedWrite,
    { signal, until, refusal }: { signal: AbortSignal; until: AbortSignal } & Pick<HeldBack, "refusal">,
  ): Promise<WriteOutcome> {
    const found = findShown(proposed);
    if (found.kind !== "found") return found;
    const { tag, tagName } = found;
    const before = await connector.read(found.reached, tagName, until);
    if (until.aborted) return stopped;
    if (before.kind !== "read") return before;
    if (!isSameValue(tag, before.value, proposed.present)) {
      return { kind: "void", reason: `it reads ${before.value} now, not ${proposed.present} as was shown` };
    }
    const reason = await refusal();
    if (reason !== undefined) return { kind: "void", reason };
    if (until.aborted) return stopped;
    // All of that took a moment, too.
    const still = findShown(proposed);
    if (still.kind !== "found") return still;
    // Not by `until`: the connection would be cut with it, and nobody would know whether it was done.
    const written = await connector.write(still.reached, tagName, proposed.value, signal);
    if (written.kind === "unreachable" && signal.aborted) return stopped;
    if (written.kind !== "written") return written;
    return await readBack(still, proposed);
  }

  /** A device may need a moment: what still shows the old value is read again, for as long as an answer may take. */
  async function readBack({ reached, tag, tagName }: Found, { present, value }: ProposedWrite): Promise<WriteOutcome> {
    const untilMs = clock.nowMs() + reached.timeoutMs;
    for (;;) {
      const after = await connector.read(reached, tagName, closing.signal);
      if (after.kind !== "read") {
        return { kind: "unknown", reason: `it was sent, and can't be read back: ${after.reason}` };
      }
      if (isSameValue(tag, after.value, value)) return { kind: "done", value: after.value };
      if (!isSameValue(tag, after.value, present) || clock.nowMs() >= untilMs) {
        return { kind: "different", value: after.value, reason: `it was sent ${value}, and reads ${after.value}` };
      }
      await clock.sleep(readBackPauseMs, closing.signal);
      if (closing.signal.aborted) return { kind: "unknown", reason: "it was sent, and the program ended" };
    }
  }

  return {
    async read(deviceName, tagName, signal) {
      const found = find(deviceName, tagName);
      if (found.kind !== "found") return found;
      const { reached, tag } = found;
      const read = await connector.read(reached, tagName, signal);
      if (read.kind !== "read") return read;
      const name = nameOf(tag, read.value);
      return {
        ...read,
        ...(name === undefined ? {} : { name }),
        ...(tag.unit === undefined ? {} : { unit: tag.unit }),
      };
    },
    async propose(deviceName, tagName, wanted, signal) {
      const found = find(deviceName, tagName);
      if (found.kind !== "found") return found;
      const { reached, device, tag } = found;
      if (!tag.writable) return refused(`${deviceName}.${tagName} is only read here: its configuration says so`);
      const writable = writableValue(tag, wanted);
      if (writable.kind === "refused") return refused(`${deviceName}.${tagName} can't be that: ${writable.reason}`);
      const present = await connector.read(reached, tagName, signal);
      if (present.kind !== "read") return present;
      return {
        device: deviceName,
        tag: tagName,
        ...shownOf(device, tag, present.value, writable.value),
        present: present.value,
        value: writable.value,
      };
    },
    async write(proposed, signal, { stop, refusal } = nothing) {
      const found = findShown(proposed);
      if (found.kind !== "found") return found;
      const until = AbortSignal.any([signal, stop]);
      const outcome = writeOutcome(
        // Looked at again when its turn comes: that may be a while.
        await leases.hold(
          found.device.address.toLowerCase(),
          () => write(proposed, { signal, until, refusal }),
          until,
        ),
        proposed.device,
      );
      if (outcome.kind === "unknown" || outcome.kind === "different") {
        log.warn("a write to a device isn't as it should be", {
          device: proposed.device,
          tag: proposed.tag,
          outcome: outcome.kind,
        });
      }
      return outcome;
    },
    close: () => closing.abort(),
  };
}

interface Found {
  readonly kind: "found";
  readonly device: Device;
  readonly reached: ReachedDevice;
  readonly tag: Tag;
  readonly tagName: string;
}

/** What holds nothing back. */
const nothing: HeldBack = { stop: new AbortController().signal, refusal: () => Promise.resolve(undefined) };

const stopped: WriteOutcome = { kind: "void", reason: "it was stopped before anything was sent" };

function writeOutcome(held: LeaseOutcome<WriteOutcome>, device: string): WriteOutcome {
  switch (held.kind) {
    case "held":
      return held.result;
    case "cancelled":
      return stopped;
    case "crowded":
      return { kind: "refused", reason: `${leaseWaitingMax} writes wait for ${device} already` };
    case "waited":
      return { kind: "refused", reason: `another write to ${device} took longer than ${leaseWaitMsMax / 1_000} s` };
  }
}

/** What people see of a write beside its values. */
type Shown = Pick<ProposedWrite, "place" | "unit" | "min" | "max" | "presentName" | "valueName">;

function shownOf(device: Device, tag: Tag, present: TagValue, value: TagValue): Shown {
  const { unit, min, max } = tag;
  const presentName = nameOf(tag, present);
  const valueName = nameOf(tag, value);
  return {
    place: placeOf(device, tag),
    ...(unit === undefined ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(presentName === undefined ? {} : { presentName }),
    ...(valueName === undefined ? {} : { valueName }),
  };
}

function isShown(shown: Shown, proposed: ProposedWrite): boolean {
  const keys = ["place", "unit", "min", "max", "presentName", "valueName"] as const;
  return keys.every((key) => shown[key] === proposed[key]);
}

/** All of the configuration that decides which bytes go where. */
function placeOf(device: Device, tag: Tag): string {
  if (device.kind === "mqtt" || "topic" in tag) {
    const { topic, writeTopic = topic } = tag as Extract<Tag, { topic: string }>;
    return `mqtt ${device.address} topic ${topic}${writeTopic === topic ? "" : `, written to ${writeTopic}`}`;
  }
  const isBit = tag.table === "coil" || tag.table === "discrete";
  const form = isBit
    ? ""
    : ` ${tag.type}${tag.wordSwap ? " low word first" : ""}${tag.scale === 1 ? "" : ` × ${tag.scale}`}`;
  const table = { coil: "coil", discrete: "discrete input", input: "input register", holding: "register" }[tag.table];
  return `modbus ${device.address} unit ${device.unit} ${table} ${tag.register}${form}`;
}

function passwordOf(
  device: Device,
  secrets: ResolvedSecrets,
): { readonly kind: "resolved"; readonly text?: string } | { readonly kind: "failed"; readonly reason: string } {
  if (device.kind !== "mqtt" || device.password === undefined) return { kind: "resolved" };
  const { secret: pointer } = device.password;
  const secret = Object.hasOwn(secrets, pointer) ? secrets[pointer] : undefined;
  if (secret === undefined) return { kind: "failed", reason: "its password isn't there" };
  return secret.kind === "failed" ? secret : { kind: "resolved", text: secret.value.reveal() };
}

function refused(reason: string): MachineRefusal {
  return { kind: "refused", reason };
}
