/** Every capability that a plugin can ask for, in the order that people read them. Each has a file in `core/capabilities/`. */
export const capabilityNames = [
  "http",
  "secrets",
  "kv",
  "files",
  "message",
  "model",
  "knowledge",
  "device",
  "log",
  "clock",
] as const;

/** One of them. */
export type CapabilityName = typeof capabilityNames[number];
