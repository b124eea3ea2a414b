/** pymodbus's Modbus TCP server as a child of the test: a real server that isn't ours, and whoever else is at its machine. */
import { pymodbusFolder } from "../../scripts/fetch_device_servers.ts";
import { startServer } from "./child_server.ts";

/** One of a device's four tables. */
export type ModbusTable = "coil" | "discrete" | "holding" | "input";

/** One write that came over the wire: function code, register, and what was to be written. */
export type ModbusWrite = readonly [functionCode: number, register: number, values: readonly (number | boolean)[]];

/** A server that runs until it is disposed. */
export interface ModbusServer extends AsyncDisposable {
  readonly port: number;
  /** What another master does, or the machine itself. */
  set(table: ModbusTable, register: number, ...values: (number | boolean)[]): Promise<void>;
  get(table: ModbusTable, register: number, count?: number): Promise<readonly (number | boolean)[]>;
  /** What came over the wire since this was asked last. */
  writes(): Promise<readonly ModbusWrite[]>;
  /** From now on this function is refused for this register, with an exception; `0` takes that back. */
  refuse(functionCode: number, register: number, exception: number): Promise<void>;
}

/** Starts one with 200 of each table, all of them 0, as unit 1. */
export async function startModbusServer(): Promise<ModbusServer> {
  const server = await startServer("python3", [new URL("modbus_server.py", import.meta.url).pathname], {
    env: { PYTHONPATH: pymodbusFolder },
    missing: "run `./scripts/deno run -A scripts/fetch_device_servers.ts`",
  });
  const ask = async (wanted: Record<string, unknown>) => JSON.parse(await server.ask(JSON.stringify(wanted)));
  return {
    port: Number(await server.line()),
    set: (table, address, ...values) => ask({ do: "set", table, address, values }),
    get: async (table, address, count = 1) => (await ask({ do: "get", table, address, count })).values,
    writes: async () => (await ask({ do: "writes" })).writes,
    refuse: (functionCode, address, code) => ask({ do: "refuse", function: functionCode, address, code }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
