/** The conformance plugin in AssemblyScript: see ../../SPEC.md. */
import { ask } from "./asks";
import { answer, Call, describe, Json, log, Result } from "./clawdbot";

function tool(name: string, description: string, properties: string, more: string = ""): string {
  return `{"name":"${name}","description":"${description}",${more}"parameters":{"type":"object","properties":{${properties}}}}`;
}

function text(name: string): string {
  return `"${name}":{"type":"string"}`;
}

export function register(): i32 {
  const tools = [
    tool(
      "echo",
      "Gives back a value",
      '"value":{}',
      '"read_only":true,"examples":[{"say":"echo 1","arguments":{"value":1}}],',
    ),
    tool("greet", "Greets", text("name")),
    tool("count", "Counts bytes", text("text")),
    tool("fail", "Fails", text("why")),
    tool("now", "Tells the time", ""),
    tool("log", "Logs a line", text("line")),
    tool("ask", "Asks the host", text("request")),
  ];
  return describe(`{"tools":[${tools.join(",")}]}`);
}

function run(call: Call): Result {
  if (call.tool == "echo") return new Result("echo", call.args.get("value"));
  if (call.tool == "greet") {
    const name = call.args.textOf("name");
    return new Result(call.locale == "zh-CN" ? `你好，${name}！` : `Hello, ${name}!`);
  }
  if (call.tool == "count") {
    const bytes = String.UTF8.byteLength(call.args.textOf("text"));
    return new Result(bytes.toString(), Json.object().set("bytes", Json.number(bytes)));
  }
  if (call.tool == "fail") return Result.failed(call.args.textOf("why"));
  if (call.tool == "now") return new Result("now", Json.number(call.nowMs));
  if (call.tool == "log") {
    log(call.args.textOf("line"));
    return new Result("logged");
  }
  const reply = ask(call.args.textOf("request"));
  const ok = reply.ok;
  return ok === null ? Result.failed(`${reply.code}: ${reply.message}`) : new Result("ok", ok);
}

export function execute(): i32 {
  return answer(run);
}
