/** Work for measuring the meter. The input's first byte says which: s sieve, f fib, q shell sort, j JSON. */
import { describe, Json } from "./clawdbot";
import { inputBytes, output } from "./clawdbot/host";

function sieve(): u32 {
  const composite = new StaticArray<u8>(1 << 21);
  let count: u32 = 0;
  for (let round = 0; round < 12; round++) {
    composite.fill(0);
    count = 0;
    for (let i = 2; i < composite.length; i++) {
      if (unchecked(composite[i])) continue;
      count++;
      for (let j = i * 2; j < composite.length; j += i) unchecked(composite[j] = 1);
    }
  }
  return count;
}

function fib(n: u32): u32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function shellSort(): u32 {
  const values = new StaticArray<u32>(1 << 18);
  let seed: u32 = 1;
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < values.length; i++) unchecked(values[i] = seed = seed * 1664525 + 1013904223);
    for (let gap = values.length / 2; gap > 0; gap /= 2) {
      for (let i = gap; i < values.length; i++) {
        const value = unchecked(values[i]);
        let j = i;
        for (; j >= gap && unchecked(values[j - gap]) > value; j -= gap) unchecked(values[j] = values[j - gap]);
        unchecked(values[j] = value);
      }
    }
  }
  return values[99];
}

function json(): u32 {
  let length: u32 = 0;
  for (let round = 0; round < 4; round++) {
    const rows = Json.array();
    for (let i = 0; i < 2000; i++) {
      rows.push(
        Json.object().set("id", Json.number(i * 7919 % 2003)).set("name", Json.of('pump "north" 泵'))
          .set("value", Json.number(i * 0.25)),
      );
    }
    const read = Json.parse(rows.toString());
    if (read !== null) length += read.toString().length;
  }
  return length;
}

export function register(): i32 {
  return describe('{"tools":[{"name":"cpu","description":"Works","parameters":{"type":"object"}}]}');
}

export function execute(): i32 {
  const kind = load<u8>(changetype<usize>(inputBytes()));
  const result = kind == 0x73 ? sieve() : kind == 0x66 ? fib(35) : kind == 0x71 ? shellSort() : kind == 0x6a ? json() : 0;
  const bytes = new ArrayBuffer(4);
  store<u32>(changetype<usize>(bytes), result);
  output(bytes);
  return 0;
}
