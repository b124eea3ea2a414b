/**
 * A reader of llama.cpp's grammar notation that shares nothing with what writes it: it says whether a text is in a
 * grammar, and makes texts that are. Only what the notation's own documentation says (`grammars/README.md`).
 */

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | { readonly kind: "repeat"; readonly of: Node; readonly min: number; readonly max: number }
  | { readonly kind: "rule"; readonly name: string };

/** A grammar that was read. */
export interface ReadGrammar {
  /** Whether the whole text is in it. */
  accepts(text: string): boolean;
  /**
   * A text of it, each choice drawn at random.
   * @param characters From about this length on, what is shortest is chosen.
   */
  draw(random: () => number, characters?: number): string;
}

/** Reads a grammar. @throws {Error} When it isn't right, names a rule that isn't there, or recurses on its left. */
export function readGbnf(source: string): ReadGrammar {
  const rules = new Map<string, Node>();
  for (const line of source.split("\n").filter((line) => line !== "")) {
    const [, name, body] = /^([a-zA-Z0-9-]+) ::= (.*)$/.exec(line) ?? [];
    if (name === undefined || body === undefined) throw new Error(`this isn't a rule: ${line}`);
    if (rules.has(name)) throw new Error(`there are two rules ${name}`);
    rules.set(name, parseBody(body));
  }
  const ruleOf = (name: string) => {
    const node = rules.get(name);
    if (node === undefined) throw new Error(`there is no rule ${name}`);
    return node;
  };
  ruleOf("root");

  /** The least characters that a node needs. */
  const least = new Map<string, number>();
  const leastOf = (node: Node): number => {
    switch (node.kind) {
      case "text":
        return node.text.length;
      case "class":
        return 1;
      case "sequence":
        return node.parts.reduce((sum, part) => sum + leastOf(part), 0);
      case "choice":
        return Math.min(...node.options.map(leastOf));
      case "repeat":
        return node.min === 0 ? 0 : node.min * leastOf(node.of);
      case "rule":
        return least.get(node.name) ?? (ruleOf(node.name), Infinity);
    }
  };
  const ordered = [...rules];
  for (let changed = true; changed; ordered.reverse()) {
    changed = false;
    for (const [name, node] of ordered) {
      const count = leastOf(node);
      if (count >= (least.get(name) ?? Infinity)) continue;
      least.set(name, count);
      changed = true;
    }
  }
  for (const name of rules.keys()) if (!least.has(name)) throw new Error(`rule ${name} never ends`);

  function draw(random: () => number, characters = 400): string {
    let text = "";
    const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
    const visit = (node: Node): void => {
      const isLong = text.length >= characters;
      switch (node.kind) {
        case "text":
          text += node.text;
          return;
        case "class": {
          const [low, high] = pick(node.ranges);
          text += String.fromCodePoint(low + Math.floor(random() * (high - low + 1)));
          return;
        }
        case "sequence":
          return node.parts.forEach(visit);
        case "choice": {
          if (!isLong) return visit(pick(node.options));
          return visit(node.options.reduce((best, option) => leastOf(option) < leastOf(best) ? option : best));
        }
        case "repeat": {
          const most = isLong ? node.min : Math.min(node.max, node.min + pick([0, 0, 1, 2, 3, 8, 40, 400]));
          const count = node.min + Math.floor(random() * (most - node.min + 1));
          for (let done = 0; done < (random() < 0.1 ? most : count); done++) visit(node.of);
          return;
        }
        case "rule":
          return visit(ruleOf(node.name));
      }
    };
    visit(ruleOf("root"));
    return text;
  }

  function accepts(text: string): boolean {
    const characters = Array.from(text);
    const known = new Map<string, ReadonlySet<number>>();
    const open = new Set<string>();
    const ends = (node: Node, from: ReadonlySet<number>): Set<number> => {
      const found = new Set<number>();
      switch (node.kind) {
        case "text": {
          const wanted = Array.from(node.text);
          for (const at of from) {
            if (wanted.every((one, index) => characters[at + index] === one)) found.add(at + wanted.length);
          }
          return found;
        }
        case "class":
          for (const at of from) {
            const codePoint = characters[at]?.codePointAt(0) ?? -1;
            if (node.ranges.some(([low, high]) => low <= codePoint && codePoint <= high)) found.add(at + 1);
          }
          return found;
        case "sequence":
          return node.parts.reduce((at: Set<number>, part) => ends(part, at), new Set(from));
        case "choice":
          for (const option of node.options) for (const end of ends(option, from)) found.add(end);
          return found;
        case "repeat": {
          let level = new Set(from);
          for (let count = 0; level.size > 0 && count <= node.max; count++) {
            if (count >= node.min) {
              const before = found.size;
              for (const at of level) found.add(at);
              if (node.max === Infinity && found.size === before) break;
            }
            level = ends(node.of, level);
          }
          return found;
        }
        case "rule":
          for (const at of from) {
            const key = `${node.name} ${at}`;
            if (!known.has(key)) {
              if (open.has(key)) throw new Error(`rule ${node.name} recurses on its left`);
              open.add(key);
              known.set(key, ends(ruleOf(node.name), new Set([at])));
              open.delete(key);
            }
            for (const end of known.get(key)!) found.add(end);
          }
          return found;
      }
    };
    return ends(ruleOf("root"), new Set([0])).has(characters.length);
  }

  return { accepts, draw };
}

function parseBody(body: string): Node {
  let at = 0;
  const fail = () => new Error(`this isn't understood at ${at}: ${body}`);
  const skip = () => {
    while (body[at] === " ") at++;
  };
  const character = (): string => {
    if (body[at] !== "\\") {
      const one = String.fromCodePoint(body.codePointAt(at) ?? 0);
      at += one.length;
      return one;
    }
    const letter = body[at + 1] ?? "";
    const digits = { x: 2, u: 4, U: 8 }[letter];
    at += 2;
    if (digits !== undefined) {
      const written = body.slice(at, at + digits);
      if (!/^[0-9a-f]+$/i.test(written) || written.length !== digits) throw fail();
      at += digits;
      return String.fromCodePoint(parseInt(written, 16));
    }
    const one =
      ({ t: "\t", n: "\n", r: "\r", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-" } as Record<string, string>)[
        letter
      ];
    if (one === undefined) throw fail();
    return one;
  };
  const atom = (): Node => {
    if (body[at] === '"') {
      at++;
      let text = "";
      while (body[at] !== '"') {
        if (at >= body.length) throw fail();
        text += character();
      }
      at++;
      return { kind: "text", text };
    }
    if (body[at] === "[") {
      at++;
      const ranges: [number, number][] = [];
      while (body[at] !== "]") {
        if (at >= body.length || body[at] === "^") throw fail();
        const low = character().codePointAt(0)!;
        const isRange = body[at] === "-" && body[at + 1] !== "]";
        if (isRange) at++;
        ranges.push([low, isRange ? character().codePointAt(0)! : low]);
      }
      at++;
      return { kind: "class", ranges };
    }
    if (body[at] === "(") {
      at++;
      const inner = alternatives();
      if (body[at++] !== ")") throw fail();
      return inner;
    }
    const name = /^[a-zA-Z0-9-]+/.exec(body.slice(at))?.[0];
    if (name === undefined) throw fail();
    at += name.length;
    return { kind: "rule", name };
  };
  const alternatives = (): Node => {
    const options: Node[] = [];
    do {
      skip();
      const parts: Node[] = [];
      while (at < body.length && body[at] !== "|" && body[at] !== ")") {
        let node = atom();
        const times = /^(?:\{(\d+)(?:(,)(\d*))?\}|[*+?])/.exec(body.slice(at));
        if (times !== null) {
          at += times[0].length;
          const [written, least, comma, most] = times;
          const [min, max] = written === "*"
            ? [0, Infinity]
            : written === "+"
            ? [1, Infinity]
            : written === "?"
            ? [0, 1]
            : [Number(least), comma === undefined ? Number(least) : most === "" ? Infinity : Number(most)];
          // llama.cpp refuses more, or takes the limit for none.
          if (max !== Infinity && (max >= 2_000 || node.kind === "choice" || node.kind === "sequence")) throw fail();
          node = { kind: "repeat", of: node, min, max };
        }
        parts.push(node);
        skip();
      }
      options.push(parts.length === 1 ? parts[0]! : { kind: "sequence", parts });
    } while (body[at] === "|" && ++at);
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  };
  const node = alternatives();
  if (at !== body.length) throw fail();
  return node;
}
