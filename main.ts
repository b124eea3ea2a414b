/**
 * The composition root: picks the role, and the role's file in `roles/` wires adapters into core. Nothing else wires.
 * Each role is imported only when it is the one, so that a process loads no code that it has no use for.
 */
const [role, ...args] = Deno.args;

switch (role) {
  case "plan":
    await (await import("./roles/plan.ts")).plan();
    break;
  case "host":
    await (await import("./roles/host.ts")).host();
    break;
  case "model-runner":
  case "embedding-runner":
    await (await import("./roles/model_runner.ts")).modelRunner(args);
    break;
  case "model-puller":
    await (await import("./roles/model_puller.ts")).modelPuller(args);
    break;
  case "model-quantizer":
    await (await import("./roles/model_quantizer.ts")).modelQuantizer(args);
    break;
  case "plugin-runner":
    await (await import("./roles/plugin_runner.ts")).pluginRunner();
    break;
  case "connector":
    await (await import("./roles/connector.ts")).connector(args);
    break;
  default:
    await (await import("./roles/cli.ts")).cli(Deno.args);
}
