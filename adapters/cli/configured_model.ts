import { type ModelList, modelList } from "../../schema/api.ts";
import type { CliContext } from "./context.ts";
import { hostFailure } from "./report.ts";

/** A model that the running host has a use for. */
export type ConfiguredModel = ModelList["models"][number] & {
  readonly use: NonNullable<ModelList["models"][number]["use"]>;
};

/** The model of this name that the host uses; without a name, the one that answers. Or one line that says why there is none. */
export async function configuredModel(
  name: string | undefined,
  context: CliContext,
): Promise<
  { readonly kind: "found"; readonly model: ConfiguredModel } | { readonly kind: "failed"; readonly line: string }
> {
  const { text: { cli, models: said } } = context;
  const answer = await context.host().call("GET", "/api/models", { schema: modelList });
  if (answer.kind !== "ok") return { kind: "failed", line: hostFailure(answer, cli) };
  const used = answer.value.models.filter((model): model is ConfiguredModel => model.use !== undefined);
  const model = used.find((model) => name === undefined ? model.use.for === "chat" : model.name === name);
  if (model !== undefined) return { kind: "found", model };
  return { kind: "failed", line: said.notUsed(name ?? "", used.map(({ name }) => name).join(", ")) };
}
