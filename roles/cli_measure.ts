import { createMeasuring } from "../adapters/engines/llama/measure_client.ts";
import type { MeasureModel } from "../core/ports/measure.ts";
import { resolvePath } from "../core/site.ts";
import { measuring } from "./model_runner.ts";
import { ownRunners } from "./own_processes.ts";

/** Measures in a process with just the rights that the plan gives a model-runner. */
export const measureModel: MeasureModel = createMeasuring((path) => ownRunners(resolvePath("/", path), [measuring]));
