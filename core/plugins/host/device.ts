import { type DeviceRequest, type DeviceTags, listDevices } from "../../capabilities/device.ts";
import { failed, type HostCall, type HostCallsDeps, type Work } from "./call.ts";

/** Writes that one call of a tool may propose: people read each of them. */
export const writesMax = 8;

/** Tags of machines: they are read here, and writes are proposed, never made. */
export function createDeviceWork({ machines, site }: HostCallsDeps): Work<DeviceTags, DeviceTags, DeviceRequest> {
  return async ({ context, asked, granted, request, decision, spent, signal }: HostCall<
    DeviceTags,
    DeviceTags,
    DeviceRequest
  >) => {
    if (request.op === "list") return { ok: { devices: listDevices(asked, granted, site()) } };
    const { device, tag } = request;
    if (request.op === "read") {
      const read = await machines.read(device, tag, signal);
      if (read.kind !== "read") return failed(read.kind, read.reason);
      const { kind: _, ...value } = read;
      return { ok: value };
    }
    if (spent.writes >= writesMax) return failed("quota", `one call may propose ${writesMax} writes`);
    spent.writes++;
    const proposed = await machines.propose(device, tag, request.value, signal);
    if ("reason" in proposed) return failed(proposed.kind, proposed.reason);
    context.propose(proposed, decision);
    return { ok: { state: "proposed" } };
  };
}
