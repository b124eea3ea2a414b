/** Conversion of units of measure, and of timestamps. */
import { answer, Call, describe, Json, Result } from "./clawdbot";
import { Reading, written } from "./time";
import { converted, unitOf, units } from "./units";

/** The last moment of the year 9999. */
const secondsMax: f64 = 253402300799;

export function register(): i32 {
  const names: string[] = [];
  const words: string[] = [];
  for (let index = 0; index < units.length; index++) {
    const unit = units[index];
    names.push(`"${unit.name}"`);
    words.push(`"${unit.name}":["${unit.words.split(",").join('","')}"]`);
  }
  const unit = `{"type":"string","enum":[${names.join(",")}],"x-words":{${words.join(",")}}}`;
  return describe(`{"tools": [
    {
      "name": "convert",
      "description": "Converts a number from one unit of measure to another",
      "read_only": true,
      "idempotent": true,
      "parameters": {
        "type": "object",
        "required": ["value", "from", "to"],
        "properties": { "value": { "type": "number" }, "from": ${unit}, "to": ${unit} }
      },
      "examples": [
        { "say": "how many km are 26.2 miles", "arguments": { "value": 26.2, "from": "mi", "to": "km" } },
        { "say": "100 psi in bar", "arguments": { "value": 100, "from": "psi", "to": "bar" } },
        { "say": "35 华氏度是多少摄氏度", "arguments": { "value": 35, "from": "F", "to": "C" } },
        { "say": "3 斤等于多少克", "arguments": { "value": 3, "from": "jin", "to": "g" } }
      ]
    },
    {
      "name": "time_of",
      "description": "Says what time a Unix timestamp is",
      "read_only": true,
      "idempotent": true,
      "parameters": {
        "type": "object",
        "required": ["timestamp"],
        "properties": {
          "timestamp": { "type": "number", "description": "Seconds since 1970; of more than 11 digits, milliseconds" },
          "offset_minutes": { "type": "integer", "minimum": -840, "maximum": 840, "description": "East of UTC; 480 is Beijing" }
        }
      },
      "examples": [
        { "say": "when is 1767225600", "arguments": { "timestamp": 1767225600 } },
        { "say": "时间戳 1767225600 是什么时候", "arguments": { "timestamp": 1767225600, "offset_minutes": 480 } }
      ]
    },
    {
      "name": "timestamp_of",
      "description": "Says the Unix timestamp of a time",
      "read_only": true,
      "idempotent": true,
      "parameters": {
        "type": "object",
        "properties": {
          "time": {
            "type": "string",
            "description": "Like 2026-01-01T08:00:00+08:00; without a zone it is UTC. Left out: now",
            "maxLength": 40,
            "x-free-text": true
          }
        }
      },
      "examples": [
        { "say": "timestamp of 2026-01-01 00:00", "arguments": { "time": "2026-01-01 00:00" } },
        { "say": "现在的时间戳", "arguments": {} }
      ]
    }
  ]}`);
}

export function execute(): i32 {
  return answer(run);
}

function run(call: Call): Result {
  const isChinese = call.locale == "zh-CN";
  if (call.tool == "convert") return convert(call, isChinese);
  if (call.tool == "time_of") return timeOf(call, isChinese);
  return timestampOf(call, isChinese);
}

function convert(call: Call, isChinese: bool): Result {
  const value = call.args.numberOf("value");
  const from = unitOf(call.args.textOf("from"));
  const to = unitOf(call.args.textOf("to"));
  if (from === null || to === null) return Result.failed(isChinese ? "不认识这个单位" : "that unit isn't known");
  if (from.measures != to.measures) {
    return Result.failed(
      isChinese
        ? `${from.name} 和 ${to.name} 不是同一种量`
        : `${from.name} is a ${from.measures} and ${to.name} a ${to.measures}`,
    );
  }
  const result = Json.number(converted(value, from, to));
  const data = Json.object().set("value", result).set("unit", Json.of(to.name));
  return new Result(`${Json.number(value).text} ${from.name} = ${result.text} ${to.name}`, data);
}

function timeOf(call: Call, isChinese: bool): Result {
  const given = call.args.numberOf("timestamp");
  const seconds = Math.abs(given) >= 100000000000 ? given / 1000 : given;
  if (Math.abs(seconds) > secondsMax / 2 && seconds > secondsMax || seconds < -62135596800) {
    return Result.failed(isChinese ? "时间戳超出范围" : "that timestamp is before the year 1 or after 9999");
  }
  const text = written(<i64>Math.round(seconds * 1000), <i32>call.args.numberOf("offset_minutes"));
  return new Result(text, Json.object().set("time", Json.of(text)));
}

function timestampOf(call: Call, isChinese: bool): Result {
  const given = call.args.textOf("time").trim();
  const reading = new Reading(given);
  const ms = given == "" ? <i64>call.nowMs : reading.ms();
  if (!reading.isRead) {
    return Result.failed(
      isChinese ? "看不懂这个时间，请写成 2026-01-01T08:00:00" : "that time can't be read; write it like 2026-01-01T08:00:00",
    );
  }
  const seconds = Json.number(Math.floor(<f64>ms / 1000));
  return new Result(seconds.text, Json.object().set("seconds", seconds).set("milliseconds", Json.number(<f64>ms)));
}
