/**
 * Runs in the place of the program, under the very flags of a role, and tries what it is told to: as host at the
 * host's socket, as runner on stdin and stdout. One JSON frame is an order, one the report.
 */
import { exec, spawn } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { createSocketRunners } from "../../adapters/runners/socket.ts";
import { decodeFrames, encodeFrame, type Frame } from "../../core/frames.ts";
import { type HostStart, parseHostStart } from "../../core/host_start.ts";
import type { Connection } from "../../core/ports/runner.ts";
import { performNatively } from "./native.ts";
import type { HostOrder, Order, Report } from "./orders.ts";

const kept: Uint8Array[] = [];

async function attempt(order: Order, facts: unknown): Promise<Report> {
  try {
    return { kind: "done", value: await perform(order, facts) };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    const reason = (error instanceof Error ? error.message : String(error)) + cause;
    // Modules and databases wrap the refusal; its words stay.
    const refused = error instanceof Deno.errors.NotCapable || /^Requires \w+ access to/.test(reason);
    return { kind: refused ? "refused" : "failed", reason };
  }
}

async function perform(order: Order, facts: unknown): Promise<unknown> {
  switch (order.try) {
    case "read":
      return (await Deno.readFile(order.path)).length;
    case "write":
      return void await Deno.writeTextFile(order.path, "probe");
    case "list":
      return [...Deno.readDirSync(order.path)].length;
    case "dlopen":
      return Deno.dlopen(order.path, {}).close();
    case "import":
      return Object.keys(await import(order.path));
    case "unix":
      return (await Deno.connect({ transport: "unix", path: order.path })).close();
    case "sqlite": {
      using database = new DatabaseSync(order.path);
      return database.exec(
        "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS probe (a); INSERT INTO probe VALUES (1)",
      );
    }
    case "run":
      return (await new Deno.Command(order.path).output()).code;
    case "runWith":
      return (await new Deno.Command(order.path, { env: { DENO_V8_FLAGS: "--jitless", NODE_OPTIONS: "-r x" } })
        .output())
        .code;
    case "spawn":
      return await new Promise((resolve, reject) => spawn(order.path).on("error", reject).on("close", resolve));
    case "shell":
      return await new Promise((resolve, reject) => exec(order.path, (error) => error ? reject(error) : resolve(0)));
    case "remove":
      return await Deno.remove(order.path);
    case "symlink":
      return await Deno.symlink(order.path, order.to);
    case "link":
      return await Deno.link(order.path, order.to);
    case "rename":
      return await Deno.rename(order.path, order.to);
    case "race":
      return await race(order.path, order.to);
    case "native":
      return performNatively(order);
    case "connect":
      return (await Deno.connect(order)).close();
    case "listen":
      return Deno.listen(order).close();
    case "fetch":
      return (await fetch(order.url)).status;
    case "resolve":
      return await Deno.resolveDns(order.name, "A");
    case "env":
      return { value: Deno.env.get(order.name), count: Object.keys(Deno.env.toObject()).length };
    case "sys":
      if (order.name === "memory") return Deno.systemMemoryInfo().available > 0;
      return order.name === "uid" ? Deno.uid() : Deno.hostname();
    case "query":
      return (await Deno.permissions.query(order.right)).state;
    case "facts":
      return facts;
    case "exit":
      return Deno.exit(order.code);
    case "spin":
      for (;;);
    case "grow": {
      const bytes = new Uint8Array(order.bytes).fill(1);
      return kept.push(bytes);
    }
    case "sleep":
      return new Promise(() => setInterval(() => {}, 60_000));
  }
}

/** @throws What the last link was refused with, when nothing but its own file was ever read. */
async function race(path: string, target: string): Promise<string> {
  let refusal: unknown;
  for (let round = 0; round < 50; round++) {
    const link = `${path}.link`;
    await Deno.writeTextFile(path, "own");
    await Deno.symlink(target, link).then(() => Deno.rename(link, path)).catch((error) => refusal = error);
    await Deno.link(target, link).then(() => Deno.rename(link, path)).catch((error) => refusal = error);
    const read = await Deno.readTextFile(path);
    if (read !== "own") return read;
  }
  throw refusal;
}

function json(value: unknown): Frame {
  return { kind: "json", value };
}

function orderOf(frame: Frame): HostOrder {
  if (frame.kind !== "json") throw new Error("An order is JSON");
  return frame.value as HostOrder;
}

/** Ends when its orders do: then host or launcher is gone. */
async function runner(args: readonly string[]): Promise<void> {
  const out = Deno.stdout.writable.getWriter();
  for await (const frame of decodeFrames(Deno.stdin.readable)) {
    await out.write(encodeFrame(json(await attempt(orderOf(frame) as Order, { args, pid: Deno.pid }))));
  }
}

async function host(): Promise<void> {
  const frames = decodeFrames(Deno.stdin.readable);
  const first = await frames.next();
  if (first.done || first.value.kind !== "json") throw new Error("No start frame");
  const start = parseHostStart(first.value.value);
  (async () => {
    while (!(await frames.next()).done);
    Deno.exit(0); // the launcher is gone
  })();
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  const runners = createSocketRunners(start.site.runnerSockets);
  const connections = new Map<string, Connection>();
  for await (const socket of Deno.listen({ transport: "unix", path: start.site.hostSocket })) {
    (async () => {
      for await (const frame of decodeFrames(socket.readable)) {
        const order = orderOf(frame);
        const report = "runner" in order ? await withRunner(order) : await attempt(order, factsOf(start));
        await socket.write(encodeFrame(json(report)));
      }
    })().catch(() => {});
  }

  async function withRunner(order: Extract<HostOrder, { runner: string }>): Promise<Report> {
    if (order.do === "open") {
      const opened = await runners.connect(order.role ?? "model-runner", AbortSignal.timeout(10_000));
      if (opened.kind === "unavailable") return { kind: "failed", reason: opened.reason };
      connections.set(order.runner, opened.connection);
      return { kind: "done" };
    }
    const connection = connections.get(order.runner);
    if (connection === undefined) return { kind: "failed", reason: "no such runner" };
    if (order.do === "close") return { kind: "done", value: connection.close() };
    if (order.do === "tell" || order.do === "ask") await connection.send(json(order.order));
    if (order.do === "tell") return { kind: "done" };
    const next = await connection.frames[Symbol.asyncIterator]().next();
    if (order.do === "untilEnded") return next.done ? { kind: "done" } : { kind: "failed", reason: "it still speaks" };
    if (next.done) return { kind: "failed", reason: "ended" };
    return (next.value.kind === "json" ? next.value.value : undefined) as Report;
  }
}

function factsOf({ keyEncryptionKey, ...start }: HostStart): unknown {
  return { ...start, keyBytes: keyEncryptionKey.length, pid: Deno.pid, args: Deno.args };
}

const [role, ...args] = Deno.args;
await (role === "host" ? host() : runner(args));
