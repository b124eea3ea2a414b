import { type Action, decide, nameOf, type Policy, type Principal } from "../access.ts";
import type { Refused } from "../assistant.ts";
import { appendAudit } from "../audit.ts";
import { chatModels } from "../catalogue.ts";
import { runnerMemoryBytesMax } from "../permissions.ts";
import type { ProcessPlan } from "../permissions.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { type RightChange, rightsDiff } from "../rights_diff.ts";
import type { Locale } from "../text/mod.ts";
import { type DiffText, formatDiff, textDiff } from "../text_diff.ts";
import type { Vault } from "../vault.ts";
import { type SetupAnswers, telegramSecretPath } from "./answers.ts";

/** A model that can be chosen. */
export interface SetupModel {
  readonly name: string;
  /** Absent of files that the catalogue doesn't know. */
  readonly known?: {
    readonly fileBytes: number;
    readonly memoryBytes: number;
    readonly tools: boolean;
    readonly languages: readonly Locale[];
    /** Whether a runner may take so much on this machine. */
    readonly fits: boolean;
  };
  readonly isHere: boolean;
  /** The one that answers now. */
  readonly isCurrent: boolean;
}

/** What the page proposes, and what it would change. */
export interface SetupProposal {
  readonly lines: readonly DiffText[];
  readonly rights: readonly RightChange[];
  /** Why it can't be taken over; it was changed by hand then. */
  readonly problems: readonly string[];
}

/** What the setup page shows. */
export interface SetupView {
  readonly kind: "setup";
  /** Where the configuration is. Absent: there is none yet. */
  readonly configPath?: string;
  readonly models: readonly SetupModel[];
  /** Of the whole machine. */
  readonly memoryBytes: number;
  readonly proposal?: SetupProposal;
}

/** What is answered on the page: no address, since it would move under the person's feet, and no secret. */
export interface PageAnswers {
  readonly locale: Locale;
  readonly model: string;
  readonly telegram: boolean;
  readonly ownerName?: string;
}

/**
 * The first setup, on the page. It ends in a proposal: only people at the terminal write the configuration. Every method
 * asks `core/access.ts` for `admin:config`.
 */
export interface Setup {
  /** Whether a visit is led here: there is no configuration, nothing is proposed, and nobody said "later". */
  isDue(by: Principal): Promise<boolean>;
  view(by: Principal): Promise<SetupView | Refused>;
  /** Writes the proposal. `configured`: there is a configuration, and the terminal changes it. */
  propose(
    by: Principal,
    answers: PageAnswers,
  ): Promise<{ readonly kind: "proposed" | "configured" | "unknown-model" } | Refused>;
  /** Doesn't ask again. */
  putOff(by: Principal): Promise<{ readonly kind: "put-off" } | Refused>;
}

/** What {@link createSetup} needs. */
export interface SetupDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly policy: () => Policy;
  readonly configPath?: string;
  /** Where it will be. */
  readonly targetPath: string;
  readonly modelName: string;
  /** Names of the models whose files are here now. */
  readonly modelsHere: () => readonly string[];
  readonly memoryBytes: number;
  /** `ADDRESS:PORT`, as it is now. */
  readonly listen: string;
  /** The file of the proposal; `undefined` where there is none. */
  readonly proposal: {
    readonly path: string;
    read(): Promise<string | undefined>;
    write(text: string): Promise<void>;
  };
  /** The rights that a configuration would give here, as far as the host knows. */
  readonly plan: (text: string) => Promise<
    { readonly kind: "planned"; readonly processes: readonly ProcessPlan[] } | {
      readonly kind: "refused";
      readonly problems: readonly string[];
    }
  >;
}

const resource = "admin:config";
/** Under this id, `later` stands in the settings once somebody put the setup off. */
const settingId = "setup";

/** The setup of one host. */
export function createSetup(deps: SetupDeps): Setup {
  const { store, vault, clock, policy, configPath, proposal, plan } = deps;

  function refusalOf(by: Principal, action: Action): Refused | undefined {
    const { effect, reason } = decide(by, action, resource, policy(), clock.nowMs());
    return effect === "allow" ? undefined : { kind: "refused", reason };
  }

  async function models(): Promise<SetupModel[]> {
    const { modelName, memoryBytes } = deps;
    const modelsHere = deps.modelsHere();
    const others = modelsHere.filter((name) => !chatModels.some((known) => known.name === name));
    const isChat = await Promise.all(
      others.map(async (name) => (await plan(`model: { name: ${JSON.stringify(name)} }`)).kind === "planned"),
    );
    const stateOf = (name: string) => ({ name, isHere: modelsHere.includes(name), isCurrent: name === modelName });
    return [
      ...chatModels.map(({ name, fileBytes, memoryBytes: neededBytes, tools, languages }) => ({
        ...stateOf(name),
        known: {
          fileBytes,
          memoryBytes: neededBytes,
          tools,
          languages,
          fits: neededBytes <= runnerMemoryBytesMax(memoryBytes),
        },
      })),
      ...others.filter((_name, index) => isChat[index]).map(stateOf),
    ];
  }

  async function proposalView(): Promise<SetupProposal | undefined> {
    const text = await proposal.read();
    if (text === undefined) return undefined;
    const [before, after] = await Promise.all([plan(""), plan(text)]);
    return {
      lines: formatDiff(textDiff("", text), { old: deps.targetPath, new: proposal.path }),
      rights: after.kind === "planned"
        ? rightsDiff(before.kind === "planned" ? before.processes : [], after.processes)
        : [],
      problems: after.kind === "refused" ? after.problems : [],
    };
  }

  return {
    async isDue(by) {
      if (configPath !== undefined || refusalOf(by, "manage") !== undefined) return false;
      if (await store.read((tx) => tx.get("settings", settingId)) !== undefined) return false;
      return await proposal.read() === undefined;
    },
    async view(by) {
      const refusal = refusalOf(by, "read");
      if (refusal !== undefined) return refusal;
      if (configPath !== undefined) return { kind: "setup", configPath, models: [], memoryBytes: deps.memoryBytes };
      const proposed = await proposalView();
      const view = { kind: "setup", models: await models(), memoryBytes: deps.memoryBytes } as const;
      return proposed === undefined ? view : { ...view, proposal: proposed };
    },
    async propose(by, { locale, model, telegram, ownerName }) {
      const refusal = refusalOf(by, "manage");
      if (refusal !== undefined) return refusal;
      if (configPath !== undefined) return { kind: "configured" };
      if (!(await models()).some(({ name }) => name === model)) return { kind: "unknown-model" };
      const answers: SetupAnswers = {
        locale,
        model: { kind: "name", name: model },
        ...(telegram ? { telegram: { token: `file:${telegramSecretPath}` } } : {}),
        ...(ownerName === undefined ? {} : { ownerName }),
        listen: deps.listen,
        insecure: false,
      };
      await store.write((tx) =>
        appendAudit(tx, vault, {
          atMs: clock.nowMs(),
          principal: nameOf(by),
          action: "propose",
          resource,
          outcome: "accepted",
        })
      );
      // What describes every option is loaded when it is needed: once in the life of a site.
      const { configText } = await import("./config_text.ts");
      await proposal.write(configText(answers));
      return { kind: "proposed" };
    },
    async putOff(by) {
      const refusal = refusalOf(by, "manage");
      if (refusal !== undefined) return refusal;
      await store.write((tx) => {
        if (tx.get("settings", settingId) !== undefined) return;
        tx.insert("settings", { id: settingId, value: "later", updatedMs: clock.nowMs() });
      });
      return { kind: "put-off" };
    },
  };
}
