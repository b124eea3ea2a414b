import type { Answer } from "./answer.ts";
import type { Guest } from "./guest.ts";
import { withMemoryMaximum } from "./memory_maximum.ts";
import { bodyBytesMax, type Order, OrderError, parseOrder } from "./order.ts";
import { type BlockingStream, createPipe, type Pipe } from "./pipe.ts";

/**
 * One process of plugins, from its first order until the host closes. Returns when it has.
 *
 * The SDK is loaded before the first order is waited for: this process may be the one that is kept ready.
 *
 * @throws When the host says what isn't an order.
 */
export async function servePlugin(stream: BlockingStream): Promise<void> {
  const { createGuest } = await import("./guest.ts");
  const pipe = createPipe(stream, bodyBytesMax);
  const module = await begin(pipe);
  if (module === undefined) return;
  const guest = createGuest(module, (capability, request) => ask(pipe, capability, request), collect);
  pipe.send({ op: "loaded" });
  collect(); // The module came in several copies, and is compiled when it is called.
  await serveCalls(pipe, guest);
}

/** Prepares a file, and that is all, or gives the module that is to be called. */
async function begin(pipe: Pipe): Promise<WebAssembly.Module | undefined> {
  const first = next(pipe);
  if (first === undefined) return undefined;
  const { order, body } = first;
  if (order.op === "prepare") return void await prepare(pipe, body);
  if (order.op !== "load") throw new OrderError(`${order.op} before a module`);
  const result = compiled(body, order.memoryBytesMax);
  if ("module" in result) return result.module;
  pipe.send(result.answer);
}

/** Collects garbage, where the engine was told to let itself be asked. */
function collect(): void {
  (globalThis as { readonly gc?: () => void }).gc?.();
}

async function serveCalls(pipe: Pipe, guest: Guest): Promise<void> {
  for (let received = next(pipe); received !== undefined; received = next(pipe)) {
    const { order, body } = received;
    if (order.op === "end-session") {
      guest.endSession(order.session);
      continue;
    }
    if (order.op !== "call") throw new OrderError(`${order.op} in place of a call`);
    const result = await guest.call(order, body);
    pipe.send(result.answer, result.body);
    guest.rest(body.length + (result.body?.length ?? 0));
  }
}

function next(pipe: Pipe): { readonly order: Order; readonly body: Uint8Array<ArrayBuffer> } | undefined {
  const message = pipe.receive();
  return message === undefined ? undefined : { order: parseOrder(message.header), body: message.body };
}

/** Asks the host, and waits: nothing else happens here meanwhile. */
function ask(pipe: Pipe, capability: string, request: Uint8Array): Uint8Array {
  pipe.send({ op: "host", capability }, request);
  const reply = next(pipe);
  if (reply?.order.op !== "reply") throw new OrderError("No reply to what was asked");
  return reply.body;
}

async function prepare(pipe: Pipe, file: Uint8Array): Promise<void> {
  const { prepareModule } = await import("./module/mod.ts");
  const result = prepareModule(file);
  if (result.kind === "refused") return pipe.send({ op: "refused", code: result.code, reason: result.reason });
  const { bytes, imports, memoryBytesMax, manifest } = result;
  pipe.send({ op: "prepared", imports, memoryBytesMax, manifest }, bytes);
}

function compiled(
  prepared: Uint8Array<ArrayBuffer>,
  memoryBytesMax: number,
): { readonly module: WebAssembly.Module } | { readonly answer: Answer } {
  const failed = (code: string, reason: string) => ({ answer: { op: "failed", code, reason, logs: [] } } as const);
  const bytes = withMemoryMaximum(prepared, memoryBytesMax);
  if (bytes === undefined) return failed("memory", `it begins with more than ${memoryBytesMax} bytes of memory`);
  try {
    return { module: new WebAssembly.Module(bytes) };
  } catch (error) {
    return failed("invalid", error instanceof Error ? error.message.slice(0, 1_000) : "it can't be compiled");
  }
}
