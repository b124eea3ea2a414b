import { decide, decideTool, nameOf, type Policy, type Principal } from "./access.ts";
import type { Approvals } from "./approvals.ts";
import { appendAudit } from "./audit.ts";
import { type Halt, haltedBy, haltIn, haltReason, haltSetting } from "./halted.ts";
import { commitWithEffects, type Effects, type WithEffects } from "./message/effects.ts";
import type { Clock } from "./ports/clock.ts";
import type { ReadTx, Store, Tx } from "./ports/store.ts";
import { type Locale, text } from "./text/mod.ts";
import type { InstalledTool } from "./tools/types.ts";
import type { Vault } from "./vault.ts";

export type { Halt } from "./halted.ts";

/** What {@link createHalts} needs. */
export interface HaltsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly policy: () => Policy;
  readonly ownerId: () => string;
  readonly installed: () => readonly InstalledTool[];
  readonly approvals: Pick<Approvals, "haltAll">;
  readonly committed: (effects: Effects) => void;
}

/** What came of stopping everything, or of resuming it. `same`: it was so already. `refused`: why, and whom to ask. */
export interface HaltResult {
  readonly kind: "changed" | "same" | "refused";
  readonly text: string;
}

/** That everything is stopped, as people see it. */
export interface ShownHalt {
  readonly by: string;
  readonly atMs: number;
}

/** `stop everything`: no tool is called, no card is approved, nothing is written to a machine, until it is resumed. */
export interface Halts {
  /** In the transaction of a command; call {@link noticed} once it is committed. */
  halt(tx: Tx, principal: Principal, locale: Locale): WithEffects<HaltResult>;
  /** Likewise. */
  resume(tx: Tx, principal: Principal, locale: Locale): WithEffects<HaltResult>;
  /** Either, in a transaction of its own. */
  change(to: "halt" | "resume", principal: Principal, locale: Locale): Promise<HaltResult>;
  /** Takes in what was committed: {@link signal} aborts, or there is a new one. Never rejects. */
  noticed(): Promise<void>;
  /** As it was last committed; for people to see. Decisions ask the store. */
  shown(locale: Locale): Promise<ShownHalt | undefined>;
  current(): Halt | undefined;
  /** Why nothing may be done now, in one line: for the transaction that begins a call, and for each write before it. */
  reason(tx: ReadTx, locale: Locale): string | undefined;
  /** Aborts when everything is stopped: for calls that run. A write to a machine is better read back to its end. */
  signal(): AbortSignal;
  may(principal: Principal): { readonly halt: boolean; readonly resume: boolean };
  /** Takes up what an earlier life left. */
  start(): Promise<void>;
}

/** Makes the halt of a site. */
export function createHalts(deps: HaltsDeps): Halts {
  const { store, vault, clock, policy, installed, approvals } = deps;
  let known: Halt | undefined;
  let controller = new AbortController();

  const administers = (principal: Principal) => decide(principal, "manage", "admin:halt", policy(), clock.nowMs());
  const may = (principal: Principal) => {
    const resume = administers(principal).effect === "allow";
    const usesTools = () =>
      installed().some(({ name }) => decideTool(principal, name, policy(), clock.nowMs()).effect !== "deny");
    // Stopping is always safe: whoever can set something off can stop it.
    return { resume, halt: resume || usesTools() };
  };

  const audit = (tx: Tx, principal: Principal, action: "halt" | "resume", outcome: string) =>
    appendAudit(tx, vault, {
      atMs: clock.nowMs(),
      principal: nameOf(principal),
      action,
      resource: "admin:halt",
      outcome,
    });

  function halt(tx: Tx, principal: Principal, locale: Locale): WithEffects<HaltResult> {
    const said = text(locale).halt;
    if (!may(principal).halt) {
      audit(tx, principal, "halt", "refused");
      return { result: { kind: "refused", text: said.mayNot } };
    }
    if (haltIn(tx) !== undefined) return { result: { kind: "same", text: said.already } };
    const updatedMs = clock.nowMs();
    const value = JSON.stringify({ by: nameOf(principal), atMs: updatedMs } satisfies Halt);
    tx.insert("settings", { id: haltSetting, value, updatedMs });
    audit(tx, principal, "halt", "halted");
    const { count, effects } = approvals.haltAll(tx);
    return { result: { kind: "changed", text: said.stopped(count) }, effects };
  }

  function resume(tx: Tx, principal: Principal, locale: Locale): WithEffects<HaltResult> {
    const said = text(locale).halt;
    const decision = administers(principal);
    if (decision.effect !== "allow") {
      audit(tx, principal, "resume", "refused");
      return { result: { kind: "refused", text: decision.reason } };
    }
    if (haltIn(tx) === undefined) return { result: { kind: "same", text: said.notHalted } };
    tx.remove("settings", haltSetting);
    audit(tx, principal, "resume", "resumed");
    return { result: { kind: "changed", text: said.resumed } };
  }

  async function look(): Promise<void> {
    known = await store.read(haltIn);
    if (known !== undefined) controller.abort();
    else if (controller.signal.aborted) controller = new AbortController();
  }

  /** A store that can't be read can't say that it goes on: what runs is ended. */
  const noticed = () => look().catch(() => controller.abort());

  return {
    halt,
    resume,
    async change(to, principal, locale) {
      const result = await commitWithEffects(
        deps,
        (tx) => to === "halt" ? halt(tx, principal, locale) : resume(tx, principal, locale),
      );
      await noticed();
      return result;
    },
    noticed,
    current: () => known,
    shown: async (locale) => {
      const halt = known;
      if (halt === undefined) return undefined;
      return { by: await store.read((tx) => haltedBy(tx, deps, halt, locale)), atMs: halt.atMs };
    },
    reason: (tx, locale) => haltReason(tx, deps, locale),
    signal: () => controller.signal,
    may,
    start: look,
  };
}
