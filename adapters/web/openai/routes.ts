import { type Context, Hono } from "hono";
import type { ApiFailure, Caller, CompletionEvent, CompletionRequest } from "../../../core/api/types.ts";
import { InvariantError } from "../../../core/errors.ts";
import { chatRequest } from "../../../schema/openai/chat.ts";
import { embeddingsRequest } from "../../../schema/openai/embeddings.ts";
import { responsesRequest } from "../../../schema/openai/responses.ts";
import type { Entrance, WebDeps } from "../deps.ts";
import { ApiError, type ErrorBody, errorBody, errorOf, errorOfFailure, invalid } from "./api_error.ts";
import { type OpenaiEnv, recogniseCaller, unauthorised } from "./authentication.ts";
import { type AnswerEvent, type Begun, chatBody, chatChunks, secondsOf } from "./chat_answer.ts";
import { readChatRequest } from "./chat_request.ts";
import { embeddingsBody } from "./embeddings_answer.ts";
import { eventBody, type TextEvent } from "./event_stream.ts";
import { readBody } from "./json_body.ts";
import { responseBody, responseEvents } from "./responses_answer.ts";
import { readResponsesRequest } from "./responses_request.ts";

const idempotencyKeyLengthMax = 255;
const done = "[DONE]";

/** `/v1`: what OpenAI's clients call. Decided, bounded and audited by the core, not here. */
export function openaiRoutes(deps: WebDeps, entrance: Entrance): Hono<OpenaiEnv> {
  const { api, tokens, clock } = deps;
  const app = new Hono<OpenaiEnv>()
    .use(recogniseCaller(tokens, entrance))
    .get("/models", (c) => {
      const { models, created } = readable(c);
      return c.json({ object: "list", data: models.map(({ id }) => modelToWire(id, created)) });
    })
    .get("/models/:id{.+}", (c) => {
      const { models, created } = readable(c);
      const id = c.req.param("id");
      if (!models.some((model) => model.id === id)) {
        throw errorOfFailure({ kind: "unknown-model", models: models.map(({ id }) => id) });
      }
      return c.json(modelToWire(id, created));
    })
    .post("/chat/completions", async (c) => {
      const { text, value } = await readBody(c.req.raw, chatRequest, clock);
      const { request, style } = readChatRequest(value);
      const named = { ...style, choices: request.choices };
      return await answer(c, { ...request, ...idempotencyOf(c, text) }, {
        stream: style.stream,
        whole: (begun, events) => chatBody(begun, events, named),
        async *chunks(begun, events) {
          for await (const data of chatChunks(begun, events, named)) yield { data };
          yield { data: done };
        },
        broken: (error) => ({ data: JSON.stringify(error) }),
      });
    })
    .post("/responses", async (c) => {
      const { text, value } = await readBody(c.req.raw, responsesRequest, clock);
      return await answer(c, { ...readResponsesRequest(value), ...idempotencyOf(c, text) }, {
        stream: value.stream === true,
        whole: (begun, events) => responseBody(begun, events, value),
        async *chunks(begun, events) {
          for await (const event of responseEvents(begun, events, value)) {
            yield { name: event.type, data: JSON.stringify(event) };
          }
        },
        // Some clients look for the fields, others for the error object.
        broken: ({ error }) => ({ name: "error", data: JSON.stringify({ ...error, type: "error", error }) }),
      });
    })
    .post("/embeddings", async (c) => {
      const { value } = await readBody(c.req.raw, embeddingsRequest, clock);
      const leaving = leavingOf(c);
      try {
        const texts = typeof value.input === "string" ? [value.input] : value.input;
        const purpose = value.input_type ?? undefined;
        const request = { model: value.model, texts, ...(purpose === undefined ? {} : { purpose }) };
        const result = await api.embed(leaving.caller, request);
        if (result.kind === "failed") throw leaving.errorOf(result.failure);
        return c.json(embeddingsBody(value, result));
      } finally {
        leaving.release();
      }
    })
    .all("*", () => {
      throw new ApiError(404, { type: "invalid_request_error", code: "unknown_url" }, (say) => say.unknownUrl);
    });
  app.onError((error, c) => answerError(error, c));
  return app;

  function readable(c: Context<OpenaiEnv>) {
    const result = api.models(c.get("principal"));
    if (result.kind === "failed") throw errorOfFailure(result.failure);
    return { models: result.models, created: secondsOf(result.sinceMs) };
  }

  /** The caller of a request: it leaves when the client does, or when its token is revoked. */
  function leavingOf(c: Context<OpenaiEnv>) {
    const principal = c.get("principal");
    const leaving = new AbortController();
    const leave = () => leaving.abort();
    const { signal } = c.req.raw;
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    let isRevoked = false;
    const unwatch = principal.kind !== "token" ? () => {} : tokens.whenRevoked(principal.id, () => {
      isRevoked = true;
      leave();
    });
    const caller: Caller = { principal, signal: leaving.signal };
    return {
      caller,
      errorOf: (failure: ApiFailure) =>
        failure.kind === "cancelled" && isRevoked
          ? unauthorised((say) => say.badToken.revoked)
          : errorOfFailure(failure),
      leave,
      release() {
        signal.removeEventListener("abort", leave);
        unwatch();
      },
    };
  }

  /** Answers whole or as a stream. What fails before the first piece gets a status of its own, also of a stream. */
  async function answer(
    c: Context<OpenaiEnv>,
    request: CompletionRequest,
    style: {
      readonly stream: boolean;
      readonly whole: (begun: Begun, events: AsyncIterable<AnswerEvent>) => Promise<unknown>;
      readonly chunks: (begun: Begun, events: AsyncIterable<AnswerEvent>) => AsyncGenerator<TextEvent, void, void>;
      /** The last event of a stream that broke. */
      readonly broken: (body: ErrorBody) => TextEvent;
    },
  ): Promise<Response> {
    const leaving = leavingOf(c);
    const events = api.complete(leaving.caller, request);
    const end = async () => {
      leaving.leave();
      leaving.release();
      await events.return();
    };
    const say = c.get("say");
    async function* chunks(begun: Begun, first: CompletionEvent | undefined): AsyncGenerator<TextEvent, void, void> {
      try {
        yield* style.chunks(begun, good(first, events, leaving));
      } catch (error) {
        yield style.broken(errorBody(reported(error, c), say));
      }
    }
    let isStreaming = false;
    try {
      const begun = await next(events, leaving);
      if (begun?.kind !== "begun") throw new InvariantError("An answer begins with its id");
      c.header("x-request-id", begun.id);
      if (begun.replayed) c.header("idempotent-replayed", "true");
      const first = await next(events, leaving);
      if (!style.stream) return c.json(await style.whole(begun, good(first, events, leaving)));
      c.header("content-type", "text/event-stream; charset=utf-8");
      c.header("x-accel-buffering", "no");
      isStreaming = true;
      return c.body(eventBody(chunks(begun, first), () => void end().catch((error) => reported(error, c))));
    } finally {
      if (!isStreaming) await end();
    }
  }

  function answerError(error: unknown, c: Context<OpenaiEnv>): Response {
    const problem = reported(error, c);
    for (const [name, value] of Object.entries(problem.headers)) c.header(name, value);
    return c.json(errorBody(problem, c.get("say")), problem.status);
  }

  function reported(error: unknown, c: Context<OpenaiEnv>): ApiError {
    const problem = errorOf(error);
    if (problem.status === 500 && !(error instanceof ApiError)) {
      deps.log.error("API request failed", { method: c.req.method, route: c.req.routePath, error: String(error) });
    }
    return problem;
  }
}

type Failing = { errorOf(failure: ApiFailure): ApiError };

/** The next event. @throws {ApiError} When it is a failure. */
async function next(
  events: AsyncGenerator<CompletionEvent, void, void>,
  leaving: Failing,
): Promise<Exclude<CompletionEvent, { kind: "failed" }> | undefined> {
  const { value: event } = await events.next();
  if (event === undefined) return undefined;
  if (event.kind === "failed") throw leaving.errorOf(event.failure);
  return event;
}

/** The events of an answer while it goes well. @throws {ApiError} At the first that is a failure. */
async function* good(
  first: CompletionEvent | undefined,
  events: AsyncGenerator<CompletionEvent, void, void>,
  leaving: Failing,
): AsyncGenerator<AnswerEvent, void, void> {
  for (let event = first; event !== undefined; event = await next(events, leaving)) {
    if (event.kind === "failed" || event.kind === "begun") {
      throw new InvariantError(`"${event.kind}" can't come in the middle of an answer`);
    }
    yield event;
  }
}

/** @throws {ApiError} 400 when the key is longer than keys are. */
function idempotencyOf(c: Context, body: string): Pick<CompletionRequest, "idempotency"> {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return {};
  if (key === "" || key.length > idempotencyKeyLengthMax) {
    throw invalid("invalid_value", (say) => say.idempotencyKey(idempotencyKeyLengthMax), "Idempotency-Key");
  }
  return { idempotency: { endpoint: c.req.path, key, body } };
}

function modelToWire(id: string, created: number): unknown {
  return { id, object: "model", created, owned_by: "clawdbot" };
}
