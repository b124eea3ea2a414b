import * as v from "valibot";
import { systemClock } from "../adapters/clock/system.ts";
import { createHttpRequests } from "../adapters/connector/http.ts";
import { createModbusDriver } from "../adapters/connector/modbus.ts";
import { createMqttDriver } from "../adapters/connector/mqtt.ts";
import { serveConnector } from "../adapters/connector/process.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { decodeFrames, encodeFrame } from "../core/frames.ts";

/** The role `connector`, with `TARGETS`: what plugins' requests leave the machine by, and what reaches devices. */
export async function connector([targets = "[]"]: readonly string[]): Promise<void> {
  const reached = v.parse(v.array(v.string()), JSON.parse(targets));
  const deps = { clock: systemClock, random: systemRandom };
  const drivers = { modbus: createModbusDriver(deps), mqtt: createMqttDriver(deps) };
  const writer = Deno.stdout.writable.getWriter();
  await serveConnector(
    decodeFrames(Deno.stdin.readable),
    (frame) => writer.write(encodeFrame(frame)),
    { request: createHttpRequests({ targets: reached }), drivers },
  );
  Deno.exit(0);
}
