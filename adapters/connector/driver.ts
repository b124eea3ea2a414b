import type { TagValue } from "../../core/devices.ts";
import type { ReachedDevice, TagRead, TagWritten } from "../../core/ports/connector.ts";

/**
 * One protocol of machines, inside the connector. It connects to `device.address` and to nothing else. Never rejects for
 * what a device does; abort of `signal` ends in time, with `unknown` where a write's bytes had left.
 */
export interface DeviceDriver {
  read(device: ReachedDevice, tag: string, signal: AbortSignal): Promise<TagRead>;
  write(device: ReachedDevice, tag: string, value: TagValue, signal: AbortSignal): Promise<TagWritten>;
  /** Ends what it kept open. */
  close(): void;
}
