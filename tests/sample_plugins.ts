import { defaultLimits } from "../core/plugins/limits.ts";
import type { ListedPlugin } from "../core/plugins/catalogue.ts";

const digest = (letter: string) => letter.repeat(64);

const pump: ListedPlugin = {
  name: "pump",
  state: "granted",
  facts: {
    digest: digest("a"),
    bytes: 128_700,
    manifest: {
      name: "pump",
      version: "1.2.0",
      description: "Reads and drives the pumps of a plant.",
      asked: { device: { read: ["plc-*.*"], write: ["plc-*.speed"] }, kv: { quota: 1_000_000 }, log: {} },
      limits: {},
      stateful: false,
    },
    signer: { key: digest("5"), name: "plant" },
  },
  grantedDigest: digest("a"),
  granted: { device: { read: ["plc-7.*"], write: ["plc-7.speed"] }, log: {}, clock: {} },
  limits: defaultLimits,
  notes: [{ kind: "unasked", capabilities: ["clock"] }],
  tools: [
    { name: "pump.read", description: "Reads how fast a pump turns.", readOnly: true },
    { name: "pump.stop", description: "Stops a pump.", readOnly: false },
  ],
  earlier: [{ digest: digest("a"), version: "1.2.0" }, { digest: digest("b"), version: "1.1.0" }],
};

/** Plugins of a site in every state. */
export const samplePlugins: readonly ListedPlugin[] = [
  {
    name: "calc",
    state: "known",
    facts: {
      digest: digest("c"),
      bytes: 43_981,
      manifest: {
        name: "calc",
        version: "0.3.1",
        description: "An exact calculator.",
        asked: {},
        limits: { fuel: 2_000_000_000 },
        stateful: true,
      },
    },
    granted: {},
    limits: defaultLimits,
    notes: [],
    earlier: [],
  },
  pump,
  {
    name: "status",
    state: "void",
    facts: { ...pump.facts!, digest: digest("d"), manifest: { ...pump.facts!.manifest, name: "status" } },
    limits: defaultLimits,
    grantedDigest: digest("e"),
    granted: {
      http: [{ url: "https://api.plant.local/v1/**", methods: ["GET"] }],
      secrets: { api: { secret: "/plugins/status/grant/secrets/api/secret", host: "https://api.plant.local" } },
    },
    reason: "its file isn't the one that was granted something",
    notes: [{ kind: "same-version", digest: digest("e") }],
    earlier: [{ digest: digest("e"), version: "1.2.0" }],
  },
  {
    name: "template",
    state: "missing",
    grantedDigest: digest("f"),
    granted: {},
    limits: defaultLimits,
    reason: "its file isn't there",
    notes: [],
    earlier: [],
  },
  {
    name: "units",
    state: "refused",
    granted: {},
    limits: defaultLimits,
    reason: 'its manifest asks for "shell", which this program doesn\'t know',
    notes: [],
    earlier: [],
  },
];
