/** Whether something answers over HTTP, and with which status. */
import { answer, Call, describe, http, HttpOptions, Json, Reply, Result } from "./clawdbot";

export function register(): i32 {
  return describe(`{"tools": [
    {
      "name": "check",
      "description": "Asks an address over HTTP and says its status",
      "read_only": true,
      "idempotent": true,
      "parameters": {
        "type": "object",
        "required": ["url"],
        "properties": {
          "url": { "type": "string", "description": "Like http://127.0.0.1:8080/healthz", "maxLength": 2000 },
          "expect": { "type": "integer", "minimum": 100, "maximum": 599, "description": "The status that is right; without it, any from 200 to 399" }
        }
      },
      "examples": [
        { "say": "is http://127.0.0.1:8080/healthz up", "arguments": { "url": "http://127.0.0.1:8080/healthz" } },
        { "say": "检查一下 http://127.0.0.1/ 能不能访问", "arguments": { "url": "http://127.0.0.1/" } },
        { "say": "does http://127.0.0.1/old give 404", "arguments": { "url": "http://127.0.0.1/old", "expect": 404 } }
      ]
    }
  ]}`);
}

export function execute(): i32 {
  return answer(run);
}

function run(call: Call): Result {
  const isChinese = call.locale == "zh-CN";
  const url = call.args.textOf("url");
  const expected = <i32>call.args.numberOf("expect");
  let reply = ask(url, "HEAD");
  let ok = reply.ok;
  // Some servers know no HEAD: 405 is "not allowed", 501 "not implemented" (RFC 9110, 15.5.6 and 15.6.2).
  const head = ok === null ? 0 : <i32>ok.numberOf("status");
  if ((head == 405 || head == 501) && head != expected) {
    reply = ask(url, "GET");
    ok = reply.ok;
  }
  if (ok === null) {
    const why = isChinese ? `${url} 没有响应：${reply.message}` : `${url} doesn't answer: ${reply.message}`;
    return reply.code == "unreachable" ? new Result(why, facts(url, 0, false)) : Result.failed(reply.message);
  }
  const status = <i32>ok.numberOf("status");
  const isRight = expected == 0 ? status >= 200 && status < 400 : status == expected;
  const last = ok.textOf("url", url);
  const where = last == url ? url : isChinese ? `${url}（转到 ${last}）` : `${url} (redirected to ${last})`;
  const wanted = expected == 0 ? "" : isChinese ? `，应为 ${expected}` : `, ${expected} was expected`;
  const verdict = isChinese ? (isRight ? "正常" : "异常") : (isRight ? "OK" : "NOT OK");
  const text = isChinese ? `${where} 返回 ${status}，${verdict}` : `${where} answers ${status}, ${verdict}`;
  return new Result(isRight ? text : text + wanted, facts(last, status, isRight));
}

function facts(url: string, status: i32, isRight: bool): Json {
  const code = status == 0 ? Json.null() : Json.number(status);
  return Json.object().set("url", Json.of(url)).set("status", code).set("ok", Json.boolean(isRight));
}

function ask(url: string, method: string): Reply {
  const options = new HttpOptions();
  options.method = method;
  return http(url, options);
}
