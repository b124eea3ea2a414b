import { formatProblem, parseConfig } from "../core/config.ts";
import { golden } from "../tests/golden.ts";
import { protocolSections } from "./channels.ts";
import { planFor, type PlanRequest } from "./plan.ts";

const request: PlanRequest = {
  machine: { configPath: "/home/ann/site/config.yaml", home: "/home/ann", uid: 1000, runtimeRoot: "/run/user/1000" },
  program: {
    main: "/opt/clawdbot/main.ts",
    cacheFolder: "/home/ann/.cache/deno",
    flags: ["--no-check", "--config=/opt/clawdbot/deno.json"],
    librariesFolder: "/opt/clawdbot/llama",
    workerFiles: ["/opt/clawdbot/worker.ts"],
  },
  modelsHere: ["my-model", "smollm2-135m"],
  modelDefault: "qwen2.5-coder-1.5b",
  memoryBytes: 16_000_000_000,
};

/** As if this version had these channels. */
const channelHosts = {
  discord: ["discord.com:443", "gateway.discord.gg:443"],
  mqtt: ["127.0.0.1:1883"],
};

const sections = await protocolSections();

golden(new URL("../tests/golden/plan/", import.meta.url), (input) => {
  const parsed = parseConfig(input, "config.yaml", sections);
  if (parsed.kind === "refused") return parsed.problems.map(formatProblem).join("\n");
  const planned = planFor(request, parsed, channelHosts);
  if (planned.kind === "refused") return planned.lines.join("\n");
  const { processes, secrets, start } = planned.answer;
  return [
    ...processes.flatMap(({ role, args, environment, limits }) => [
      role,
      ...args.map((arg) => `  ${arg}`),
      ...Object.entries({ ...environment, ...limits }).map(([name, value]) => `  ${name}=${value}`),
    ]),
    "secrets",
    ...secrets.map((secret) => `  ${JSON.stringify(secret)}`),
    "start",
    `  ${JSON.stringify({ ...start, document: undefined, version: undefined, site: undefined })}`,
  ].join("\n");
});
