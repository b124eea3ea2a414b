import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createStopStrings } from "./stop_strings.ts";

const cases: [name: string, stops: string[], pieces: string[], text: string, stopped: boolean][] = [
  ["passes text through when nothing is watched for", [], ["a", "b"], "ab", false],
  ["ends before a stop text inside one piece", ["END"], ["one END two"], "one ", true],
  ["ends before a stop text that is cut over pieces", ["\n\nUser:"], ["hi\n", "\nUs", "er", ": x"], "hi", true],
  ["gives back a tail that turned out to be harmless", ["END"], ["EN", "D"[0]!.toLowerCase()], "ENd", false],
  ["gives back at the end what was held", ["END"], ["the E", "N"], "the EN", false],
  ["takes the earliest of several", ["b", "abc"], ["xabc"], "x", true],
  ["finds a stop text that begins again inside itself", ["aab"], ["aa", "ab"], "a", true],
  ["ignores an empty stop text", [""], ["abc"], "abc", false],
];
for (const [name, stops, pieces, text, stopped] of cases) {
  Deno.test(`createStopStrings() ${name}`, () => {
    const watcher = createStopStrings(stops);
    let seen = "";
    let ended = false;
    for (const piece of pieces) {
      const step = watcher.push(piece);
      seen += step.text;
      if ((ended = step.stopped)) break;
    }
    if (!ended) seen += watcher.flush();
    deepStrictEqual({ seen, ended }, { seen: text, ended: stopped });
    strictEqual(watcher.flush(), "");
  });
}
