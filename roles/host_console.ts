import { installed } from "../adapters/models/installed.ts";
import { createModelPuller } from "../adapters/models/puller_client.ts";
import type { Policy } from "../core/access.ts";
import type { Assistant } from "../core/assistant.ts";
import { type ConsoleModel, createConsole } from "../core/console/console.ts";
import type { Console, PluginsView } from "../core/console/types.ts";
import type { HostStart } from "../core/host_start.ts";
import type { Approvals } from "../core/approvals.ts";
import type { People } from "../core/people.ts";
import { databaseFiles } from "../core/permissions.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Runners } from "../core/ports/runner.ts";
import type { Store } from "../core/ports/store.ts";
import type { Vault } from "../core/vault.ts";

/** What the console of a running host is made of. */
export interface HostConsoleDeps {
  readonly start: HostStart;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: () => Policy;
  readonly assistant: Pick<Assistant, "status">;
  readonly people: People;
  readonly approvals: Approvals;
  readonly engine: ConsoleModel["engine"];
  readonly embedder: ConsoleModel["engine"];
  readonly plugins: () => PluginsView;
  readonly runners: Runners;
  /** What a server is asked for, where it turns texts into vectors. */
  readonly embeddingModelName?: string;
  readonly closing: AbortSignal;
}

/** Wires the console of a host; it looks at how things are until `closing` aborts. */
export function openConsole(deps: HostConsoleDeps): Console {
  const { site } = deps.start;
  const console = createConsole({
    ...deps,
    status: deps.assistant.status,
    models: modelsOf(deps),
    modelsFolder: site.modelsFolder,
    installed: () => installed(site.modelsFolder),
    databaseBytes: () => bytesOf(databaseFiles(site.databasePath)),
    memoryBytes: () => Deno.memoryUsage().rss,
    ...(deps.start.pulls ? { puller: createModelPuller(deps.runners) } : {}),
    isProposed: () => Deno.stat(site.proposalPath).then(() => true, missing(false)),
  });
  void console.watch(deps.closing);
  return console;
}

function modelsOf(
  { start, engine, embedder, embeddingModelName }: HostConsoleDeps,
): Partial<Record<"chat" | "embedding", ConsoleModel>> {
  const { model, embedding } = start;
  const chat = "server" in model
    ? { name: model.name, server: model.server, engine }
    : { name: model.name, path: model.path, engine };
  if (embedding !== undefined) {
    return { chat, embedding: { name: embedding.name, path: embedding.path, engine: embedder } };
  }
  if (embeddingModelName === undefined || !("server" in model)) return { chat };
  return { chat, embedding: { name: embeddingModelName, server: model.server, engine } };
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map((path) => Deno.stat(path).then(({ size }) => size, missing(0))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What stands for a file that isn't there. */
function missing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Deno.errors.NotFound) return value;
    throw error;
  };
}
