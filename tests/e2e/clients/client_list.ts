/** A client of the API as people have it: pinned exactly, with what is exercised. */
export interface Client {
  readonly name: string;
  readonly version: string;
  /** Its program in `programs/`, which says after each check what came of it. */
  readonly program: string;
  readonly language: "Python" | "Node";
  /** The checks, in their order. The table in `docs/api.md` is made of them. */
  readonly checks: readonly string[];
}

/** Every client that the tests run. Versions of what they need stand in `requirements/`. */
export const clients: readonly Client[] = [
  {
    name: "openai",
    version: "3.57.0",
    program: "openai_python.py",
    language: "Python",
    checks: [
      "chat",
      "stream",
      "usage in the stream",
      "stop",
      "n",
      "seed",
      "json_object",
      "json_schema",
      "json_schema, parsed",
      "tools",
      "tools in the stream",
      "logprobs",
      "embeddings",
      "models",
      "error: bad key",
      "error: unknown model",
      "error: too long",
      "error: unsupported field",
      "Idempotency-Key",
      "responses",
      "responses in a stream",
      "responses with tools",
      "responses with json_schema",
      "asynchronous, side by side",
    ],
  },
  {
    name: "openai",
    version: "7.59.0",
    program: "openai_node.mjs",
    language: "Node",
    checks: [
      "chat",
      "stream",
      "usage in the stream",
      "stop",
      "abort",
      "json_schema",
      "tools",
      "tools run by the client",
      "embeddings",
      "models",
      "error: bad key",
      "error: unknown model",
      "error: too long",
      "responses",
      "responses in a stream",
      "responses with tools",
    ],
  },
  {
    name: "litellm",
    version: "1.110.2",
    program: "litellm_python.py",
    language: "Python",
    checks: [
      "chat",
      "stream",
      "usage in the stream",
      "stop",
      "tools",
      "json_schema",
      "embeddings",
      "responses",
      "error: bad key",
      "error: unknown model",
      "error: too long",
    ],
  },
  {
    name: "langchain-openai",
    version: "1.7.4",
    program: "langchain_python.py",
    language: "Python",
    checks: [
      "chat",
      "stream",
      "stop",
      "tools",
      "structured output by json_schema",
      "structured output by a tool",
      "embeddings",
      "batch",
      "responses",
      "error: bad key",
      "error: unknown model",
    ],
  },
  {
    name: "llm",
    version: "0.36",
    program: "llm_python.py",
    language: "Python",
    checks: [
      "chat, streamed",
      "chat, whole",
      "system message",
      "json_schema",
      "tools offered",
      "error: unknown model",
      "error: bad key",
    ],
  },
];
