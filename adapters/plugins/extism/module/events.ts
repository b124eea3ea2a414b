/** What the meter needs to know of code: where control goes, and what costs more than its instruction. */
export const events = {
  block: 0,
  loop: 1,
  if: 2,
  else: 3,
  end: 4,
  /** A branch that is always taken. `argument`: its label; `from` and `to` are those of the label's number. */
  branch: 5,
  /** One that may be taken: of `br_if`, or one target of `br_table` but the last. */
  branchMaybe: 6,
  /** `return` or `unreachable`. */
  stop: 7,
  /** `argument`: the function's index. */
  call: 8,
  callIndirect: 9,
  growMemory: 10,
  /** An operation whose last operand is a length. `argument`: each unit costs two to this power. */
  bulk: 11,
  /** Only where they are asked for. `argument`: the local's index; `from` and `to` are those of its number. */
  local: 12,
} as const;

/** One of {@link events}. */
export type EventKind = typeof events[keyof typeof events];

const width = 5;

/** Events of all functions, one behind the other, as numbers: Go's own library alone has half a million. */
export class EventList {
  #numbers = new Int32Array(1 << 12);
  #length = 0;

  get count(): number {
    return this.#length / width;
  }

  /**
   * `from` and `to` are positions in the module. `weight` is the fuel of all instructions since the event before, this
   * event's own included.
   */
  push(kind: EventKind, from: number, to: number, argument: number, weight: number): void {
    if (this.#length + width > this.#numbers.length) {
      const grown = new Int32Array(this.#numbers.length * 2);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.#length++] = kind;
    this.#numbers[this.#length++] = from;
    this.#numbers[this.#length++] = to;
    this.#numbers[this.#length++] = argument;
    this.#numbers[this.#length++] = weight;
  }

  kind(index: number): EventKind {
    return this.#numbers[index * width] as EventKind;
  }

  from(index: number): number {
    return this.#numbers[index * width + 1]!;
  }

  to(index: number): number {
    return this.#numbers[index * width + 2]!;
  }

  argument(index: number): number {
    return this.#numbers[index * width + 3]!;
  }

  weight(index: number): number {
    return this.#numbers[index * width + 4]!;
  }
}
