/** What a Clawdbot plugin in AssemblyScript needs: its call, its answer, JSON, and the host's functions. */
import { inputBytes, output } from "./host";
import { Json } from "./json";

export * from "./capabilities";
export { abort, log } from "./host";
export { Json, Kind } from "./json";

/** What `execute` is given. `args` is an object that the tool's schema holds for. */
export class Call {
  constructor(readonly tool: string, readonly args: Json, readonly locale: string, readonly nowMs: f64) {}
}

/** What a call comes to: a text for people, with data where there is some; or an error. */
export class Result {
  constructor(readonly text: string, readonly data: Json | null = null, readonly error: string | null = null) {}

  static failed(error: string): Result {
    return new Result("", null, error);
  }
}

/** The body of the export `register`. @param tools JSON: `{"tools": [...]}`. */
export function describe(tools: string): i32 {
  output(String.UTF8.encode(tools));
  return 0;
}

/** The body of the export `execute`. */
export function answer(execute: (call: Call) => Result): i32 {
  const given = Json.parse(String.UTF8.decode(inputBytes()));
  if (given === null) return 1;
  const args = given.get("arguments");
  const context = given.get("context");
  const result = execute(
    new Call(
      given.textOf("tool"),
      args === null ? Json.object() : args,
      context === null ? "en" : context.textOf("locale", "en"),
      context === null ? 0 : context.numberOf("now_ms"),
    ),
  );
  const said = Json.object();
  const error = result.error;
  const data = result.data;
  if (error !== null) said.set("error", Json.of(error));
  else {
    said.set("text", Json.of(result.text));
    if (data !== null) said.set("data", data);
  }
  output(String.UTF8.encode(said.toString()));
  return 0;
}
