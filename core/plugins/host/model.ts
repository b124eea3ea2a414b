import { type ModelReply, type ModelRequest, type ModelTokens, tokensOf } from "../../capabilities/model.ts";
import { failed, type HostCall, type HostCallsDeps, withheld, type Work } from "./call.ts";

/** Text by the site's model, without tools: what it writes decides nothing. */
export function createModelWork({ engine }: HostCallsDeps): Work<ModelTokens, ModelTokens, ModelRequest> {
  return async (
    { context, asked, granted, request, spent, signal }: HostCall<ModelTokens, ModelTokens, ModelRequest>,
  ) => {
    if (context.mode === "plan") return withheld;
    const left = tokensOf(asked, granted) - spent.tokens;
    const tokensMax = Math.min(left, request.tokens);
    if (tokensMax < 1) return failed("quota", `one call may have ${tokensOf(asked, granted)} tokens written`);
    // All of them until it is known how many it took.
    spent.tokens += tokensMax;
    let text = "";
    const messages = [{ role: "user", content: request.prompt }] as const;
    for await (const event of engine.generate({ messages, tokensMax }, signal)) {
      if (event.kind === "failed") {
        const code = event.failure.kind === "overflow" || event.failure.kind === "invalid"
          ? "too-large"
          : "unreachable";
        return failed(code, `the model gave no answer: ${event.failure.reason}`);
      }
      if (event.kind === "text") text += event.text;
      if (event.kind !== "end") continue;
      const tokens = Math.min(tokensMax, event.usage.answerTokens);
      spent.tokens -= tokensMax - tokens;
      if (event.reason === "cancelled") return failed("unreachable", "cancelled");
      return { ok: { text, tokens, cut: event.reason === "length" } satisfies ModelReply };
    }
    return failed("unreachable", "the model gave no answer");
  };
}
