import type { Setup, SetupProposal, SetupView } from "../core/setup/setup.ts";
import { chatModels } from "../core/catalogue.ts";
import { formatDiff, textDiff } from "../core/text_diff.ts";

/** A setup without core: tests drive it into every state that the page can show. */
export interface FakeSetup extends Setup {
  /** Whether a visit is led to it. Default: no. */
  due: boolean;
  configPath: string | undefined;
  proposal: SetupProposal | undefined;
}

/** Makes one that nobody is led to. */
export function createFakeSetup(): FakeSetup {
  const view = (): SetupView => ({
    kind: "setup",
    models: chatModels.map(({ name, fileBytes, memoryBytes, tools, languages }, index) => ({
      name,
      known: { fileBytes, memoryBytes, tools, languages, fits: true },
      isHere: index > 0,
      isCurrent: index > 0,
    })),
    memoryBytes: 16_000_000_000,
    ...(fake.configPath === undefined ? {} : { configPath: fake.configPath }),
    ...(fake.proposal === undefined ? {} : { proposal: fake.proposal }),
  });
  const fake: FakeSetup = {
    due: false,
    configPath: undefined,
    proposal: undefined,
    isDue: async () => fake.due,
    view: async () => view(),
    async propose(_by, { model, telegram, ownerName }) {
      const names = { old: "/home/ann/.clawdbot/config.yaml", new: "/home/ann/.clawdbot/config.proposed.yaml" };
      const text = `${telegram ? 'protocol:\n  telegram: { token: "file:secrets/telegram" }\n' : ""}model:\n` +
        `  name: ${model}\n${ownerName === undefined ? "" : `access:\n  owner_name: ${JSON.stringify(ownerName)}\n`}`;
      fake.proposal = {
        lines: formatDiff(textDiff("", text), names),
        rights: telegram
          ? [{ role: "host", change: "added", kind: "connect", value: "api.telegram.org:443" }, {
            role: "model-runner",
            change: "removed",
            kind: "readFiles",
            value: "/home/ann/.clawdbot/models/smollm2-135m.gguf",
          }]
          : [],
        problems: [],
      };
      fake.due = false;
      return { kind: "proposed" };
    },
    async putOff() {
      fake.due = false;
      return { kind: "put-off" };
    },
  };
  return fake;
}
