import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { createPrefixTree } from "./prefix_tree.ts";

Deno.test("createPrefixTree() counts what several begin with once", () => {
  const tree = createPrefixTree();
  tree.hold(1, [1, 2, 3, 4]);
  tree.hold(2, [1, 2, 5]);
  tree.hold(3, [1, 2]);
  strictEqual(tree.size, 5);
  tree.release(1);
  strictEqual(tree.size, 3);
  tree.release(2);
  strictEqual(tree.size, 2);
  tree.hold(3, []);
  strictEqual(tree.size, 0);
});

// Goal: the size is that of a set of all beginnings that somebody holds, whatever comes, grows and goes.
seeded("createPrefixTree() has the size of all beginnings together", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const tree = createPrefixTree();
  const held = new Map<number, number[]>();
  for (let step = 0; step < 60; step++) {
    const holder = whole(6);
    if (random() < 0.3) {
      tree.release(holder);
      held.delete(holder);
    } else {
      const before = held.get(whole(6)) ?? [];
      const tokens = [
        ...before.slice(0, whole(before.length + 1)),
        ...Array.from({ length: whole(5) }, () => whole(3)),
      ];
      tree.hold(holder, tokens);
      held.set(holder, tokens);
    }
    const beginnings = new Set<string>();
    for (const tokens of held.values()) tokens.forEach((_, at) => beginnings.add(tokens.slice(0, at + 1).join()));
    strictEqual(tree.size, beginnings.size);
    strictEqual(tree.heldBy(holder), held.get(holder)?.length ?? 0);
    const asked = Array.from({ length: 1 + whole(8) }, () => whole(3));
    const longest = tree.longest(asked);
    const length = asked.findIndex((_, at) => !beginnings.has(asked.slice(0, at + 1).join()));
    strictEqual(longest?.length ?? 0, length < 0 ? asked.length : length);
    if (longest !== undefined) {
      deepStrictEqual(held.get(longest.holder)?.slice(0, longest.length), asked.slice(0, longest.length));
    }
  }
}, { runs: 300, long: 5_000 });
