import type { Principal } from "../core/access.ts";
import type { Refused } from "../core/assistant.ts";
import { type Board, type TileFacts, tilesOf } from "../core/console/board.ts";
import {
  type AuditDetail,
  type ChannelView,
  type Console,
  type ConsolePart,
  consoleParts,
  type ModelView,
  type PluginsView,
  type Verification,
} from "../core/console/types.ts";
import type { Logs } from "../core/logs.ts";
import type { Pairing, People, Person } from "../core/people.ts";
import { fakePerson } from "./fake_people.ts";
import type { TailEntry } from "../core/ports/log_tail.ts";

/** A console without core: tests put into it what a page is to show. */
export interface FakeConsole {
  readonly console: Console;
  readonly people: People;
  readonly logs: Logs;
  /** The parts that everybody may see. */
  parts: readonly ConsolePart[];
  facts: TileFacts[];
  /** Since when each tile is as it is. */
  sinceMs: number;
  nowMs: () => number;
  offline: boolean;
  confinement: Board["confinement"];
  channels: ChannelView[];
  models: ModelView[];
  plugins: PluginsView;
  /** Newest first. */
  entries: AuditDetail[];
  verification: Verification;
  pairings: Pairing[];
  persons: Person[];
  log: TailEntry[];
  /** Whether somebody needs the model. */
  isBusy: boolean;
  /** Ends every live view, as a host that stops does. */
  endViews(): void;
  /** What was done, as `verb what`. */
  readonly done: string[];
}

const refused: Refused = { kind: "refused", reason: "No rule of this site allows it; ask its administrator" };

/** Makes a console that nobody may see. */
export function createFakeConsole(): FakeConsole {
  const only = <Result>(part: ConsolePart, result: () => Result): Result | Refused =>
    fake.parts.includes(part) ? result() : refused;
  const done: string[] = [];

  let views = new AbortController();
  const console: Console = {
    get closing() {
      return views.signal;
    },
    parts: () => fake.parts,
    board: async () =>
      only("board", () => ({
        kind: "board",
        board: {
          atMs: fake.nowMs(),
          offline: fake.offline,
          confinement: fake.confinement,
          tiles: tilesOf(fake.facts, () => fake.sinceMs),
        },
      })),
    channels: async () => only("channels", () => ({ kind: "channels", channels: fake.channels })),
    models: async () => only("models", () => ({ kind: "models", models: fake.models })),
    plugins: () => only("plugins", () => ({ kind: "plugins", plugins: fake.plugins })),
    load: async (_by, use) =>
      only("models", () => {
        done.push(`load ${use}`);
        fake.models = fake.models.map((model) =>
          model.use?.use === use ? { ...model, use: { ...model.use, state: { kind: "loading" } } } : model
        );
        return { kind: "loading" };
      }),
    unload: async (_by, use) =>
      only("models", () => {
        if (fake.isBusy) return { kind: "busy" };
        done.push(`unload ${use}`);
        fake.models = fake.models.map((model) =>
          model.use?.use === use ? { ...model, use: { ...model.use, state: { kind: "idle" } } } : model
        );
        return { kind: "unloaded" };
      }),
    pull: async (_by, name) =>
      only("models", () => {
        const model = fake.models.find((model) => model.name === name);
        if (model?.offer === undefined) return { kind: "unknown" };
        if (fake.isBusy) return { kind: "busy" };
        done.push(`pull ${name}`);
        return { kind: "begun" };
      }),
    stopPull: async (_by, name) =>
      only("models", () => {
        done.push(`stop ${name}`);
        return { kind: "stopped" };
      }),
    audit: async (_by, { before, filter = "", limit = 20 }) =>
      only("audit", () => {
        const found = fake.entries.filter((entry) =>
          (before === undefined || entry.id < before) &&
          JSON.stringify(entry).toLowerCase().includes(filter.toLowerCase())
        );
        const next = found.length > limit ? { next: found[limit - 1]!.id } : {};
        return { kind: "audit", entries: found.slice(0, limit), ...next };
      }),
    auditEntry: async (_by, id) =>
      only("audit", () => {
        const entry = fake.entries.find((entry) => entry.id === id);
        return entry === undefined ? { kind: "unknown" } : { kind: "entry", entry };
      }),
    verifyAudit: async () =>
      only("audit", () => {
        done.push("verify");
        return { kind: "verification", verification: fake.verification };
      }),
    verification: () => fake.verification,
    watch: async () => {},
  };

  const people: People = {
    pairings: async () => only("people", () => ({ kind: "pairings", pairings: fake.pairings })),
    list: async () => only("people", () => ({ kind: "people", people: fake.persons })),
    async pair(_by, { code }, { name } = {}) {
      const pairing = fake.pairings.find((pairing) => pairing.code === code);
      if (pairing === undefined) return { kind: "unknown" };
      done.push(`pair ${code} ${name ?? ""}`.trim());
      fake.pairings = fake.pairings.filter((other) => other !== pairing);
      const { channel, account, createdMs } = pairing;
      const person: Person = {
        id: `person-${code}`,
        name: name ?? pairing.name,
        owner: false,
        roles: ["user"],
        createdMs,
        accounts: [{ id: `account-${code}`, channel, account, name: pairing.name, createdMs }],
      };
      fake.persons = [...fake.persons, person];
      return { kind: "paired", person };
    },
    async refuse(_by, code) {
      const pairing = fake.pairings.find((pairing) => pairing.code === code);
      if (pairing === undefined) return { kind: "unknown" };
      done.push(`refuse ${code}`);
      const turnedAway = { ...pairing, refusedMs: fake.nowMs() };
      fake.pairings = fake.pairings.map((other) => other === pairing ? turnedAway : other);
      return { kind: "turned-away", pairing: turnedAway };
    },
    self: async () => ({ kind: "person", person: fake.persons[0] ?? fakePerson }),
    async rename(_by, id, name) {
      if (name.trim() === "") return { kind: "bad-name" };
      const person = change(id, (person) => ({ ...person, name }));
      if (person === undefined) return { kind: "unknown" };
      done.push(`rename ${id} ${name}`);
      return { kind: "renamed", person };
    },
    async unlink(_by, accountId) {
      const owner = fake.persons.find(({ accounts }) => accounts.some(({ id }) => id === accountId));
      if (owner === undefined) return { kind: "unknown" };
      done.push(`unlink ${accountId}`);
      const without = { ...owner, accounts: owner.accounts.filter(({ id }) => id !== accountId) };
      return { kind: "unlinked", person: change(owner.id, () => without)! };
    },
    async linkCode(_by: Principal, id?: string) {
      if (id !== undefined && !fake.persons.some((person) => person.id === id)) return { kind: "unknown" };
      done.push(`link code ${id}`);
      return { kind: "code", code: "QRS-TUV-WXY", expiresMs: fake.nowMs() + 300_000 };
    },
  };

  function change(id: string, work: (person: Person) => Person): Person | undefined {
    fake.persons = fake.persons.map((person) => person.id === id ? work(person) : person);
    return fake.persons.find((person) => person.id === id);
  }

  const logs: Logs = {
    latest: (_by, { limit = 1_000 }) =>
      only("logs", () => ({ kind: "entries", life: "1", entries: fake.log.slice(-limit) })),
    follow: () => refused,
  };

  const fake: FakeConsole = {
    console,
    people,
    logs,
    parts: [],
    facts: [],
    sinceMs: 0,
    nowMs: () => Date.now(),
    offline: false,
    confinement: [],
    channels: [],
    models: [],
    plugins: { list: [], site: { devices: {} } },
    entries: [],
    verification: { kind: "never" },
    pairings: [],
    persons: [],
    log: [],
    isBusy: false,
    endViews() {
      views.abort();
      views = new AbortController();
    },
    done,
  };
  return fake;
}

/** All of {@link consoleParts}. */
export const everyPart: readonly ConsolePart[] = consoleParts;
