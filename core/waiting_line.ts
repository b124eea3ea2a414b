/** A place in a line. */
export interface Place<T> {
  readonly key: number;
  readonly value: T;
}

/** Who waits, the smallest key first, and by arrival where keys are the same. */
export interface WaitingLine<T> {
  [Symbol.iterator](): IteratorObject<Place<T>>;
  /** Late keys are put in at once; an early one is walked to, from the end. */
  add(key: number, value: T): Place<T>;
  /** Takes constant time. Nothing happens when it is gone already. */
  remove(place: Place<T>): void;
  readonly isEmpty: boolean;
}

interface Link<T> extends Place<T> {
  before: Link<T> | undefined;
  after: Link<T> | undefined;
  line: object | undefined;
}

/** Makes an empty line. It may change while it is walked: who was removed is passed over. */
export function createWaitingLine<T>(): WaitingLine<T> {
  let first: Link<T> | undefined;
  let last: Link<T> | undefined;
  const line: WaitingLine<T> = {
    add(key, value) {
      let before = last;
      while (before !== undefined && before.key > key) before = before.before;
      const after = before === undefined ? first : before.after;
      const link: Link<T> = { key, value, before, after, line };
      if (before === undefined) first = link;
      else before.after = link;
      if (after === undefined) last = link;
      else after.before = link;
      return link;
    },
    remove(place) {
      const link = place as Link<T>;
      if (link.line !== line) return;
      link.line = undefined;
      if (link.before === undefined) first = link.after;
      else link.before.after = link.after;
      if (link.after === undefined) last = link.before;
      else link.after.before = link.before;
    },
    get isEmpty() {
      return first === undefined;
    },
    *[Symbol.iterator]() {
      for (let link = first; link !== undefined; link = link.after) {
        if (link.line === line) yield link;
      }
    },
  };
  return line;
}
