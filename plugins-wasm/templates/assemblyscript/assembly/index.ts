import { answer, Call, describe, Json, Kind, kvGet, kvSet, KvSetOptions, Reply, Result } from "./clawdbot";

export function register(): i32 {
  return describe(`{"tools": [
    {
      "name": "greet",
      "description": "Greets somebody",
      "read_only": true,
      "parameters": {
        "type": "object",
        "required": ["name"],
        "properties": { "name": { "type": "string", "x-free-text": true } }
      },
      "examples": [
        { "say": "greet Ada", "arguments": { "name": "Ada" } },
        { "say": "跟小明打个招呼", "arguments": { "name": "小明" } }
      ]
    },
    {
      "name": "visits",
      "description": "Counts a visit",
      "parameters": { "type": "object" },
      "examples": [
        { "say": "count my visit", "arguments": {} },
        { "say": "记一次访问", "arguments": {} }
      ]
    }
  ]}`);
}

export function execute(): i32 {
  return answer((call: Call): Result => call.tool == "greet" ? greet(call) : visits());
}

function greet(call: Call): Result {
  const name = call.args.textOf("name");
  return new Result(call.locale == "zh-CN" ? `你好，${name}！` : `Hello, ${name}!`);
}

function visits(): Result {
  const before = kvGet("visits");
  const found = before.ok;
  if (found === null) return refused(before);
  const value = found.get("value"); // null where there is none
  const count = 1 + (value !== null && value.kind == Kind.Text ? I32.parseInt(value.text) : 0);
  const options = new KvSetOptions();
  options.if = Json.object().set("visits", value === null ? Json.null() : value);
  const after = kvSet(Json.object().set("visits", Json.of(count.toString())), options);
  const set = after.ok;
  if (set === null) return refused(after);
  if (!set.booleanOf("done")) return Result.failed("somebody else came in between");
  return new Result(`Visit ${count}`, Json.object().set("visits", Json.number(count)));
}

function refused(reply: Reply): Result {
  return Result.failed(`${reply.code}: ${reply.message}`);
}
