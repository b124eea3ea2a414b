/** What every driver of machines must do, over a real server that isn't ours, and over a way to it that can fail. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import type { DeviceDriver } from "../../adapters/connector/driver.ts";
import type { ResolvedSecrets } from "../../core/config/secrets.ts";
import type { Device, TagValue } from "../../core/devices.ts";
import { createMachines, type Machines } from "../../core/machines.ts";
import type { Connector } from "../../core/ports/connector.ts";
import type { ProposedWrite } from "../../core/tools/types.ts";
import { Secret } from "../../schema/secret.ts";
import { FaultyProxy } from "../faulty_proxy.ts";

/** A server with one device: `level` (a number, written and read), `lamp` (a switch), `sealed` (refused by the server). */
export interface DeviceStand extends AsyncDisposable {
  readonly port: number;
  /** The device as it is configured, at an address. */
  device(address: string): Device;
  createDriver(): DeviceDriver;
  /** What somebody else does at the machine. */
  set(tag: "level" | "lamp", value: TagValue): Promise<void>;
  get(tag: "level" | "lamp"): Promise<TagValue>;
  /** The password, if there is one: it must stand in no reason. */
  readonly password?: string;
}

const never = new AbortController().signal;

/** A connector without a process of its own. */
export function connectorOf(driver: DeviceDriver): Connector {
  return {
    request: () => Promise.resolve({ kind: "refused", reason: "no machine needs this" }),
    read: (...asked) => driver.read(...asked),
    write: (...asked) => driver.write(...asked),
    close: () => Promise.resolve(driver.close()),
  };
}

interface Here extends AsyncDisposable {
  readonly stand: DeviceStand;
  readonly proxy: FaultyProxy;
  readonly machines: Machines;
  /** What happens right after the device has acknowledged a write. */
  afterWrite: () => Promise<unknown>;
  propose(tag: string, value: TagValue): Promise<ProposedWrite>;
}

/** Registers the tests of one driver. */
export function deviceContract(name: string, start: () => Promise<DeviceStand>): void {
  const test = (does: string, body: (here: Here) => Promise<void>) =>
    Deno.test(`${name}: ${does}`, async () => {
      await using here = await begin(start);
      await body(here);
    });

  test("what is there is read, as it is now", async ({ stand, machines }) => {
    for (const value of [0, 12.5, 100]) {
      await stand.set("level", value);
      deepStrictEqual(await machines.read("it", "level", never), { kind: "read", value, unit: "%" });
    }
    for (const value of [true, false, true]) {
      await stand.set("lamp", value);
      deepStrictEqual(await machines.read("it", "lamp", never), { kind: "read", value });
    }
  });

  test("what is written is there, and was read back", async ({ stand, machines, propose }) => {
    await stand.set("level", 1);
    await stand.set("lamp", false);
    deepStrictEqual(await machines.write(await propose("level", 99.5), never), { kind: "done", value: 99.5 });
    deepStrictEqual(await machines.write(await propose("lamp", true), never), { kind: "done", value: true });
    deepStrictEqual(await machines.write(await propose("lamp", false), never), { kind: "done", value: false });
    deepStrictEqual([await stand.get("level"), await stand.get("lamp")], [99.5, false]);
  });

  test("many readings at once are all answered", async ({ stand, machines }) => {
    await stand.set("level", 7);
    await stand.set("lamp", true);
    const readings = await Promise.all(
      Array.from({ length: 16 }, (_, index) => machines.read("it", index % 2 === 0 ? "level" : "lamp", never)),
    );
    deepStrictEqual(new Set(readings.map((read) => JSON.stringify(read))).size, 2);
    ok(readings.every(({ kind }) => kind === "read"));
  });

  test("what another changed before is not overwritten", async ({ stand, machines, propose }) => {
    await stand.set("level", 10);
    const proposed = await propose("level", 20);
    await stand.set("level", 11);
    deepStrictEqual(await machines.write(proposed, never), {
      kind: "void",
      reason: "it reads 11 now, not 10 as was shown",
    });
    strictEqual(await stand.get("level"), 11);
  });

  test("what another changed right after is found by reading back, and said", async (here) => {
    const { stand, machines, propose } = here;
    await stand.set("level", 10);
    here.afterWrite = () => stand.set("level", 33);
    deepStrictEqual(await machines.write(await propose("level", 20), never), {
      kind: "different",
      value: 33,
      reason: "it was sent 20, and reads 33",
    });
  });

  test("a connection that was lost between write and reading back leaves it unknown", async (here) => {
    const { stand, proxy, machines, propose } = here;
    await stand.set("level", 10);
    here.afterWrite = async () => {
      await proxy.fault("cuts"); // ends the connection that is there
      await proxy.fault("none"); // and lets the next through
      await systemClock.sleep(20, never);
    };
    const outcome = await machines.write(await propose("level", 20), never);
    deepStrictEqual(outcome, {
      kind: "unknown",
      reason: "it was sent, and can't be read back: the connection was lost after it was written",
    });
    here.afterWrite = () => Promise.resolve();
    await systemClock.sleep(1_100, never); // past the device's own time, what was lost is told no more
    deepStrictEqual(await machines.read("it", "level", never), { kind: "read", value: 20, unit: "%" });
  });

  test("a way that breaks at any step is unreachable before, and unknown after", async ({ stand, proxy, machines, propose }) => {
    await stand.set("level", 10);
    const proposed = await propose("level", 20);
    await proxy.fault("refuses");
    strictEqual((await machines.write(proposed, never)).kind, "unreachable");
    await proxy.fault("silent");
    strictEqual((await machines.read("it", "level", never)).kind, "unreachable");
    strictEqual((await machines.write(proposed, never)).kind, "unreachable");
    await proxy.fault("none");
    strictEqual(await stand.get("level"), 10);
    await eventually(async () => (await machines.read("it", "level", never)).kind === "read");
    deepStrictEqual(await machines.write(proposed, never), { kind: "done", value: 20 });
  });

  test("no answer to a write is unknown", async (here) => {
    const { stand, proxy, propose } = here;
    await stand.set("level", 10);
    const proposed = await propose("level", 20);
    const driver = stand.createDriver();
    const device = { ...stand.device(`127.0.0.1:${proxy.port}`), ...passwordOf(stand) };
    strictEqual((await driver.read(device, "level", never)).kind, "read");
    await proxy.fault("silent");
    const written = await driver.write(device, "level", 20, never);
    // A broker is asked to say what is said back before anything is sent: then nothing has left.
    match(written.kind, /^(?:unknown|unreachable)$/);
    const cancel = new AbortController();
    cancel.abort();
    strictEqual((await driver.write(device, "level", 20, cancel.signal)).kind, "unreachable");
    driver.close();
    strictEqual(proposed.value, 20);
  });

  test("what the server refuses is refused, in words that hold no secret", async ({ stand, machines }) => {
    const read = await machines.read("it", "sealed", never);
    ok(read.kind === "refused" || read.kind === "unreachable", JSON.stringify(read));
    ok(stand.password === undefined || !JSON.stringify(read).includes(stand.password));
  });

  test("what was cancelled ends at once", async ({ proxy, machines }) => {
    await proxy.fault("silent");
    const cancel = new AbortController();
    const reading = machines.read("it", "level", cancel.signal);
    cancel.abort();
    strictEqual((await reading).kind, "unreachable");
  });
}

async function begin(start: () => Promise<DeviceStand>): Promise<Here> {
  const stand = await start();
  const proxy = await FaultyProxy.start(stand.port);
  const driver = stand.createDriver();
  const device = stand.device(`127.0.0.1:${proxy.port}`);
  const inner = connectorOf(driver);
  const machines = createMachines({
    connector: {
      ...inner,
      async write(...asked) {
        const written = await inner.write(...asked);
        if (written.kind === "written") await here.afterWrite();
        return written;
      },
    },
    devices: () => ({ it: device }),
    secrets: (): ResolvedSecrets => {
      const { password } = stand;
      if (password === undefined) return {};
      return { "/devices/it/password": { kind: "resolved", value: new Secret(password) } };
    },
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });
  const here: Here = {
    stand,
    proxy,
    machines,
    afterWrite: () => Promise.resolve(),
    async propose(tag, value) {
      const proposed = await machines.propose("it", tag, value, never);
      ok(!("kind" in proposed), JSON.stringify(proposed));
      return proposed;
    },
    async [Symbol.asyncDispose]() {
      machines.close();
      driver.close();
      await proxy.close();
      await stand[Symbol.asyncDispose]();
    },
  };
  return here;
}

function passwordOf({ password }: DeviceStand): { readonly passwordText?: string } {
  return password === undefined ? {} : { passwordText: password };
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) if (await holds()) return;
  throw new Error("It never came about");
}
