/**
 * Grammars for servers that only know JSON Schema: the text stands in an object, as one of a list of texts, or as what
 * a pattern matches.
 */
import type { EngineEvent, EngineFailure, GenerateRequest, JsonSchema } from "../../../core/ports/engine.ts";
import type { Grammar } from "../../../core/ports/grammar.ts";
import { accepts, patternOf, textsOf } from "../grammar/neutral.ts";
import { createStopStrings } from "../stop_strings.ts";

/** Alternatives of one `enum`, at most. Source: https://platform.openai.com/docs/guides/structured-outputs */
const textsMax = 250;
/** Tokens that the object takes around the text. */
const objectTokens = 12;

/** The request whose answer {@link unwrap} takes apart again. */
export function wrap(request: GenerateRequest, grammar: Grammar): GenerateRequest {
  const { stop: _, alternativesMax: __, ...rest } = request;
  const texts = textsOf(grammar, textsMax);
  const text: JsonSchema = texts === undefined
    ? { type: "string", pattern: patternOf(grammar) }
    : { type: "string", enum: texts };
  const schema = { type: "object", properties: { text }, required: ["text"], additionalProperties: false };
  return { ...rest, tokensMax: request.tokensMax + objectTokens, format: { kind: "schema", schema } };
}

/** The text alone, in one piece once the answer is whole. A server that held to nothing fails the request. */
export async function* unwrap(
  events: AsyncIterable<EngineEvent>,
  { stop = [], format }: GenerateRequest,
): AsyncGenerator<EngineEvent> {
  let written = "";
  for await (const event of events) {
    if (event.kind === "text") written += event.text;
    else if (event.kind !== "end" || event.reason !== "stop") yield event;
    else {
      const text = textOf(written);
      if (text === undefined || format?.kind !== "grammar" || !accepts(format.grammar, text)) {
        const reason = "the server doesn't hold its answers to a schema, as is needed to call tools";
        const failure: EngineFailure = { kind: "invalid", reason };
        yield { kind: "failed", failure };
        return;
      }
      const stops = createStopStrings(stop);
      const { text: before, stopped } = stops.push(text);
      const whole = stopped ? before : before + stops.flush();
      if (whole !== "") yield { kind: "text", text: whole };
      yield event;
    }
  }
}

function textOf(written: string): string | undefined {
  try {
    const { text } = JSON.parse(written);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}
