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

/** What a grant of each gives, for the configuration's reference and for editors. */
export const capabilityUses: Readonly<Record<CapabilityName, string>> = {
  http: "Requests over HTTP to these addresses.",
  secrets: "Secrets by name, which the host puts into requests; the plugin never sees them.",
  kv: "Keys and values of its own.",
  files: "Files of its own, by prefix, and those of the message that it is called for.",
  message: "Messages to people.",
  model: "Text by the site's model.",
  knowledge: "Passages of these collections.",
  device: "Values of machines, as `DEVICE.TAG`; `*` stands for any text in a name.",
  log: "Lines in its own log.",
  clock: "The time.",
};
