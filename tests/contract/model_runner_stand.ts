/** A real model runner as a child of the test, with the flags of the permission plan and nothing else. */
import { systemClock } from "../../adapters/clock/system.ts";
import { createLlamaEngine, type LlamaEngineOptions } from "../../adapters/engines/llama/client.ts";
import { llamaLibrariesFolder, llamaPlatform } from "../../adapters/engines/llama/release.ts";
import { workerFiles } from "../../adapters/engines/llama/worker_files.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import { planOf } from "../../core/permissions.ts";
import type { Engine } from "../../core/ports/engine.ts";
import type { Log } from "../../core/ports/log.ts";
import type { RunnerRole, Runners } from "../../core/ports/runner.ts";
import { testModel } from "../site.ts";

const checkout = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** llama.cpp's libraries: `CLAWDBOT_LLAMA_LIBRARIES`, else where `scripts/fetch_llama.ts` puts them. */
export const testLibraries: string = Deno.env.get("CLAWDBOT_LLAMA_LIBRARIES") ??
  `${checkout}/${llamaLibrariesFolder(llamaPlatform(Deno.build.os, Deno.build.arch) ?? "linux-x64")}`;

/** The runners that one test started. Disposing of it ends them and waits until they are gone. */
export interface ModelRunners extends Runners, AsyncDisposable {
  /** The process ids, in the order of their start. */
  readonly pids: readonly number[];
  /** Resolves when every process that was started is gone. */
  gone(): Promise<void>;
}

/** What else a runner has that isn't as on an ordinary day. */
export interface RunnerFaults {
  readonly librariesFolder?: string;
  /** Memory of its own that the system gives it at most. */
  readonly dataBytesMax?: number;
}

/** Runners for one model file, or of another role: `connectorTargets` are what a connector may reach. */
export function createModelRunners(
  modelPath: string = testModel(),
  role: RunnerRole = "model-runner",
  connectorTargets: readonly string[] = [],
  { librariesFolder = testLibraries, dataBytesMax }: RunnerFaults = {},
): ModelRunners {
  const children: Deno.ChildProcess[] = [];
  const kill = (child: Deno.ChildProcess) => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it is gone already
    }
  };
  const gone = async () => void (await Promise.all(children.map((child) => child.status)));
  const plan = planOfRunner(modelPath, role, connectorTargets, librariesFolder);
  const program = [Deno.execPath(), ...plan.args];
  const [command = "", ...args] = dataBytesMax === undefined
    ? program
    : ["/bin/sh", "-c", `ulimit -d ${Math.floor(dataBytesMax / 1_024)}; exec "$@"`, "sh", ...program];
  return {
    pids: [],
    gone,
    async connect() {
      const child = new Deno.Command(command, {
        args,
        clearEnv: true,
        env: { ...plan.environment },
        stdin: "piped",
        stdout: "piped",
        stderr: Deno.env.has("CLAWDBOT_TEST_VERBOSE") ? "inherit" : "null",
      }).spawn();
      children.push(child);
      (this.pids as number[]).push(child.pid);
      const writer = child.stdin.getWriter();
      writer.closed.catch(() => {}); // the frames' end says it
      return {
        kind: "connected",
        connection: {
          frames: decodeFrames(child.stdout),
          send: (frame) => writer.write(encodeFrame(frame)),
          close: () => kill(child),
        },
      };
    },
    async [Symbol.asyncDispose]() {
      children.forEach(kill);
      await gone();
    },
  };
}

/** An engine over real runners, with what a test wants different. */
export function createTestEngine(runners: Runners, options: Partial<LlamaEngineOptions> = {}): Engine {
  return createLlamaEngine({
    runners,
    clock: systemClock,
    random: systemRandom,
    log: silent,
    sequencesMax: 8,
    contextTokens: 2_048,
    keepAliveMs: 60_000,
    ...options,
  });
}

/** A log that nobody reads. */
export const silent: Log = { info: () => {}, warn: () => {}, error: () => {} };

function planOfRunner(
  modelPath: string,
  role: RunnerRole,
  connectorTargets: readonly string[],
  librariesFolder: string,
) {
  const home = "/home/tester";
  const result = planOf({
    configuration: {
      offline: true,
      listen: { hostname: "127.0.0.1", port: 8080 },
      tlsFiles: [],
      protocols: [],
      modelPath,
      embeddingPath: modelPath,
      memoryBytesMax: 4e9,
      pluginFiles: [],
      connectorTargets,
    },
    site: {
      baseFolder: home,
      dataFolder: `${home}/.clawdbot`,
      databasePath: `${home}/.clawdbot/clawdbot.db`,
      modelsFolder: `${home}/.clawdbot/models`,
      pluginsFolder: "/tmp/clawdbot-test/plugins",
      objectsFolder: `${home}/.clawdbot/objects`,
      logsFolder: `${home}/.clawdbot/logs`,
      proposalPath: `${home}/.clawdbot/proposal/config.proposed.yaml`,
      lockPath: `${home}/.clawdbot/lock`,
      runtimeFolder: "/tmp/clawdbot-test",
      hostSocket: "/tmp/clawdbot-test/host.sock",
      runnerSockets: {
        "model-runner": "/tmp/clawdbot-test/model-runner.sock",
        "embedding-runner": "/tmp/clawdbot-test/embedding-runner.sock",
        "model-puller": "/tmp/clawdbot-test/model-puller.sock",
        "plugin-runner": "/tmp/clawdbot-test/plugin-runner.sock",
        "connector": "/tmp/clawdbot-test/connector.sock",
      },
      keyPath: `${home}/.config/clawdbot/key`,
    },
    program: {
      main: `${checkout}/main.ts`,
      cacheFolder: Deno.env.get("DENO_DIR") ??
        `${Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`}/deno`,
      flags: ["--no-check", `--config=${checkout}/deno.json`],
      librariesFolder,
      workerFiles: workerFiles.map((path) => `${checkout}/${path}`),
    },
    channelHosts: {},
  });
  if (result.kind === "refused") throw new Error(JSON.stringify(result.problems));
  const plan = result.processes.find((process) => process.role === role);
  if (plan === undefined) throw new Error(`The plan has no ${role}`);
  return plan;
}
