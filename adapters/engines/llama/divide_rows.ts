/** A prompt that is to be computed: how urgent it is, and how many rows it still has. */
export interface PromptWanted {
  readonly rank: number;
  readonly remaining: number;
}

/**
 * Divides the rows of a step among prompts, in the order of their coming: the most urgent class first. Within a class
 * one half is divided equally, so that each has at least half of what would be its share and waits at most twice as
 * long; the other half goes to the shortest, which is the soonest for most.
 */
export function divideRows(prompts: readonly PromptWanted[], budget: number): number[] {
  const rows = prompts.map(() => 0);
  let left = budget;
  const give = (index: number, count: number) => {
    const given = Math.min(count, left, prompts[index]!.remaining - rows[index]!);
    rows[index]! += given;
    left -= given;
  };
  for (const rank of [...new Set(prompts.map(({ rank }) => rank))].sort((a, b) => a - b)) {
    const members = [...prompts.keys()].filter((index) => prompts[index]!.rank === rank);
    const equal = Math.ceil(left / 2 / members.length);
    for (const index of members) give(index, equal);
    for (const index of members.toSorted((a, b) => prompts[a]!.remaining - prompts[b]!.remaining)) give(index, left);
  }
  return rows;
}
