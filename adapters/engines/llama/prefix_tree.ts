/**
 * Which tokens are held, and by whom: a radix tree of beginnings. What several holders begin with is in it once, so its
 * size is what they take together.
 */
export interface PrefixTree {
  /** Tokens of all runs. */
  readonly size: number;
  /** `holder` holds these tokens from now on, and none of before. No tokens: nothing. */
  hold(holder: number, tokens: readonly number[]): void;
  /** The holder holds nothing any more. */
  release(holder: number): void;
  /** How many tokens it holds. */
  heldBy(holder: number): number;
  /** How many of these tokens are held, and by whom so many. */
  longest(tokens: readonly number[]): { readonly length: number; readonly holder: number } | undefined;
}

/** A run of tokens between two places where beginnings part or end. */
interface Node {
  run: readonly number[];
  readonly children: Map<number, Node>;
  /** Who holds the whole run. */
  readonly holders: Set<number>;
}

/** A tree that nobody holds anything in. */
export function createPrefixTree(): PrefixTree {
  const root: Node = { run: [], children: new Map(), holders: new Set() };
  const held = new Map<number, readonly number[]>();
  let size = 0;

  /** Parts a run in two. */
  function split(node: Node, at: number): void {
    const rest: Node = { run: node.run.slice(at), children: new Map(node.children), holders: new Set(node.holders) };
    node.run = node.run.slice(0, at);
    node.children.clear();
    node.children.set(rest.run[0]!, rest);
  }

  /** Joins a run with the one that follows it, where all who hold the first hold both. */
  function join(node: Node): void {
    const [only] = node.children.values();
    if (only === undefined || node.children.size > 1 || only.holders.size !== node.holders.size) return;
    node.run = [...node.run, ...only.run];
    node.children.clear();
    for (const [token, child] of only.children) node.children.set(token, child);
  }

  /** The runs that these tokens go through, and how far they go through the last of them. */
  function walk(tokens: readonly number[]): { readonly path: readonly Node[]; readonly length: number } {
    const path: Node[] = [];
    let node = root;
    for (let at = 0; at < tokens.length;) {
      const child = node.children.get(tokens[at]!);
      if (child === undefined) return { path, length: at };
      const common = commonLength(child.run, tokens.slice(at, at + child.run.length), child.run.length);
      path.push(child);
      at += common;
      if (common < child.run.length) return { path, length: at };
      node = child;
    }
    return { path, length: tokens.length };
  }

  function release(holder: number): void {
    const tokens = held.get(holder);
    if (tokens === undefined) return;
    held.delete(holder);
    const { path } = walk(tokens);
    for (const [depth, node] of [...path.entries()].reverse()) {
      node.holders.delete(holder);
      if (node.holders.size > 0) {
        join(node);
        continue;
      }
      size -= node.run.length;
      (path[depth - 1] ?? root).children.delete(node.run[0]!);
    }
  }

  return {
    get size() {
      return size;
    },
    release,
    heldBy: (holder) => held.get(holder)?.length ?? 0,
    longest(tokens) {
      const { path, length } = walk(tokens);
      const [holder] = path.at(-1)?.holders ?? [];
      return holder === undefined ? undefined : { length, holder };
    },
    hold(holder, tokens) {
      release(holder);
      if (tokens.length === 0) return;
      held.set(holder, tokens.slice());
      const { path, length } = walk(tokens);
      const last = path.at(-1);
      const before = path.slice(0, -1).reduce((sum, { run }) => sum + run.length, 0);
      if (last !== undefined && length - before < last.run.length) split(last, length - before);
      for (const node of path) node.holders.add(holder);
      if (length === tokens.length) return;
      const run = tokens.slice(length);
      (last ?? root).children.set(run[0]!, { run, children: new Map(), holders: new Set([holder]) });
      size += run.length;
    },
  };
}

/** How many tokens, of the first `max`, two texts have in common at their beginning. */
export function commonLength(a: readonly number[], b: readonly number[], max: number): number {
  let length = 0;
  while (length < max && a[length] === b[length]) length++;
  return length;
}
