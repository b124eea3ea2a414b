import { strictEqual } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import type { AuditList, PluginList } from "../../../schema/api.ts";
import { buildPlugins } from "../../../scripts/plugin_build.ts";
import { type CommandResult, runCommand } from "../../command_line.ts";
import { type ModbusServer, startModbusServer } from "../../contract/modbus_server.ts";
import { type ModbusGate, startModbusGate } from "../../modbus_gate.ts";
import { type Site, startSite } from "../../site.ts";
import { type Person, type ShownMessage, TelegramEmulator } from "../../telegram_emulator.ts";

const main = `${checkout}/tests/e2e/plugins/machine_main.ts`;

const grantMsMax = 30_000;

/** Holding registers of the pump. */
export const [speed, run] = [40, 41];

/** A site with pump 7, and three people who write to it on Telegram. */
export interface Plant extends AsyncDisposable {
  readonly site: Site;
  readonly modbus: ModbusServer;
  /** Between the connector and the server. */
  readonly gate: ModbusGate;
  /** Of the plugin's file. */
  readonly digest: string;
  /** Operates, and writes English. */
  readonly ann: Person;
  /** Operates, and writes Chinese. */
  readonly li: Person;
  /** Approves. */
  readonly bob: Person;
  /** What somebody is told next that matches: later than all that they heard by this before. */
  hears(person: Person, pattern: RegExp): Promise<ShownMessage>;
  clawdbot(...words: string[]): Promise<CommandResult>;
  /** Steps of tools and approvals that the audit has since this was asked last, oldest first. */
  steps(): Promise<readonly string[]>;
}

/**
 * Pump 7 runs at 1200 rpm. `machine.switch` must be approved, so what it would write is found out before; `machine.set` is
 * called at once, and what it proposes must be approved.
 */
export async function openPlant(): Promise<Plant> {
  await using opened = new AsyncDisposableStack();
  const modbus = opened.use(await startModbusServer());
  await modbus.set("holding", speed, 1200, 1);
  const gate = opened.use(startModbusGate(modbus.port));
  const telegram = opened.use(await TelegramEmulator.start());
  const [ann, bob] = [telegram.person("Ann"), telegram.person("Bob")];
  const li = telegram.person({ first_name: "李", language_code: "zh-hans" });
  const [plugin] = await buildPlugins({ names: ["machine"], note() {} });
  const { path, sha256: digest } = plugin!;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-machine-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  await Deno.mkdir(`${folder}/data/plugins`, { recursive: true });
  await Deno.copyFile(path, `${folder}/data/plugins/machine.wasm`);
  const config = `
protocol: { telegram: { token: "${telegram.token}", api_root: "${telegram.apiRoot}" } }
devices:
  pump-7:
    type: modbus
    address: 127.0.0.1:${gate.port}
    words: [pump 7, 7号泵]
    timeout: 30 s
    tags:
      speed: { register: ${speed}, access: write, unit: rpm, min: 0, max: 1500, words: [speed, 转速] }
      run: { register: ${run}, access: write, min: 0, max: 1, values: { 0: stopped, 1: running } }
plugins:
  machine: { digest: "sha256:${digest}", grant: { device: { read: [pump-7.*], write: [pump-7.*] } } }
access:
  roles: { operator: {}, lead: {} }
  bindings: { operator: ["telegram:${ann.id}", "telegram:${li.id}"], lead: ["telegram:${bob.id}"] }
  rules:
    - { effect: allow, role: operator, action: use, resource: "tool:machine.*" }
    - { effect: ask, action: use, resource: "tool:machine.switch" }
    - { effect: allow, role: lead, action: [use, approve], resource: ["tool:machine.*", "device:pump-7.*"] }
`;
  const site = opened.use(await startSite({ main, folder, config }));
  await site.untilReady();
  await untilGranted(site);
  const heard = new Map<Person, number>();
  let auditedId = "";
  const plant: Omit<Plant, keyof AsyncDisposable> = {
    ...{ site, modbus, gate, digest, ann, li, bob },
    async hears(person, pattern) {
      const isNext = ({ id, text }: ShownMessage) => id > (heard.get(person) ?? 0) && pattern.test(text);
      const next = await telegram.until(() => telegram.said(person).find(isNext), `${pattern}`).catch((cause) => {
        throw new Error(JSON.stringify(telegram.said(person).map(({ text }) => text)), { cause });
      });
      heard.set(person, next.id);
      return next;
    },
    clawdbot: (...words) => runCommand(["--config", `${folder}/config.yaml`, ...words], { home: `${folder}/home` }),
    async steps() {
      const { entries }: AuditList = JSON.parse((await plant.clawdbot("audit", "list", "--json")).stdout);
      const fresh = entries.filter(({ id }) => id > auditedId).toReversed();
      auditedId = fresh.at(-1)?.id ?? auditedId;
      return fresh.filter(({ resource }) => /^(?:approval|tool):/.test(resource))
        .map(({ name, principal, action, outcome }) => `${name ?? principal}: ${action} ${outcome}`);
    },
  };
  await Promise.all([ann, li, bob].map((person) => letIn(plant, person)));
  const rest = opened.move();
  return { ...plant, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Until then it is answered without the plugin's tools. */
async function untilGranted(site: Site): Promise<void> {
  for (const endMs = Date.now() + grantMsMax;;) {
    const { plugins: [machine] }: PluginList = await (await site.api("/api/plugins")).json();
    if (machine?.tools !== undefined) return;
    if (Date.now() > endMs) throw new Error(`The plugin is never ready: ${JSON.stringify(machine)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function letIn({ site, hears }: Pick<Plant, "site" | "hears">, person: Person): Promise<void> {
  person.write("hello");
  const pattern = /[0-9A-Z]{3}-[0-9A-Z]{3}/;
  const body = JSON.stringify({ code: pattern.exec((await hears(person, pattern)).text)![0] });
  const headers = { "content-type": "application/json" };
  strictEqual((await site.api("/api/pairings/confirm", { method: "POST", body, headers })).status, 200);
  await hears(person, /^The answer\.$/);
}
