import * as v from "valibot";
import type { Device } from "../../core/devices.ts";
import type { Frame } from "../../core/frames.ts";
import type {
  ConnectorAnswer,
  ConnectorRequest,
  ReachedDevice,
  TagRead,
  TagWritten,
} from "../../core/ports/connector.ts";
import type { DeviceDriver } from "./driver.ts";
import { type Order, order, reasonOf, type Reply, underWayMax } from "./protocol.ts";

/** What the process does for the host, by the kind of an order. */
export interface ConnectorWork {
  request(request: ConnectorRequest, signal: AbortSignal): Promise<ConnectorAnswer>;
  /** By the kind of device; what is missing is refused. */
  readonly drivers: Readonly<Partial<Record<Device["kind"], DeviceDriver>>>;
}

type Work = Exclude<Order, { kind: "cancel" }>;
type Outcome = ConnectorAnswer | TagRead | TagWritten;

/**
 * Does what the host orders, many at once, until its frames end. What the work throws is a fault of this program: it ends
 * the process, which the host sees, and then says of each write that was under way that nobody knows.
 */
export async function serveConnector(
  frames: AsyncIterable<Frame>,
  send: (frame: Frame) => Promise<void>,
  work: ConnectorWork,
): Promise<void> {
  const underWay = new Map<number, AbortController>();
  const fault = Promise.withResolvers<never>();
  fault.promise.catch(() => {}); // raced below
  const start = (wanted: Work, body: Uint8Array | undefined) => {
    const abort = new AbortController();
    const doing = underWay.size >= underWayMax
      ? Promise.resolve<Outcome>({ kind: "unreachable", reason: `${underWayMax} requests are under way already` })
      : outcomeOf(work, wanted, body, abort.signal);
    underWay.set(wanted.id, abort);
    void doing.then(async (outcome) => {
      underWay.delete(wanted.id);
      await tell(send, wanted.id, outcome);
    }).catch(fault.reject);
  };
  const reading = (async () => {
    let awaitingBody: Work | undefined;
    for await (const frame of frames) {
      if (awaitingBody !== undefined) {
        if (frame.kind !== "bytes") throw new Error("A request's body didn't follow it");
        start(awaitingBody, frame.bytes);
        awaitingBody = undefined;
        continue;
      }
      const next = v.parse(order, frame.kind === "json" ? frame.value : undefined);
      if (next.kind === "cancel") underWay.get(next.id)?.abort();
      else if (next.kind === "request" && next.hasBody) awaitingBody = next;
      else start(next, undefined);
    }
  })();
  try {
    await Promise.race([reading, fault.promise]);
  } finally {
    for (const abort of underWay.values()) abort.abort();
    for (const driver of Object.values(work.drivers)) driver?.close();
  }
}

function outcomeOf(
  { request, drivers }: ConnectorWork,
  wanted: Work,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  if (wanted.kind === "request") {
    const { id: _, kind: __, hasBody: ___, address, certificate, ...rest } = wanted;
    const further = {
      ...(address === undefined ? {} : { address }),
      ...(certificate === undefined ? {} : { certificate }),
      ...(body === undefined ? {} : { body }),
    };
    return request({ ...rest, ...further }, signal);
  }
  const driver = drivers[wanted.device.kind];
  if (driver === undefined) {
    return Promise.resolve({ kind: "refused", reason: `no driver reaches devices of type ${wanted.device.kind}` });
  }
  // The host parsed it from the configuration; the protocol looks at what is told apart by here.
  const device = wanted.device as unknown as ReachedDevice;
  return wanted.kind === "read"
    ? driver.read(device, wanted.tag, signal)
    : driver.write(device, wanted.tag, wanted.value, signal);
}

async function tell(send: (frame: Frame) => Promise<void>, id: number, outcome: Outcome): Promise<void> {
  const value: Reply = outcome.kind === "answered"
    ? { id, kind: "answered", status: outcome.status, headers: outcome.headers }
    : "reason" in outcome
    ? { id, kind: outcome.kind, reason: reasonOf(outcome.reason) }
    : { id, ...outcome };
  const sent = [send({ kind: "json", value })];
  // Handed over in one go, so that no other reply comes between.
  if (outcome.kind === "answered") sent.push(send({ kind: "bytes", bytes: outcome.body }));
  await Promise.all(sent);
}
