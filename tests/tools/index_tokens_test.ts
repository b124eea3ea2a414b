import { ok } from "node:assert/strict";
import { toolIndex } from "../../core/tools/index_line.ts";
import { createModelRunners, createTestEngine } from "../contract/model_runner_stand.ts";
import { tool } from "./site.ts";

// Goal: under 600 tokens for the first turn with 50 tools installed, by a real model's own count.
Deno.test("the index of fifty tools has less than 600 tokens", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const plugins = ["irrigation", "boiler_house", "conveyors", "meeting_rooms", "air_handling"];
  const verbs = [
    "start",
    "stop",
    "set_speed",
    "read_state",
    "acknowledge",
    "open",
    "close",
    "reset",
    "list",
    "calibrate",
  ];
  const index = toolIndex(
    plugins.flatMap((plugin) =>
      verbs.map((verb) =>
        tool(`${plugin}.${verb}`, `Does ${verb} for what is named of the ${plugin} of this site.`, {})
      )
    ),
  );
  const counted = await engine.countTokens([index], new AbortController().signal);
  ok(counted.kind === "counted" && counted.counts[0]! < 600, JSON.stringify(counted));
  ok(index.split("\n").length === 50, index);
  await engine.close();
});
