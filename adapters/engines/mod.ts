/** Every engine there is, by its name in the configuration. Lazy, so that an unused one costs nothing. */
export const engines = {
  llama: () => import("./llama/client.ts"),
  openai: () => import("./openai/engine.ts"),
};
